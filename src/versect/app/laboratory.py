"""Answers probes: lock, environment, run, observation. The one place where the parts meet."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from versect.engine.interface import Engine, Execution, Job
from versect.env.interface import EnvironmentStore, Resolver
from versect.forensics import recorder_file
from versect.forensics.records import decode_failures, imported_files
from versect.forensics.timeline import Timeline
from versect.forensics.timeline_records import timeline
from versect.model.cell import Cell, Pins
from versect.model.environment import Environment, Lock, LockRequest, Target
from versect.model.outcome import Cause
from versect.model.release import Release
from versect.model.study import Resolution, Study
from versect.model.trial import (
    EMPTY_OUTPUT,
    NotRun,
    Observation,
    Probe,
    Setting,
    Timings,
    Trial,
)
from versect.select.period import cut_off

Patch = Mapping[str, bytes | None]
"""Files of an environment, relative to site-packages, with their new content; None removes one."""
ReleaseOf = Callable[[NormalizedName, Version], Release | None]
"""Finds a release that somebody pinned; None where no index tells of it."""

_RESOLVERS: Final = 4
"""Locks are made side by side, since resolving waits for the index; each uv process opens many
connections of its own, and more of them make some indexes stall."""

_BUILDERS: Final = 2
"""Environments that are made ahead of need: those of the questions that follow either answer."""

_NO_UPLOAD_TIMES: Final = (
    "wanted a period-correct resolution; the index gives no upload times, "
    "so what it offers today was used"
)

_MODIFIED: Final = (
    "the reproduction, or another cell running beside it, wrote into their environment, which was "
    "thrown away; in a container it would be read-only: use a container engine, or -j 1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the cells of equal pins share."""

    target: Target | NotRun
    lock: Lock | NotRun
    environment: Environment | NotRun
    owners: Mapping[str, str]
    """Installed file to distribution."""
    cut_off: datetime | None
    resolve: float
    build: float
    """Seconds spent; the first trial of the environment is charged with them."""
    notes: tuple[str, ...]


