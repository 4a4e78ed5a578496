"""One question asked of the world, what happened, and the pair as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from versect.model.cell import Cell
from versect.model.environment import EnvironmentKey, LockDigest
from versect.model.outcome import Cause
from versect.model.study import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """The process ended by itself."""

    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalled:
    """A signal ended the process."""

    signal: str
    """Its name, ``SIGSEGV``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut:
    """The whole process tree was killed at its wall-clock limit."""

    limit: float
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfMemory:
    """The memory limit was hit and the kernel killed a process of the cell."""

    limit: int
    """Bytes."""
    status: int | None
    """The main process's exit status when only a child was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """The reproduction was never started, or the engine lost it."""

    cause: Cause
    detail: str


Ending = Exited | Signalled | TimedOut | OutOfMemory | NotRun


class Link(StrEnum):
    """How an exception hangs on the one before it in a chain."""

    OUTERMOST = "outermost"
    CAUSE = "cause"
    """``raise ... from error``."""
    CONTEXT = "context"
    """Raised while another was being handled."""
    GROUP = "group"
    """A member of an exception group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One line of a traceback."""

    file: str
    """Relative to the environment's packages or the study where it lies below one of them."""
    line: int
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedException:
    """One exception of a chain."""

    link: Link
    type: str
    """Dotted name of its class; builtins bare: ``RuntimeError``, ``httpx.ConnectError``."""
    bases: tuple[str, ...]
    """Dotted names of its base classes, nearest first, ``object`` left out."""
    message: str
    frames: tuple[Frame, ...]
    """Outermost call first; the middle of a very deep traceback is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFailure:
    """An exception that came to light somewhere, with its whole chain."""

    place: Place
    note: str
    """What the place says about it: asyncio's own message, the thread's name."""
    chain: tuple[RaisedException, ...]
    """Outermost first; empty when the place only gave words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One stream, bounded: its head, its tail, and how much there was."""

    head: str
    tail: str
    """Empty when the head holds everything."""
    size: int
    """Bytes written in all."""

    @property
    def text(self) -> str:
        """Head and tail with a line between them that says how much is missing."""
        if not self.tail:
            return self.head
        kept = (len(part.encode(errors="surrogatepass")) for part in (self.head, self.tail))
        missing = self.size - sum(kept)
        return f"{self.head}\n[... {max(missing, 0)} bytes left out ...]\n{self.tail}"


EMPTY_OUTPUT = Output(head="", tail="", size=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds spent on the parts of one trial; a part shared with other cells counts once."""

    resolve: float
    build: float
    start: float
    """From asking the engine until the reproduction's process existed."""
    run: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What happened, without judgement."""

    ending: Ending
    failures: tuple[SeenFailure, ...]
    """In the order in which they came to light."""
    imported: frozenset[str] | None
    """Normalised names of the distributions that were imported; None when nobody could tell."""
    stdout: Output
    stderr: Output
    timings: Timings
    peak_memory: int | None
    """Bytes, largest process of the cell; None when it is not known."""
    notes: tuple[str, ...]
    """What the reader should know: a limit that could not be set, records cut short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question: what does this cell do?"""

    cell: Cell
    repeat: int
    """0 for the first time that the question is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a trial was made: what its answer may depend on beside the cell."""

    engine: str
    version: str | None
    """The interpreter's whole version; None when there was none."""
    interpreter: str | None
    """Its image digest or path."""
    lock: LockDigest | None
    packages: tuple[tuple[str, str], ...]
    """Names and versions that the lock installs, sorted."""
    environment: EnvironmentKey | None
    cut_off: datetime | None
    """The resolver's cut-off (UTC)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A probe with its answer, as stored."""

    fingerprint: str
    """Digest over everything of the study that can change the answer."""
    run: str
    """Id of the run that made it."""
    at: datetime
    """When it ended (UTC)."""
    probe: Probe
    setting: Setting
    observation: Observation
