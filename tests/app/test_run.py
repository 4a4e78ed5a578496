"""A whole run with shipped fakes: what is asked, what is kept, what is never asked again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from versect.app import plan as planning
from versect.app.laboratory import Laboratory, filled, variable
from versect.app.run import run_cells
from versect.engine.fake import FakeEngine, exited
from versect.env.fake import FakeEnvironments, FakeResolver
from versect.errors import StudyError
from versect.index.recorded import RecordedIndex
from versect.model.outcome import Cause, Failed, Passed, Unresolved
from versect.model.release import Project, Release, ReleaseFile
from versect.model.trial import NotRun
from versect.source.build import build
from versect.store.memory import MemoryLog


def release(name, version, day):
    file = ReleaseFile(
        filename=f"{name}-{version}-py3-none-any.whl",
        url="",
        hashes={},
        requires_python=None,
        yanked=False,
        yanked_reason="",
        uploaded=datetime(2025, 1, day, tzinfo=UTC),
    )
    return Release(version=Version(version), files=(file,))


HTTPX = Project(
    name=canonicalize_name("httpx"),
    releases=tuple(release("httpx", f"0.{minor}", minor) for minor in range(1, 6)),
)
INDEX = RecordedIndex({HTTPX.name: HTTPX})


class Quiet:
    """Is told and says nothing."""

    def __init__(self):
        self.told = []

    def planned(self, cells, known):
        self.told.append((len(cells), known))

    def started(self, cell):
        pass

    def finished(self, cell, outcome, seconds):
        self.told.append(cell.id)


@pytest.fixture
def study(tmp_path):
    (tmp_path / "r.py").write_text("")
    table = {
        "reproduction": "r.py",
        "arguments": ["--n", "{n}"],
        "python": ["3.11", "3.12"],
        "projects": {"httpx": {"versions": ">=0.1"}},
        "parameters": {"n": [1, 2]},
    }
    return build("s", tmp_path, table, default_name="s")


def run(study, log, tmp_path, *, behaviour=lambda job: exited(0), pythons=("3.11", "3.12"),
        refuses=lambda request: None, jobs=2):  # fmt: skip
    engine = FakeEngine(behaviour, pythons=pythons)
    environments = FakeEnvironments(tmp_path)
    series = planning.enumerate_series(study, INDEX, platform=None, say=print)
    plan = planning.make(study, series, log.trials(), fingerprint="f", engine=engine.name)
    locks = {}
    laboratory = Laboratory(
        study,
        engine=engine,
        resolver=FakeResolver(refuses),
        environments=environments,
        releases=lambda name, version: plan.releases.get((name, version)),
        fingerprint="f",
        run="r",
        on_lock=lambda pins, lock: locks.setdefault(str(pins), lock),
    )
    with ThreadPoolExecutor(jobs) as executor:
        results = run_cells(
            plan, study.symptom, laboratory=laboratory, log=log, progress=Quiet(),
            executor=executor, jobs=jobs,
        )  # fmt: skip
    laboratory.close()
    return results, engine, locks


def test_every_cell_is_asked_once_and_kept(study, tmp_path):
    log = MemoryLog()
    results, engine, locks = run(study, log, tmp_path)
    assert len(results) == len(engine.ran) == len(log.trials()) == 20
    assert len(locks) == 10
    assert all(isinstance(outcome, Passed) for _, outcome in results.values())


def test_what_is_known_is_not_asked_again(study, tmp_path):
    log = MemoryLog()
    run(study, log, tmp_path)
    results, engine, _ = run(study, log, tmp_path)
    assert engine.ran == []
    assert len(results) == 20


def test_parameters_reach_words_and_variables_and_cause_no_new_lock(study, tmp_path):
    _, engine, _ = run(study, MemoryLog(), tmp_path)
    seen = {(job.argv[-1], job.variables["VERSECT_N"]) for job in engine.ran}
    assert seen == {("1", "1"), ("2", "2")}


def test_the_number_of_jobs_changes_no_outcome(study, tmp_path):
    def outcomes(jobs):
        results, _, _ = run(
            study, MemoryLog(), tmp_path, jobs=jobs,
            behaviour=lambda job: exited(int(job.variables["VERSECT_N"] == "2")),
        )  # fmt: skip
        return {name: type(outcome) for name, (_, outcome) in results.items()}

    assert outcomes(1) == outcomes(4)
    assert set(outcomes(1).values()) == {Passed, Failed}


def test_a_missing_interpreter_is_an_outcome_of_its_cells_and_tried_again(study, tmp_path):
    log = MemoryLog()
    results, engine, _ = run(study, log, tmp_path, pythons=("3.11",))
    missing = [o for _, o in results.values() if isinstance(o, Unresolved)]
    assert len(missing) == 10
    assert {o.cause for o in missing} == {Cause.INTERPRETER_MISSING}
    _, engine, _ = run(study, log, tmp_path)
    assert len(engine.ran) == 10


def test_what_cannot_be_resolved_is_an_outcome_with_the_reason_and_is_final(study, tmp_path):
    def refuses(request):
        if str(request.requirements[0]) == "httpx==0.2":
            return NotRun(cause=Cause.UNSATISFIABLE, detail="because")
        return None

    log = MemoryLog()
    results, engine, _ = run(study, log, tmp_path, refuses=refuses)
    found = [o for _, o in results.values() if isinstance(o, Unresolved)]
    assert [o.detail for o in found] == ["because"] * 4
    assert len(engine.ran) == 16
    _, engine, _ = run(study, log, tmp_path, refuses=refuses)
    assert engine.ran == []


def test_the_cut_off_is_the_newest_pin_and_the_interpreter_is_one(study, tmp_path):
    log = MemoryLog()
    run(study, log, tmp_path)
    days = {t.setting.cut_off.date().isoformat() for t in log.trials()}
    assert days == {f"2025-01-0{day}" for day in range(1, 6)}


def test_a_version_that_does_not_exist_is_a_fault_of_the_study(study, tmp_path):
    table = {
        "reproduction": "r.py",
        "python": ["3.12"],
        "projects": {"httpx": {"versions": ["0.1", "9.9"]}},
    }
    wrong = build("s", tmp_path, table, default_name="s")
    with pytest.raises(StudyError, match=r"no release 9\.9"):
        planning.enumerate_series(wrong, INDEX, platform=None, say=print)


def test_a_range_without_releases_is_a_fault_of_the_study(study, tmp_path):
    table = {
        "reproduction": "r.py",
        "python": ["3.12"],
        "projects": {"httpx": {"versions": ">9"}},
    }
    wrong = build("s", tmp_path, table, default_name="s")
    with pytest.raises(StudyError, match="no release is left"):
        planning.enumerate_series(wrong, INDEX, platform=None, say=print)


def test_an_interrupt_keeps_what_was_finished(study, tmp_path):
    log = MemoryLog()
    count = iter(range(100))

    def behaviour(job):
        if next(count) == 5:
            raise KeyboardInterrupt
        return exited(0)

    with pytest.raises(KeyboardInterrupt):
        run(study, log, tmp_path, behaviour=behaviour, jobs=1)
    assert len(log.trials()) == 5
    results, engine, _ = run(study, log, tmp_path)
    assert len(results) == 20
    assert len(engine.ran) == 15


def test_placeholders_and_variables_are_named_as_documented():
    assert filled("--x={a-b} {other}", {"a-b": "1"}) == "--x=1 {other}"
    assert variable("max-retries") == "VERSECT_MAX_RETRIES"
