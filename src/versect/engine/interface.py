"""What the rest of versect needs of an engine, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from versect.model.environment import Environment, Target
from versect.model.study import Limits
from versect.model.trial import Ending, NotRun, Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a reproduction."""

    environment: Environment
    argv: tuple[str, ...]
    """The reproduction; ``python`` as its first word is the environment's interpreter."""
    variables: Mapping[str, str]
    """Environment variables for the reproduction; nothing of the host's is added to them but
    what the engine needs (PATH, HOME, TMPDIR, LANG)."""
    study: Path
    """The folder that is the working directory, read-only in a container."""
    recorder: Path | None
    """The recorder's file; None to run without it."""
    tracer: Path | None
    """The tracer's folder; None to run without it. It needs the recorder."""
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What an engine saw of one job."""

    ending: Ending
    stdout: Output
    stderr: Output
    records: tuple[Mapping[str, Any], ...]
    """What the recorder wrote, undecoded, in order."""
    timeline: tuple[Mapping[str, Any], ...]
    """What the tracer wrote, likewise; empty without it."""
    start: float
    """Seconds from the call until the reproduction's process existed."""
    run: float
    """Seconds that the reproduction's process lived."""
    peak_memory: int | None
    """Bytes."""
    notes: tuple[str, ...]
    """Limits that could not be set, records cut short, and the like."""


class Engine(Protocol):
    """Runs jobs, isolated as well as it can; safe to call from several threads."""

    @property
    def name(self) -> str:
        """``local``, ``docker`` or ``podman``."""

    @property
    def home(self) -> str | None:
        """Where cells see their environment; None where they see it at its own path."""

    @property
    def platform(self) -> str | None:
        """The platform whose wheels cells take, as uv names it; None for this machine's own.

        Known before any image is, and no newer than what the images have.
        """

    def target(self, python: str) -> Target | NotRun:
        """Give the interpreter for ``major.minor``, making its image if need be.

        The answer is remembered; the first call may take a minute, later ones nothing.
        """

    def run(self, job: Job) -> Execution:
        """Run one job to its end. Never raises for what the job does.

        Raises:
            EngineUnavailable: The engine stopped answering altogether.

        """

    def trusted(self, target: Target, argv: Sequence[str], folder: Path) -> str:
        """Run stdlib-only code of versect's own with the target's interpreter.

        ``argv`` are the arguments after the interpreter; ``folder`` is writable and, for the
        process, at the same path as here. Used to compile bytecode. Returns its standard output.

        Raises:
            EngineUnavailable: The process could not be run or failed.

        """

    def command(self, job: Job) -> tuple[str, ...]:
        """Give the argv with which a person repeats this job by hand, recorder left out."""

    def cancel(self) -> None:
        """End all running jobs at once, from any thread; their ``run`` returns promptly."""

    def close(self) -> None:
        """Remove what this engine left behind. May be called twice."""
