"""Made-up worlds: releases that behave as told, and all that a search over them needs (no uv)."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from versect.app.bisect import Wanted, bisect, plan_of
from versect.app.focus import focus
from versect.app.inquiry import Inquiry
from versect.app.laboratory import Laboratory
from versect.app.plan import answering, enumerate_series
from versect.app.published import Published
from versect.engine.fake import FakeEngine, exited
from versect.env.fake import FakeEnvironments, FakeResolver
from versect.index.recorded import RecordedIndex
from versect.model.outcome import Cause
from versect.model.release import Project, Release, ReleaseFile
from versect.model.trial import NotRun, Output
from versect.model.verdict import Question
from versect.select.line import Order, of_interpreters, of_project
from versect.source.build import build
from versect.source.files import fingerprint

PASSES = exited(0)
SKIPS = exited(125)

START = datetime(2025, 1, 1, tzinfo=UTC)


def fails(words="ValueError: boom"):
    """Give an execution that ends with status 1 after these words."""
    return replace(exited(1), stderr=Output(head=f"{words}\n", tail="", size=len(words) + 1))


def day(number):
    """Give midnight of the n-th day on which anything was published, the first being 0."""
    return START + timedelta(days=number)


@dataclass
class World:
    """Everything that there is, and how it behaves."""

    releases: dict[str, tuple[str, ...]]
    """Project to releases, oldest first; ``1.4@30`` was published on day 30, others one a day."""
    behaves: Callable[[dict[str, Version]], object]
    """From what is installed (``python`` included) to an execution; True and False will do."""
    requires: Callable[[str, Version], tuple[str, ...]] = lambda _name, _version: ()
    pythons: tuple[str, ...] = ("3.12",)
    table: dict = field(default_factory=dict)
    """Keys of the study beside its interpreters and its first project, which is an axis."""
    dated: bool = True
    """Whether the index says when releases were published."""

    @property
    def index(self):
        return RecordedIndex({p.name: p for p in map(self._project, self.releases)})

    def study(self, folder):
        (folder / "r.py").write_text("")
        first = next(iter(self.releases))
        table = {
            "reproduction": "r.py",
            "python": list(self.pythons[-1:]),
            "projects": {first: {"versions": ">=0"}},
            **self.table,
        }
        return build("made up", folder, table, default_name="s")

    def _project(self, name):
        releases = []
        for number, text in enumerate(self.releases[name]):
            version, _, when = text.partition("@")
            releases.append(self._release(name, version, int(when or number)))
        return Project(
            name=canonicalize_name(name),
            releases=tuple(sorted(releases, key=lambda release: release.version)),
        )

    def _release(self, name, version, number):
        file = ReleaseFile(
            filename=f"{name}-{version}-py3-none-any.whl",
            url="",
            hashes={},
            requires_python=None,
            yanked=False,
            yanked_reason="",
            uploaded=day(number) if self.dated else None,
        )
        return Release(version=Version(version), files=(file,))


@dataclass
class Resolver:
    """Takes what is preferred, then the newest of what is published by the cut-off, and goes back
    where that does not fit; locks as ``FakeResolver`` does."""

    world: World

    def lock(self, request):
        chosen = self._chosen(request.requirements, {}, request)
        if chosen is None:
            wanted = ", ".join(map(str, request.requirements))
            return NotRun(cause=Cause.UNSATISFIABLE, detail=f"nothing meets {wanted}")
        pinned = tuple(Requirement(f"{name}=={version}") for name, version in chosen.items())
        return FakeResolver().lock(replace(request, requirements=pinned, preferred=()))

    def _chosen(self, wanted, chosen, request):
        if not wanted:
            return chosen
        name = canonicalize_name(wanted[0].name)
        if name in chosen:
            fits = wanted[0].specifier.contains(chosen[name], prereleases=True)
            return self._chosen(wanted[1:], chosen, request) if fits else None
        for version in self._candidates(name, wanted[0].specifier, request):
            more = tuple(map(Requirement, self.world.requires(name, version)))
            found = self._chosen((*wanted[1:], *more), {**chosen, name: version}, request)
            if found is not None:
                return found
        return None

    def _candidates(self, name, specifier, request):
        preferred = [version for project, version in request.preferred if project == name]
        return sorted(
            (
                release.version
                for release in self.world.index.project(name).releases
                if specifier.contains(release.version, prereleases=True)
                and not (
                    request.cut_off and release.uploaded and release.uploaded > request.cut_off
                )
            ),
            key=lambda version: (version in preferred, version),
            reverse=True,
        )


class Environments(FakeEnvironments):
    """Remembers what was built from which lock."""

    def __init__(self, folder):
        super().__init__(folder)
        self.locks = {}

    def build(self, lock, target):
        environment = super().build(lock, target)
        self.locks[environment.key] = lock
        return environment


class Told:
    """Is told how a search gets on, and notes it."""

    def __init__(self):
        self.tried = []
        self.steps = []

    def trying(self, cell):
        self.tried.append(cell.id)

    def step(self, number, step):
        assert number == len(self.steps) + 1
        self.steps.append(step)


@dataclass
class Desk:
    """Where the questions about a world are put."""

    inquiry: Inquiry
    laboratory: Laboratory
    engine: FakeEngine
    told: Told

    @property
    def said(self):
        """Give every step: the cell's id, which repeat, the kind of outcome."""
        return [
            (s.trial.probe.cell.id, s.trial.probe.repeat, type(s.outcome).__name__)
            for s in self.inquiry.steps
        ]


