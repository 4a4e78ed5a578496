"""An engine whose cells end as it is told: for tests of everything above engines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from versect.engine.interface import Execution, Job
from versect.engine.supervised import lost
from versect.model.environment import Target
from versect.model.outcome import Cause
from versect.model.trial import EMPTY_OUTPUT, Exited, NotRun


def exited(status: int) -> Execution:
    """Give an execution in which nothing happened but the end."""
    return Execution(
        ending=Exited(status=status),
        stdout=EMPTY_OUTPUT,
        stderr=EMPTY_OUTPUT,
        records=(),
        timeline=(),
        start=0.0,
        run=0.0,
        peak_memory=None,
        notes=(),
    )


class FakeEngine:
    """Runs nothing; ``behaviour`` says how each job ends. Interpreters are as ``pythons`` say."""

    def __init__(
        self,
        behaviour: Callable[[Job], Execution],
        *,
        pythons: Sequence[str],
        name: str = "fake",
    ) -> None:
        self._behaviour = behaviour
        self._pythons = tuple(pythons)
        self._cancelled = threading.Event()
        self.name = name
        self.home = None
        self.platform = None
        self.ran: list[Job] = []

    def target(self, python: str) -> Target | NotRun:
        """Give a made-up interpreter; see ``Engine.target``."""
        if python not in self._pythons:
            return NotRun(cause=Cause.INTERPRETER_MISSING, detail=f"no Python {python}")
        return Target(
            python=python,
            version=f"{python}.0",
            executable=f"/fake/python{python}",
            magic="00",
            cache_tag=f"cpython-{python.replace('.', '')}",
            platform="x86_64-manylinux_2_28",
            image=None,
        )

    def run(self, job: Job) -> Execution:
        """End a job as told; see ``Engine.run``."""
        self.ran.append(job)
        if self._cancelled.is_set():
            return lost(Cause.ENGINE_ERROR, "cancelled", seconds=0.0, notes=())
        return self._behaviour(job)

    def trusted(self, target: Target, argv: Sequence[str], folder: Path) -> str:  # noqa: ARG002
        """Run nothing; see ``Engine.trusted``."""
        return ""

    def command(self, job: Job) -> tuple[str, ...]:
        """Give the job's own words; see ``Engine.command``."""
        return job.argv

    def cancel(self) -> None:
        """End later jobs at once; see ``Engine.cancel``."""
        self._cancelled.set()

    def close(self) -> None:
        """Nothing is left behind."""
