"""Comparing two sides of a made-up world: a minimal set of the projects that differ."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.worlds import SKIPS, START, World, day, desk, fails, wanted
from versect.app.bisect import bisect, plan_of
from versect.app.blame import Sides, blame, installed, newest
from versect.app.published import Published
from versect.model.cell import Cell, Pins
from versect.model.outcome import Failed, FailedOtherwise, Passed, Unresolved
from versect.model.trial import Probe
from versect.search.history import Kind
from versect.select.line import of_days
from versect.source.pinned import Pinned
from versect.store.memory import MemoryLog

BASE = Cell(pins=Pins(python="3.12", releases=()), parameters=())
NAMES = ("alpha", "beta", "gamma", "delta", "omega")


@pytest.fixture
def log():
    return MemoryLog()


def side(**releases):
    """Give a side by what it installs: ``side(alpha="1.0")``."""
    pins = ((canonicalize_name(name), Version(v)) for name, v in sorted(releases.items()))
    return Pinned(source="a side", releases=tuple(pins), notes=())


def world(behaves, requires=lambda _name, _version: ()):
    """Give a world of five projects with releases 1.0, 1.5 and 2.0; the study requires nothing."""
    return World(
        releases=dict.fromkeys(NAMES, ("1.0", "1.5", "2.0")),
        behaves=behaves,
        requires=requires,
        table={"projects": {}},
    )


def sides(good, bad, *, cut_off=None):
    return Sides(base=BASE, good=good, bad=bad, cut_off=cut_off)


ALL_OLD = side(**dict.fromkeys(NAMES, "1.0"))
ALL_NEW = side(**dict.fromkeys(NAMES, "2.0"))


def blamed(universe, folder, log, compared=None, *, budget=300, jobs=1):
    compared = compared or sides(ALL_OLD, ALL_NEW)
    with desk(universe, folder, log, jobs=jobs) as one:
        found = blame(compared, one.inquiry, budget=budget)
        return found, one.said


def guilty(found):
    return [difference.project for difference in found.guilty]


def is_new(its, *names):
    return all(its.get(name) == Version("2.0") for name in names)


def test_one_guilty_project_among_five_is_found_and_proven(tmp_path, log):
    found, said = blamed(world(lambda its: not is_new(its, "gamma")), tmp_path, log)
    assert guilty(found) == ["gamma"]
    assert (found.minimal.proven, found.minimal.undecided, found.moved) == (True, (), ())
    assert isinstance(found.good.outcome, Passed)
    assert isinstance(found.bad.outcome, Failed)
    assert isinstance(found.culprit.outcome, Failed)
    assert len(said) == len(set(said)) <= 2 + 6


def test_two_that_are_guilty_together_are_both_named(tmp_path, log):
    found, _ = blamed(world(lambda its: not is_new(its, "alpha", "omega")), tmp_path, log)
    assert guilty(found) == ["alpha", "omega"]
    assert found.minimal.proven


@settings(max_examples=30)
@given(
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.sampled_from([1, 3]),
)
def test_the_set_found_is_one_of_those_that_bring_the_failure(tmp_path_factory, one, other, jobs):
    universe = world(lambda its: not (is_new(its, *one) or is_new(its, *other)))
    found, _ = blamed(universe, tmp_path_factory.mktemp("sets"), MemoryLog(), jobs=jobs)
    minimal = [names for names in (one, other) if not names > one and not names > other]
    assert set(guilty(found)) in minimal
    assert found.minimal.proven


def test_a_project_that_only_the_failing_side_installs_may_be_guilty(tmp_path, log):
    compared = sides(side(alpha="1.0", beta="1.0"), side(alpha="2.0", beta="2.0", gamma="1.0"))
    found, _ = blamed(world(lambda its: "gamma" not in its), tmp_path, log, compared)
    (difference,) = found.guilty
    assert (difference.project, difference.good, difference.bad) == ("gamma", None, Version("1.0"))


def test_a_project_that_the_failing_side_lacks_may_be_guilty(tmp_path, log):
    compared = sides(side(alpha="1.0", beta="1.0", gamma="1.0"), side(alpha="2.0", beta="2.0"))
    found, _ = blamed(world(lambda its: "gamma" in its), tmp_path, log, compared)
    (difference,) = found.guilty
    assert (difference.project, difference.good, difference.bad) == ("gamma", Version("1.0"), None)


def test_what_a_guilty_project_needs_is_moved_along_and_said(tmp_path, log):
    universe = world(
        lambda its: its["alpha"] < Version("2.0"),
        lambda name, version: ("beta>=2",) if (name, str(version)) == ("alpha", "2.0") else (),
    )
    found, _ = blamed(universe, tmp_path, log)
    assert guilty(found) == ["alpha"]
    assert [str(change) for change in found.moved] == ["beta 1.0 -> 2.0"]


def test_a_dependency_of_a_dependency_is_guilty_and_not_what_asks_for_it(tmp_path, log):
    universe = world(
        lambda its: its["gamma"] < Version("2.0"),
        lambda name, _: {"alpha": ("beta",), "beta": ("gamma",)}.get(name, ()),
    )
    found, _ = blamed(universe, tmp_path, log)
    assert guilty(found) == ["gamma"]


def test_what_was_moved_along_is_guilty_itself_where_it_suffices_alone(tmp_path, log):
    def requires(name, version):
        return ("beta>=2",) if (name, str(version)) == ("alpha", "2.0") else ()

    universe = world(lambda its: its["beta"] < Version("2.0"), requires)
    found, said = blamed(universe, tmp_path, log)
    assert guilty(found) == ["beta"]
    assert (found.moved, found.minimal.proven) == ((), True)
    assert len(said) == len(set(said))


def test_what_cannot_be_had_without_the_other_is_said_to_be_moved_along(tmp_path, log):
    def requires(name, version):
        other = {"alpha": "beta>=2", "beta": "alpha>=2"}.get(name)
        return (other,) if other and str(version) == "2.0" else ()

    universe = world(lambda its: its["beta"] < Version("2.0"), requires)
    found, _ = blamed(universe, tmp_path, log)
    assert (guilty(found), [c.project for c in found.moved]) == (["alpha"], ["beta"])


def test_what_fails_in_another_way_without_a_project_leaves_it_undecided(tmp_path, log):
    def behaves(its):
        if is_new(its, "alpha", "beta"):
            return False
        return SKIPS if is_new(its, "beta") else True

    found, _ = blamed(world(behaves), tmp_path, log)
    assert guilty(found) == ["alpha", "beta"]
    names = [found.differences[number].project for number in found.minimal.undecided]
    assert names == ["alpha"]


@pytest.mark.parametrize(
    ("behaves", "good", "bad"),
    [
        (lambda _: False, Failed, Failed),
        (lambda _: True, Passed, Passed),
        (lambda its: is_new(its, "alpha"), Failed, Passed),
        (lambda its: not is_new(its, "alpha") or SKIPS, Passed, Unresolved),
        (lambda its: SKIPS if not is_new(its, "alpha") else fails(), Unresolved, Failed),
    ],
)
def test_sides_that_are_not_as_said_are_told_after_two_trials(tmp_path, log, behaves, good, bad):
    found, said = blamed(world(behaves), tmp_path, log)
    assert (type(found.good.outcome), type(found.bad.outcome)) == (good, bad)
    assert (found.minimal, found.culprit, found.guilty) == (None, None, ())
    assert len(said) == 2


def test_a_side_that_cannot_be_had_as_it_says_is_told(tmp_path, log):
    compared = sides(side(alpha="9.9", beta="1.0"), side(alpha="2.0", beta="2.0"))
    found, _ = blamed(world(lambda its: not is_new(its, "alpha")), tmp_path, log, compared)
    assert isinstance(found.good.outcome, Failed)  # of alpha there is no 9.9: 2.0 was installed
    good, bad = found.altered
    assert ([str(change) for change in good], bad) == (["alpha 9.9 -> 2.0"], ())


def test_another_failure_on_the_failing_side_is_not_the_failure(tmp_path, log):
    universe = world(lambda its: not is_new(its, "alpha") or fails("KeyError: 'x'"))
    universe.table["failure"] = {"exception": "ValueError"}
    found, _ = blamed(universe, tmp_path, log)
    assert isinstance(found.bad.outcome, FailedOtherwise)
    assert found.minimal is None


@pytest.mark.parametrize("budget", range(1, 8))
def test_a_spent_budget_is_kept_and_leaves_the_set_unproven(tmp_path, log, budget):
    universe = world(lambda its: not is_new(its, "alpha", "omega"))
    found, said = blamed(universe, tmp_path, log, budget=budget)
    assert {"alpha", "omega"} <= set(guilty(found))
    assert found.minimal.asked <= budget
    assert len(said) <= budget + 3  # both sides, and the set that was found
    assert budget > 3 or not found.minimal.proven


def test_a_second_comparison_makes_no_trial(tmp_path, log):
    universe = world(lambda its: not is_new(its, "gamma"))
    first, said = blamed(universe, tmp_path, log)
    made = len(log.trials())
    again, said_again = blamed(universe, tmp_path, log)
    assert (guilty(again), said_again, len(log.trials())) == (guilty(first), said, made)


def test_mixes_use_nothing_newer_than_the_newest_of_both_sides(tmp_path, log):
    universe = world(lambda its: not is_new(its, "gamma"))
    every = {*ALL_OLD.releases, *ALL_NEW.releases}
    cut_off = newest(every, Published({}, universe.index))
    assert cut_off == day(2) + timedelta(seconds=1)
    blamed(universe, tmp_path, log, sides(ALL_OLD, ALL_NEW, cut_off=cut_off))
    assert {trial.setting.cut_off for trial in log.trials()} == {cut_off}


def test_without_upload_times_of_all_there_is_no_newest(tmp_path):
    universe = world(lambda _: True)
    published = Published({}, universe.index)
    assert newest({(canonicalize_name("unheard-of"), Version("1"))}, published) is None


def test_what_is_guilty_is_bisected_with_the_rest_as_it_fails(tmp_path, log):
    universe = world(lambda its: its["gamma"] < Version("1.5"))
    compared = sides(ALL_OLD, ALL_NEW)
    with desk(universe, tmp_path, log) as one:
        found = blame(compared, one.inquiry, budget=300)
        cell = compared.without(found.minimal.changes, canonicalize_name("gamma"))
        pinned = [name for name, _ in (*cell.pins.releases, *cell.pins.preferred)]
        assert sorted(pinned) == ["alpha", "beta", "delta", "omega"]


# Dates.

MORNING = datetime(2025, 1, 1, 12, tzinfo=UTC)


def test_days_end_with_the_day_and_the_ends_are_the_moments_given():
    line = of_days(BASE, MORNING, MORNING + timedelta(days=3))
    assert line.names == ("2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04")
    assert [cell.id for cell in line.cells] == [
        "py3.12-until=2025-01-01T120000",
        "py3.12-until=2025-01-02",
        "py3.12-until=2025-01-03",
        "py3.12-until=2025-01-04T120000",
    ]
    assert [cell.value("date") for cell in line.cells[1:3]] == ["2025-01-02", "2025-01-03"]


@given(
    st.integers(0, 86399), st.integers(1, 86400 * 40)
)  # seconds of the first day; seconds between
def test_days_are_in_order_each_once_and_a_cell_each(start, length):
    first = START + timedelta(seconds=start)
    line = of_days(BASE, first, first + timedelta(seconds=length))
    moments = [cell.pins.cut_off for cell in line.cells]
    assert moments == sorted(set(moments))
    assert (moments[0], moments[-1]) == (first, first + timedelta(seconds=length))
    assert len({cell.id for cell in line.cells}) == len(line.cells)
    between = (moments[-1].date() - moments[0].date()).days
    assert between <= len(moments) <= between + 2


def test_the_first_failing_day_is_found_with_nothing_pinned(tmp_path, log):
    universe = World(
        releases={
            "alpha": ("1.0@0", "1.1@9"),
            "beta": ("1.0@0", "2.0@17", "2.1@25"),
        },
        behaves=lambda its: its["beta"] < Version("2.0"),
        requires=lambda name, _: ("beta",) if name == "alpha" else (),
        table={"projects": {}, "requires": ["alpha"]},
    )
    line = of_days(BASE, day(1), day(30))
    request = wanted(good=line.names[0], bad=line.names[-1])
    with desk(universe, tmp_path, log) as one:
        found = bisect(line, plan_of_days(line), request, one.inquiry)
        sides_found = [installed(step, "a day") for step in (found.before, found.after)]
        assert found.history.kind is Kind.FOUND
        assert line.names[found.history.transition.first] == f"{day(17):%Y-%m-%d}"
        assert [str(change) for change in found.changes] == ["beta 1.0 -> 2.0"]
        assert found.counterfactuals == ()
        compared = sides(*sides_found)
        assert guilty(blame(compared, one.inquiry, budget=10)) == ["beta"]


def plan_of_days(line):
    return plan_of(line, wanted(good=line.names[0], bad=line.names[-1]))


def test_a_day_on_which_nothing_can_be_installed_yet_is_undecided(tmp_path, log):
    universe = World(
        releases={"alpha": ("1.0@5", "2.0@20")},
        behaves=lambda its: its["alpha"] < Version("2.0"),
        table={"projects": {}, "requires": ["alpha"]},
    )
    line = of_days(BASE, day(1), day(30))
    with desk(universe, tmp_path, log) as one:
        outcome = one.inquiry.note(line.cells[0]).outcome
        assert isinstance(outcome, Unresolved)
        found = bisect(line, plan_of_days(line), wanted(), one.inquiry)
    assert found.history.kind is Kind.FOUND
    assert line.names[found.history.transition.first] == f"{day(20):%Y-%m-%d}"


def test_trials_of_days_are_kept_apart_from_those_of_a_matrix(tmp_path, log):
    universe = world(lambda _: True)
    with desk(universe, tmp_path, log) as one:
        for cell in of_days(BASE, day(1), day(3)).cells:
            one.inquiry.note(cell)
        one.inquiry.note(BASE)
    probes = [trial.probe for trial in log.trials()]
    assert len(set(probes)) == 4
    assert Probe(cell=BASE, repeat=0) in probes