class Laboratory:
    """Answers the probes of one study on one engine; safe to call from several threads."""

    def __init__(  # noqa: PLR0913 - the parts that meet here
        self,
        study: Study,
        *,
        engine: Engine,
        resolver: Resolver,
        environments: EnvironmentStore,
        releases: ReleaseOf,
        fingerprint: str,
        run: str,
        on_lock: Callable[[Pins, Lock], None],
        traced: Callable[[Cell], bool] = lambda _: False,
        on_timeline: Callable[[Cell, Timeline], None] = lambda _cell, _timeline: None,
    ) -> None:
        self._study = study
        self._engine = engine
        self._resolver = resolver
        self._environments = environments
        self._release_of = releases
        self._fingerprint = fingerprint
        self._run = run
        self._on_lock = on_lock
        self._traced = traced
        self._on_timeline = on_timeline
        self._pool = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="versect-lock")
        self._builders = ThreadPoolExecutor(_BUILDERS, thread_name_prefix="versect-build")
        self._prepared: dict[Pins, Future[Prepared]] = {}
        self._patches: dict[str, Patch] = {}
        self._locks: dict[Pins, Future[tuple[Lock | NotRun, float]]] = {}
        self._charged: set[Pins] = set()
        self._guard = threading.Lock()

    def foresee(self, pins: Pins) -> None:
        """Start to lock an environment that will soon be asked for."""
        self._locking(pins)

    def patched(self, pins: Pins, files: Patch) -> Pins:
        """Give pins whose environment has some of its files replaced (None: removed).

        Args:
            pins: Those of an environment without a patch.
            files: By path relative to site-packages; empty for no change at all.

        """
        if not files:
            return pins
        digest = hashlib.sha256()
        for name in sorted(files):
            content = files[name]
            size = -1 if content is None else len(content)
            digest.update(f"{name}\0{size}\0".encode() + (content or b""))
        patch = digest.hexdigest()
        self._patches[patch] = files
        return replace(pins, patch=patch)

    def prepared(self, pins: Pins) -> Future[Prepared]:
        """Start to make what the cells of these pins share, once, and give it when it is there."""
        with self._guard:
            if pins not in self._prepared:
                self._prepared[pins] = self._builders.submit(self.prepare, pins)
            return self._prepared[pins]

    def prepare(self, pins: Pins) -> Prepared:
        """Make what the cells of these pins share; what fails is part of the answer."""
        target = self._engine.target(pins.python)
        lock: Lock | NotRun
        environment: Environment | NotRun
        resolve = build = 0.0
        if isinstance(target, NotRun):
            lock = environment = target
        else:
            lock, resolve = self._locking(pins).result()
            started = time.monotonic()
            environment = lock if isinstance(lock, NotRun) else self._made(pins, lock, target)
            build = time.monotonic() - started
        if isinstance(lock, Lock) and not pins.patch:
            self._on_lock(pins, lock)
        owners = {} if isinstance(environment, NotRun) else self._environments.owners(environment)
        return Prepared(
            target=target,
            lock=lock,
            environment=environment,
            owners=owners,
            cut_off=self._cut_off(pins),
            resolve=resolve,
            build=build,
            notes=self._notes(pins),
        )

    def ask(self, probe: Probe, prepared: Prepared) -> Trial:
        """Answer one probe in the environment prepared for its pins."""
        return Trial(
            fingerprint=self._fingerprint,
            run=self._run,
            at=datetime.now(UTC),
            probe=probe,
            setting=self._setting(prepared),
            observation=self._observe(probe, prepared),
        )

    def job(self, cell: Cell, environment: Environment) -> Job:
        """Give the run of the reproduction that this cell asks for."""
        values = axis_values(cell)
        return Job(
            environment=environment,
            argv=tuple(filled(word, values) for word in self._study.command),
            variables={
                **{name: filled(value, values) for name, value in self._study.variables},
                **{variable(name): value for name, value in cell.parameters},
            },
            study=self._study.root,
            recorder=recorder_file.PATH,
            tracer=recorder_file.TRACER if self._traced(cell) else None,
            limits=self._study.limits,
        )

    def close(self) -> None:
        """Give up locks and environments that nobody waits for any more."""
        for pool in (self._builders, self._pool):
            pool.shutdown(wait=False, cancel_futures=True)

    def _locking(self, pins: Pins) -> Future[tuple[Lock | NotRun, float]]:
        pins = replace(pins, patch="")  # files are changed after the lock
        with self._guard:
            if pins not in self._locks:
                self._locks[pins] = self._pool.submit(self._lock, pins)
            return self._locks[pins]

    def _lock(self, pins: Pins) -> tuple[Lock | NotRun, float]:
        target = self._engine.target(pins.python)
        if isinstance(target, NotRun):
            return target, 0.0
        started = time.monotonic()
        lock = self._resolver.lock(
            LockRequest(
                requirements=(
                    *self._pinned(pins),
                    *self._study.requirements,
                    *map(Requirement, pins.needs),
                ),
                version=target.version,
                platform=target.platform,
                cut_off=self._cut_off(pins),
                build=self._study.build,
                preferred=pins.preferred,
            )
        )
        return lock, time.monotonic() - started

    def _pinned(self, pins: Pins) -> tuple[Requirement, ...]:
        extras = {axis.project: axis.extras for axis in self._study.projects}
        return (
            *(_pin(name, extras.get(name, frozenset()), v) for name, v in pins.releases),
            *(Requirement(name) for name, _ in pins.preferred),
        )

    def _cut_off(self, pins: Pins) -> datetime | None:
        if pins.cut_off is not None or self._study.resolution is Resolution.TODAY:
            moments = (pins.cut_off, self._study.cut_off)
        else:
            moments = (self._period(pins), self._study.cut_off)
        return min((moment for moment in moments if moment is not None), default=None)

    def _period(self, pins: Pins) -> datetime | None:
        """Give when all that is pinned had been published, by the axes or by the study itself."""
        required = (*self._study.requirements, *map(Requirement, pins.needs))
        fixed = (pin for requirement in required for pin in _exact(requirement))
        releases = [self._release_of(*pin) for pin in (*pins.releases, *pins.preferred, *fixed)]
        known = [release for release in releases if release is not None]
        return cut_off(pins.python, known) if len(known) == len(releases) else None

    def _notes(self, pins: Pins) -> tuple[str, ...]:
        if self._study.resolution is Resolution.TODAY or self._cut_off(pins) is not None:
            return ()
        return (_NO_UPLOAD_TIMES,)

    def _setting(self, prepared: Prepared) -> Setting:
        target = None if isinstance(prepared.target, NotRun) else prepared.target
        lock = None if isinstance(prepared.lock, NotRun) else prepared.lock
        environment = None if isinstance(prepared.environment, NotRun) else prepared.environment
        return Setting(
            engine=self._engine.name,
            version=None if target is None else target.version,
            interpreter=None if target is None else target.image or target.executable,
            lock=None if lock is None else lock.digest,
            packages=() if lock is None else tuple((p.name, str(p.version)) for p in lock.packages),
            environment=None if environment is None else environment.key,
            cut_off=prepared.cut_off,
        )

    def _whole(self, pins: Pins, prepared: Prepared) -> Environment | NotRun:
        """Give the environment again, whole: somebody may have spoilt it since it was made."""
        if isinstance(prepared.lock, NotRun) or isinstance(prepared.target, NotRun):
            return prepared.environment
        environment = self._made(pins, prepared.lock, prepared.target)
        if isinstance(environment, NotRun):
            spoilt = environment.cause is Cause.ENVIRONMENT_MODIFIED
        else:
            spoilt = not self._environments.intact(environment)
        return self._made(pins, prepared.lock, prepared.target) if spoilt else environment

    def _made(self, pins: Pins, lock: Lock, target: Target) -> Environment | NotRun:
        environment = self._environments.build(lock, target)
        if isinstance(environment, NotRun) or not pins.patch:
            return environment
        return self._environments.derive(environment, self._patches[pins.patch])

    def _observe(self, probe: Probe, prepared: Prepared) -> Observation:
        with self._guard:
            first = probe.cell.pins not in self._charged
            self._charged.add(probe.cell.pins)
        resolve, build = (prepared.resolve, prepared.build) if first else (0.0, 0.0)
        environment = self._whole(probe.cell.pins, prepared)
        if isinstance(environment, NotRun):
            timings = Timings(resolve=resolve, build=build, start=0.0, run=0.0)
            return _unstarted(environment, timings, prepared.notes)
        job = self.job(probe.cell, environment)
        execution = self._engine.run(job)
        if job.tracer is not None and not isinstance(execution.ending, NotRun):
            self._on_timeline(probe.cell, timeline(execution.timeline))
        timings = Timings(resolve=resolve, build=build, start=execution.start, run=execution.run)
        notes = (*prepared.notes, *execution.notes)
        if not self._environments.intact(environment):
            modified = NotRun(cause=Cause.ENVIRONMENT_MODIFIED, detail=_MODIFIED)
            return _unstarted(modified, timings, notes)
        return _observed(execution, prepared.owners, timings, notes)


