"""When cells changed and what changed with them, read off trials of made-up worlds."""

from dataclasses import replace

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.worlds import World, desk
from versect.app.history import difference, events, runs
from versect.errors import UsageError
from versect.model.cell import Cell, Pins
from versect.store.memory import MemoryLog

LIB = canonicalize_name("lib")


def cell(minor):
    return Cell(pins=Pins(python="3.12", releases=((LIB, Version(f"1.{minor}")),)), parameters=())


def made(run, folder, minors, *, child="1.0", bad=(), repeat=0):
    """Make the trials of a run over some releases of ``lib``, which all need ``child``."""
    world = World(
        releases={"lib": ("1.0", "1.1", "1.2", "1.3"), "child": (child,)},
        behaves=lambda installed: (
            str(installed["lib"]) not in bad and installed["child"] < Version("2.0")
        ),
        requires=lambda name, version: ("child",) if name == "lib" else (),
        table={"resolution": "today"},
    )
    with desk(world, folder, MemoryLog()) as one:
        trials = [one.inquiry.result(cell(minor), repeat)[0] for minor in minors]
    return world.study(folder), [replace(trial, run=run) for trial in trials]


def told(found):
    return [(e.cell.id, e.beside and e.beside.id, e.after.word, e.because) for e in found]


def test_what_a_cell_depends_on_is_named_when_it_changes(tmp_path):
    study, before = made("one", tmp_path, (0, 1))
    _, after = made("two", tmp_path, (0, 1), child="2.0")
    found = events(study, [*before, *after])
    assert told(found) == [
        ("py3.12-lib1.0", None, "failed", ("child 1.0 -> 2.0",)),
        ("py3.12-lib1.1", None, "failed", ("child 1.0 -> 2.0",)),
    ]
    assert {event.run for event in found} == {"two"}


def test_a_new_release_is_compared_with_its_neighbour_however_a_run_was_ordered(tmp_path):
    study, first = made("one", tmp_path, (0, 1))
    _, second = made("two", tmp_path, (3, 2), bad=("1.2", "1.3"))
    assert told(events(study, [*first, *second])) == [
        ("py3.12-lib1.2", "py3.12-lib1.1", "failed", ("lib 1.1 -> 1.2",)),
    ]


def test_the_first_run_changes_nothing_and_repeats_are_no_history(tmp_path):
    study, first = made("one", tmp_path, (0, 1), bad=("1.1",))
    _, again = made("two", tmp_path, (1,), repeat=1)
    assert events(study, [*first, *again]) == ()


def test_two_runs_are_compared_by_what_was_known_at_their_ends(tmp_path):
    study, first = made("one", tmp_path, (0, 1))
    _, second = made("two", tmp_path, (1,), child="2.0")
    _, third = made("three", tmp_path, (2,))
    trials = [*first, *second, *third]
    assert [(run.name, run.trials) for run in runs(trials)] == [
        ("one", 2),
        ("two", 1),
        ("three", 1),
    ]
    assert told(difference(study, trials, "one", "th")) == [
        ("py3.12-lib1.1", None, "failed", ("child 1.0 -> 2.0",)),
        ("py3.12-lib1.2", None, "passed", ()),
    ]
    assert told(difference(study, trials, "two", "two")) == []


def test_a_run_that_is_not_there_or_not_told_apart_is_refused(tmp_path):
    study, first = made("one", tmp_path, (0,))
    _, second = made("once", tmp_path, (1,))
    with pytest.raises(UsageError, match="2 runs begin with on"):
        difference(study, [*first, *second], "on", "once")
    with pytest.raises(UsageError, match="no run two"):
        difference(study, [*first, *second], "one", "two")