@contextmanager
def desk(world, folder, log, *, study=None, jobs=1):
    """Open an inquiry into a world; trials in the log that answer its study are known."""
    study = study or world.study(folder)
    environments = Environments(folder)

    def behaviour(job):
        lock = environments.locks[job.environment.key]
        installed = {package.name: package.version for package in lock.packages}
        installed["python"] = Version(job.environment.target.python)
        ends = world.behaves(installed)
        if isinstance(ends, bool):
            return PASSES if ends else fails()
        return ends

    engine = FakeEngine(behaviour, pythons=world.pythons)
    digest = fingerprint(study)
    told = Told()
    laboratory = Laboratory(
        study,
        engine=engine,
        resolver=Resolver(world),
        environments=environments,
        releases=Published({}, world.index),
        fingerprint=digest,
        run=hashlib.sha256(str(len(log.trials())).encode()).hexdigest()[:8],
        on_lock=lambda pins, lock: None,
    )
    with ThreadPoolExecutor(jobs) as executor:
        inquiry = Inquiry(
            laboratory,
            log,
            study.symptom,
            stored=answering(log.trials(), fingerprint=digest, engine=engine.name),
            progress=told,
            executor=executor,
            jobs=jobs,
        )
        try:
            yield Desk(inquiry, laboratory, engine, told)
        finally:
            inquiry.close()
            engine.cancel()
    laboratory.close()


def wanted(**changes):
    """Give what a bisection is asked for."""
    plain = {
        "good": None,
        "bad": None,
        "question": Question.FIRST_FAILING,
        "order": Order.VERSION,
        "confirm": 1,
        "checks": 0,
        "scan": False,
    }
    return Wanted(**{**plain, **changes})


def line(world, folder, *, axis=None, order=Order.VERSION):
    """Give the series of an axis, the first project's by default, and the study narrowed to it."""
    axis = axis or canonicalize_name(next(iter(world.releases)))
    narrowed = focus(world.study(folder), (axis,), pre=False, yanked=False)
    if axis == "python":
        return of_interpreters(narrowed.study, narrowed.cell, world.pythons), narrowed.study
    series = enumerate_series(narrowed.study, world.index, platform=None, say=print)
    found = series[narrowed.cell.pins.python, axis]
    return of_project(narrowed.study, narrowed.cell, found, order), narrowed.study


@dataclass
class Bisected:
    """A bisection of a made-up world that has come to its end."""

    line: object
    finding: object
    said: list
    made: int
    ran: int

    @property
    def kind(self):
        return self.finding.history.kind

    @property
    def suspects(self):
        found = self.finding.history.transition
        return () if found is None else tuple(self.line.names[place] for place in found.suspects)


def bisected(world, folder, log, *, jobs=1, axis=None, **asked):
    """Bisect a world."""
    request = wanted(**asked)
    series, study = line(world, folder, axis=axis, order=request.order)
    with desk(world, folder, log, study=study, jobs=jobs) as one:
        finding = bisect(series, plan_of(series, request), request, one.inquiry)
        return Bisected(series, finding, one.said, one.inquiry.made, len(one.engine.ran))
