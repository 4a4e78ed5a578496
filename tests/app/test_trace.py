"""Cells are traced: open ones are trials like any, known ones only get their timeline."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.app.test_run import INDEX, Quiet
from versect.app import plan as planning
from versect.app.laboratory import Laboratory
from versect.app.run import run_cells
from versect.app.trace import chosen, trace_cells, untraced
from versect.engine.fake import FakeEngine, exited
from versect.engine.supervised import lost
from versect.env.fake import FakeEnvironments, FakeResolver
from versect.errors import UsageError
from versect.forensics.timeline_codec import encode, timeline_file
from versect.model.outcome import Cause
from versect.source.build import build
from versect.store.memory import MemoryLog

RECORDS = (
    {"k": "life", "n": 1, "kind": "loop", "type": "a.Loop", "pid": 1},
    {"k": "event", "t": 1.0, "what": "created", "n": 1, "pid": 1},
)


class World:
    """A study of two cells on a fake engine whose tracer always tells the same."""

    def __init__(self, folder, behaviour=lambda job: replace(exited(0), timeline=RECORDS)):
        (folder / "r.py").write_text("")
        table = {
            "reproduction": "r.py",
            "python": ["3.12"],
            "projects": {"httpx": {"versions": "==0.1"}},
            "parameters": {"n": [1, 2]},
        }
        self.study = build("s", folder, table, default_name="s")
        self.engine = FakeEngine(behaviour, pythons=("3.12",))
        self.environments = FakeEnvironments(folder)
        self.log = MemoryLog()
        self.timelines = {}

    def plan(self):
        series = planning.enumerate_series(self.study, INDEX, platform=None, say=print)
        return planning.make(
            self.study, series, self.log.trials(), fingerprint="f", engine=self.engine.name
        )

    def laboratory(self, plan, **more):
        return Laboratory(
            self.study,
            engine=self.engine,
            resolver=FakeResolver(),
            environments=self.environments,
            releases=lambda name, version: plan.releases.get((name, version)),
            fingerprint="f",
            run="r",
            on_lock=lambda pins, lock: None,
            **more,
        )

    def run(self, ask, plan, laboratory):
        with ThreadPoolExecutor(1) as executor:
            try:
                return ask(laboratory=laboratory, log=self.log, progress=Quiet(),
                           executor=executor, jobs=1)  # fmt: skip
            finally:
                laboratory.close()

    def trace(self):
        plan = self.plan()
        laboratory = self.laboratory(
            plan,
            traced=lambda cell: True,
            on_timeline=lambda cell, timeline: self.timelines.update({cell.id: timeline}),
        )
        return self.run(
            lambda **parts: trace_cells(plan.cells, plan, self.study.symptom, **parts),
            plan,
            laboratory,
        )


def test_open_cells_are_traced_and_kept_as_trials(tmp_path):
    world = World(tmp_path)
    results = world.trace()
    assert len(results) == len(world.log.trials()) == len(world.timelines) == 2
    assert {t.lives[0].name for t in world.timelines.values()} == {"loop-1"}
    assert all(job.tracer is not None for job in world.engine.ran)


def test_known_cells_get_a_timeline_and_no_further_trial(tmp_path):
    world = World(tmp_path)
    plan = world.plan()
    world.run(
        lambda **parts: run_cells(plan, world.study.symptom, **parts), plan, world.laboratory(plan)
    )
    assert [job.tracer for job in world.engine.ran] == [None, None]
    results = world.trace()
    assert len(results) == len(world.timelines) == len(world.log.trials()) == 2
    assert len(world.engine.ran) == 4


def test_a_cell_that_was_not_run_has_no_timeline(tmp_path):
    def behaviour(_job):
        return lost(Cause.ENGINE_ERROR, "gone", seconds=0.0, notes=())

    world = World(tmp_path, behaviour)
    world.trace()
    assert world.timelines == {}


def test_cells_are_chosen_by_their_ids(tmp_path):
    plan = World(tmp_path).plan()
    one = plan.cells[1].id
    assert chosen(plan, ()) == plan.cells
    assert [cell.id for cell in chosen(plan, (one,))] == [one]
    with pytest.raises(UsageError, match="no cell 'py3'"):
        chosen(plan, ("py3",))


def test_a_timeline_of_another_fingerprint_is_none(tmp_path):
    world = World(tmp_path)
    world.trace()
    cells = world.plan().cells
    folder = tmp_path / "results"
    for cell, of in zip(cells, ("f", "other"), strict=True):
        path = timeline_file(folder, cell.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(encode(world.timelines[cell.id], fingerprint=of))
    assert untraced(cells, folder, "f") == (cells[1],)
    timeline_file(folder, cells[0].id).write_text("half a docum")
    assert untraced(cells, folder, "f") == cells