def axis_values(cell: Cell) -> dict[str, str]:
    """Give every axis of a cell with its value, for placeholders."""
    values: dict[str, str] = {"python": cell.pins.python}
    values.update((name, str(version)) for name, version in cell.pins.releases)
    values.update(cell.parameters)
    return values


def filled(template: str, values: Mapping[str, str]) -> str:
    """Fill ``{axis}`` placeholders; braces around anything else stand for themselves."""
    return re.sub(r"\{([A-Za-z][A-Za-z0-9_.-]*)\}", lambda m: values.get(m[1], m[0]), template)


def variable(parameter: str) -> str:
    """Give the environment variable of a parameter: ``max-retries`` -> ``VERSECT_MAX_RETRIES``."""
    return "VERSECT_" + re.sub(r"[^A-Za-z0-9]", "_", parameter).upper()


def _pin(name: NormalizedName, extras: frozenset[NormalizedName], version: Version) -> Requirement:
    requirement = Requirement(name)
    requirement.extras = set(extras)
    requirement.specifier = SpecifierSet(f"=={version}")
    return requirement


def _exact(requirement: Requirement) -> Iterator[tuple[NormalizedName, Version]]:
    """Give the release that a requirement names with ``==``, if it names one."""
    for specifier in requirement.specifier:
        if specifier.operator == "==" and not specifier.version.endswith(".*"):
            yield canonicalize_name(requirement.name), Version(specifier.version)


def _unstarted(ending: NotRun, timings: Timings, notes: tuple[str, ...]) -> Observation:
    return Observation(
        ending=ending,
        failures=(),
        imported=None,
        stdout=EMPTY_OUTPUT,
        stderr=EMPTY_OUTPUT,
        timings=timings,
        peak_memory=None,
        notes=notes,
    )


def _observed(
    execution: Execution, owners: Mapping[str, str], timings: Timings, notes: tuple[str, ...]
) -> Observation:
    files = imported_files(execution.records)
    return Observation(
        ending=execution.ending,
        failures=decode_failures(execution.records),
        imported=None if files is None else frozenset(owners[f] for f in files if f in owners),
        stdout=execution.stdout,
        stderr=execution.stderr,
        timings=timings,
        peak_memory=execution.peak_memory,
        notes=notes,
    )
