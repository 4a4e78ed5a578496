"""What the user wrote: the reproduction, the axes, and what counts as the failure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

_LONGEST: Final = 200
"""Characters of a name that names a folder."""


class Resolution(StrEnum):
    """Which releases the resolver may use for everything that the axes do not pin."""

    PERIOD = "period"
    """What could have been installed when the newest pin of the cell was new."""
    TODAY = "today"
    """What the index offers now."""


class Every(StrEnum):
    """How a range of releases is thinned out."""

    RELEASE = "release"
    PATCH_LATEST = "patch-latest"
    """The newest release of each ``major.minor.micro``: drops post-releases and rebuilds."""
    MINOR_LATEST = "minor-latest"
    """The newest release of each ``major.minor``."""


class Place(StrEnum):
    """Where an exception may come to light."""

    RAISED = "raised"
    """It ended the program."""
    UNRAISABLE = "unraisable"
    """It was raised where nobody can catch it: a finaliser, a callback (sys.unraisablehook)."""
    THREAD = "thread"
    """It ended a thread (threading.excepthook)."""
    ASYNCIO = "asyncio"
    """asyncio reported it: its exception handler, or "was never retrieved" in its log."""
    PRINTED = "printed"
    """A program that failed printed it as the last line of a traceback, as pytest does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAxis:
    """One project whose releases are varied."""

    project: NormalizedName
    extras: frozenset[NormalizedName]
    choices: tuple[SpecifierSet | Version, ...]
    """Versions are taken as they are. A specifier alone is a range, thinned by ``every`` and
    ``limit``; beside versions it stands for the newest release that it admits."""
    every: Every
    limit: int | None
    """At most so many releases of a range, evenly spread, both ends kept."""
    pre: bool
    yanked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterAxis:
    """One parameter of the reproduction; changing it never causes a rebuild."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A pattern over cells: every condition given must hold.

    Conditions map an axis name (``python``, a project, a parameter) to a specifier for versions
    or to a tuple of allowed values for parameters.
    """

    conditions: tuple[tuple[str, SpecifierSet | tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Requirements that only some cells have."""

    where: Selector
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What the failure sought looks like. Every condition that is not None must hold.

    With every condition None, any exit status from 1 to 127 but 125 is the failure.
    """

    exception: str | None
    """The type's name, bare (``RuntimeError``) or dotted (``httpx.ConnectError``)."""
    message: str | None
    """A regular expression searched for in the exception's message."""
    places: frozenset[Place]
    """Where the exception may come to light; any link of its chain may match."""
    text: str | None
    """A regular expression searched for in the output, both streams."""
    exit_codes: frozenset[int] | None
    signal: str | None
    """The name of the signal that ends the process: ``SIGSEGV``."""
    timeout: bool
    """Whether running into the time limit is the failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a cell may use while its reproduction runs."""

    timeout: float
    """Seconds of wall-clock time for the whole process tree."""
    memory: int
    """Bytes."""
    processes: int
    cpus: float
    output: int
    """Bytes kept of each output stream, half of them from its start and half from its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A question about releases, complete: everything a run needs except the index."""

    name: str
    root: Path
    """The folder that holds the reproduction; cells see it read-only, as working directory."""
    command: tuple[str, ...]
    """The reproduction's argv; ``{parameter}`` placeholders are still in it."""
    files: tuple[str, ...]
    """Paths below ``root`` whose content decides the answer, sorted; part of the fingerprint."""
    variables: tuple[tuple[str, str], ...]
    """Environment variables handed to the reproduction, sorted by name."""
    pythons: tuple[str, ...]
    """Interpreters as ``major.minor``, oldest first."""
    projects: tuple[ProjectAxis, ...]
    parameters: tuple[ParameterAxis, ...]
    include: tuple[Selector, ...]
    """When not empty, only cells that match one of these take part."""
    exclude: tuple[Selector, ...]
    requirements: tuple[Requirement, ...]
    """Requirements of every cell, beside its pins."""
    build: frozenset[NormalizedName]
    """Projects that may be built from source."""
    resolution: Resolution
    cut_off: datetime | None
    """No file uploaded later is used anywhere (UTC); None for no cut-off."""
    symptom: Symptom
    limits: Limits
    needs: tuple[Need, ...] = ()
    """What cells need beside the requirements of all; it stands in their pins."""
    sweeps: tuple[Sweep, ...] = ()
    """In the order written."""
    searches: tuple[Bisection, ...] = ()


class Part(StrEnum):
    """Which part of a diagnosis a sweep belongs to."""

    NONE = ""
    WHEN = "when"
    WHY = "why"
    HOW = "how"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Further cells of a study's reproduction, beside its table: one question about one axis."""

    name: str
    about: str
    """The question, in the words of the study."""
    part: Part
    vary: str
    """The axis under test: ``python``, a project, or a parameter."""
    full: bool
    """Whether only a full run asks it."""
    repeats: int
    """Trials of each cell, at least 1."""
    trace: bool
    """Whether its trials are made with the recorder of life cycles."""
    words: tuple[tuple[str, str], ...]
    """What values of the axis under test mean, for readers."""
    study: Study
    """The study with the axes of the sweep: its cells are the sweep's. Its trials have the
    fingerprint of the study that the sweep belongs to, which may differ from its own. Without an
    interpreter, since flags chose others, it has no cells."""

    def meaning(self, value: str) -> str:
        """Give what a value of the axis under test means; empty where that is not said."""
        return dict(self.words).get(value, "")

    def worded(self, value: str) -> str:
        """Give a value with what it means: ``1 (one at a time)``."""
        meaning = self.meaning(value)
        return f"{value} ({meaning})" if meaning not in ("", value) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Bisection:
    """A search for one release that belongs to a study."""

    about: str
    project: str
    """A normalised name, or ``python``."""
    good: str | None
    bad: str | None
    python: str | None
    """``major.minor``; None for the study's newest, empty where flags chose others."""
    parameters: tuple[tuple[str, str], ...]
    """Values that are held; other parameters keep their first value."""
    requirements: tuple[Requirement, ...]
    """Further ones, in place of the study's of the same projects."""
    full: bool

    @property
    def name(self) -> str:
        """``openai-mode=collected-httpx==0.25.2``: its verdict's, which names a folder."""
        values = [f"{name}={value}" for name, value in self.parameters]
        python = [f"py{self.python}"] if self.python else []
        words = "-".join((self.project, *python, *values, *map(str, self.requirements)))
        return re.sub(r"[^\w.=,+-]", "_", words)[:_LONGEST]
