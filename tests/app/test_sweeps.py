"""Sweeps: which cells, which trials count, and what is still to be asked."""

from dataclasses import replace

import pytest
from packaging.version import Version

from tests.support.literal import trial_of
from tests.support.worlds import World, desk
from versect.app.sweeps import (
    planned,
    questions,
    remembered,
    taking_part,
    with_trials,
)
from versect.model.outcome import Cause, Failed, Passed, Unresolved
from versect.model.trial import Exited, NotRun, Probe
from versect.source.files import fingerprint
from versect.store.memory import MemoryLog

WORLD = World(
    releases={"lib": ("1.0", "1.1"), "boost": ("1.0",)},
    behaves=lambda its: its["lib"] < Version("1.1") or "boost" in its,
    table={
        "parameters": {"way": ["plain"]},
        "needs": [{"where": {"way": "fast"}, "requires": ["boost"]}],
        "sweeps": {
            "ways": {"about": "?", "vary": "way", "parameters": {"way": ["plain", "fast"]}},
            "often": {"about": "?", "vary": "lib", "repeats": 3, "full": True},
            "nowhere": {"about": "?", "vary": "lib", "python": []},
        },
    },
)


def swept(folder, *, full=True):
    study = WORLD.study(folder)
    sweeps = taking_part(study, full=full)
    return study, planned(sweeps, WORLD.index, platform=None, say=print)


def answered(study, sweeps, trials):
    return with_trials(sweeps, trials, study.symptom, fingerprint="f", engine="local")


def made(cell, repeat=0, ending=Exited(status=0), **changes):  # noqa: B008 - frozen
    return trial_of("3.12", ending, probe=Probe(cell=cell, repeat=repeat), **changes)


def asks(probes):
    return [(probe.cell.id, probe.repeat) for probe in probes]


def test_only_a_full_run_asks_what_is_for_full_runs_and_none_asks_without_an_interpreter(tmp_path):
    assert [one.sweep.name for one in swept(tmp_path)[1]] == ["ways", "often"]
    assert [one.sweep.name for one in swept(tmp_path, full=False)[1]] == ["ways"]


def test_each_cell_is_asked_as_often_as_its_sweep_says_and_what_sweeps_share_once(tmp_path):
    _, sweeps = swept(tmp_path)
    one, other = (f"py3.12-lib1.{n}-way=plain" for n in range(2))
    first = (f"py3.12-lib1.{n}-with=boost-way=fast" for n in range(2))
    assert set(asks(questions(sweeps))) == {
        *((cell, repeat) for cell in (one, other) for repeat in range(3)),
        *((cell, 0) for cell in first),
    }
    assert len(questions(sweeps)) == 8


def test_what_the_table_has_asked_is_known_and_what_only_the_world_prevented_is_not(tmp_path):
    study, sweeps = swept(tmp_path)
    plain, _, fast, _ = (sweeps[0].cells[n] for n in (0, 2, 1, 3))
    lost = NotRun(cause=Cause.INDEX_UNAVAILABLE, detail="")
    trials = [
        made(plain),
        made(plain, 1, Exited(status=1)),
        made(plain, 7),
        made(fast, 0, lost),
        made(sweeps[0].cells[3], fingerprint="another"),
    ]
    ways, often = answered(study, sweeps, trials)
    assert [type(o) for _, o in ways.results[plain.id]] == [Passed]
    assert [type(o) for _, o in often.results[plain.id]] == [Passed, Failed]
    assert isinstance(ways.results[fast.id][0][1], Unresolved)
    assert set(ways.results) == {plain.id, fast.id}
    assert (plain.id, 0) not in asks(ways.open)
    assert (fast.id, 0) in asks(ways.open)
    assert [repeat for name, repeat in asks(often.open) if name == plain.id] == [2]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_finished_trial_counts_whether_it_came_before_or_after_a_lost_one(tmp_path, order):
    study, sweeps = swept(tmp_path)
    cell = sweeps[0].cells[0]
    both = [made(cell), made(cell, 0, NotRun(cause=Cause.ENGINE_ERROR, detail=""))]
    ways, _ = answered(study, sweeps, [both[n] for n in order])
    assert isinstance(ways.results[cell.id][0][1], Passed)


def test_without_the_index_a_sweep_has_the_cells_that_have_trials(tmp_path):
    study, sweeps = swept(tmp_path)
    ways = sweeps[0]
    stray = replace(ways.cells[0], parameters=(("way", "slow"),))
    trials = [made(cell) for cell in (*reversed(ways.cells[1:]), stray)]
    again = remembered(taking_part(study, full=False), trials)
    assert [one.cells for one in again] == [ways.cells[1:]]


def test_cells_are_asked_with_what_they_need(tmp_path):
    study, sweeps = swept(tmp_path)
    log = MemoryLog()
    with desk(WORLD, tmp_path, log, study=study) as one:
        for probe in questions(sweeps):
            one.inquiry.result(probe.cell, probe.repeat)
    assert {trial.fingerprint for trial in log.trials()} == {fingerprint(study)}
    ways, often = with_trials(
        sweeps, log.trials(), study.symptom, fingerprint=fingerprint(study), engine="fake"
    )
    assert (ways.open, often.open) == ((), ())
    does = {c.id: type(ways.results[c.id][0][1]).__name__ for c in ways.cells}
    assert does == {
        "py3.12-lib1.0-way=plain": "Passed",
        "py3.12-lib1.0-with=boost-way=fast": "Passed",
        "py3.12-lib1.1-way=plain": "Failed",
        "py3.12-lib1.1-with=boost-way=fast": "Passed",
    }
