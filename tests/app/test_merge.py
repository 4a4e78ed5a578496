"""The records of several machines as one: against a plain union, whatever was shared before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.literal import cell_of, trial_of
from versect.app.merge import Source, identity, merged
from versect.errors import StoreMismatch
from versect.model.trial import Exited, Probe, Signalled

START = datetime(2026, 1, 1, tzinfo=UTC)


def trial(number, run="r", minute=0, **changes):
    """Make the trial of one cell in one run."""
    probe = Probe(cell=cell_of("3.12", lib=f"1.{number}"), repeat=0)
    made = trial_of("3.12", run=run, probe=probe, at=START + timedelta(minutes=minute))
    return replace(made, **changes)


def on(engine):
    return replace(trial(0).setting, engine=engine)


def merge(into, *sources):
    """Give the trials of a merge."""
    named = [
        Source(name=f"m{number}", trials=tuple(t)) for number, t in enumerate((into, *sources))
    ]
    return tuple(one for _, one in merged(named))


@st.composite
def machines(draw):
    """Give a shared past and what each machine added to it in a run of its own."""
    past = [trial(n, run="past", minute=n) for n in range(draw(st.integers(0, 4)))]
    cells = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    sources = []
    for machine, count in enumerate(cells):
        start = draw(st.integers(10, 30))
        new = [trial(n, run=f"m{machine}", minute=start + n) for n in range(count)]
        sources.append([*past, *new])
    return past, sources


@given(machines(), st.booleans())
def test_every_trial_is_there_once_in_the_order_of_its_machine(world, has_past):
    past, sources = world
    found = merge(past if has_past else [], *sources)
    union = {identity(t): t for one in sources for t in one}
    assert len(found) == len(union)
    assert {identity(t): t for t in found} == union
    for source in sources:
        assert [t for t in found if t in source] == source


@given(machines())
def test_runs_stay_whole_and_follow_one_another_by_time(world):
    past, sources = world
    found = merge(past, *sources)
    runs = [t.run for n, t in enumerate(found) if n == 0 or found[n - 1].run != t.run]
    assert len(runs) == len(set(runs))
    began = [next(t.at for t in found if t.run == run) for run in runs]
    assert began == sorted(began)


@given(machines(), st.randoms())
def test_merging_again_changes_nothing(world, chance):
    past, sources = world
    found = merge(past, *sources)
    chance.shuffle(sources)
    assert merge(found, *sources) == found
    assert merge(found) == found


def test_one_machine_after_the_other_gives_the_same_as_all_at_once():
    one, two = [trial(0, "a", 1), trial(1, "a", 2)], [trial(2, "b", 0), trial(3, "b", 5)]
    assert merge(merge([], one), two) == merge([], one, two) == (*two, *one)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"fingerprint": "other"}, "the study or its reproduction differs"),
        ({"setting": on("docker")}, "the engine differs"),
    ],
)
def test_what_is_no_part_of_one_run_is_refused_by_name(changes, says):
    with pytest.raises(StoreMismatch, match=says) as caught:
        merge([], [trial(0, "a")], [trial(1, "b", **changes)])
    assert "m1" in str(caught.value)
    assert "m2" in str(caught.value)
    assert "same commit" in caught.value.remedy


def test_a_shared_past_of_another_fingerprint_is_no_reason_to_refuse():
    past = [trial(0, "past", fingerprint="older")]
    killed = list(past)
    found = merge([], [*past, trial(1, "a", 1)], [*past, trial(2, "b", 2)], killed)
    assert [t.fingerprint for t in found] == ["older", "f", "f"]


def test_older_results_are_added_to_whatever_they_were_asked_for():
    found = merge([trial(0, "old", fingerprint="older")], [trial(1, "a", 1)])
    assert len(found) == 2


def test_one_trial_with_two_contents_is_refused():
    plain = trial(0)
    other = replace(plain, observation=replace(plain.observation, ending=Exited(status=1)))
    with pytest.raises(StoreMismatch, match=r"disagree about one trial: py3.12-lib1.0"):
        merge([], [plain], [other])


def test_the_same_cell_of_two_runs_counts_twice():
    again = trial(0, "b", 1)
    killed = replace(again.observation, ending=Signalled(signal="SIGSEGV"))
    assert len(merge([trial(0, "a")], [replace(again, observation=killed)])) == 2
