"""Cells as processes of this machine: the engine that is always there, and isolates least."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from versect.engine.interface import Execution, Job
from versect.engine.supervised import SUPERVISOR, execution, lost, specification
from versect.env.probing import Facts
from versect.errors import EngineUnavailable
from versect.model.environment import Environment, Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun
from versect.run.process import Processes

_OUTSIDE: Final = 20.0
"""Seconds beyond a cell's limit after which its supervisor is given up."""
_TRUSTED: Final = 600.0

NOTE: Final = "local engine: network, memory and processors are not limited"


class LocalEngine:
    """Runs cells as processes under a supervisor; see ``Engine``."""

    name: Final = "local"
    home: Final = None
    platform: Final = None

    def __init__(
        self,
        find: Callable[[str], Facts | None],
        remedy: Callable[[str], str],
        environment: Mapping[str, str],
    ) -> None:
        self._find = find
        self._remedy = remedy
        self._path = environment.get("PATH", os.defpath)
        self._processes = Processes()

    def target(self, python: str) -> Target | NotRun:
        """Give this machine's interpreter; see ``Engine.target``."""
        found = self._find(python)
        if found is None:
            return NotRun(cause=Cause.INTERPRETER_MISSING, detail=self._remedy(python))
        return Target(
            python=python,
            version=found.version,
            executable=found.executable,
            magic=found.magic,
            cache_tag=found.cache_tag,
            platform=found.platform,
            image=None,
        )

    def run(self, job: Job) -> Execution:
        """Run one job; see ``Engine.run``."""
        scratch = Path(tempfile.mkdtemp(prefix="versect-cell-"))
        try:
            return self._run(job, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def trusted(self, target: Target, argv: Sequence[str], folder: Path) -> str:
        """Run versect's own code with the target's interpreter; see ``Engine.trusted``."""
        command = [target.executable, *argv]
        try:
            done = self._processes.run(command, env=self._plain(), timeout=_TRUSTED, cwd=folder)
        except OSError as error:
            raise EngineUnavailable(f"cannot run {target.executable}: {error.strerror}") from error
        if done.status != 0:
            raise EngineUnavailable(f"{target.executable} ended with {done.status}: {done.words}")
        return done.stdout.decode(errors="replace")

    def command(self, job: Job) -> tuple[str, ...]:
        """Give the command line of a job; see ``Engine.command``."""
        variables = {**self._variables(job.environment), **job.variables}
        python, *arguments = job.argv
        program = job.environment.python if python == "python" else python
        settings = (f"{name}={value}" for name, value in sorted(variables.items()))
        return ("env", "-C", str(job.study), "-i", *settings, program, *arguments)

    def cancel(self) -> None:
        """End all running jobs; see ``Engine.cancel``."""
        self._processes.cancel()

    def close(self) -> None:
        """Nothing is left behind: scratch folders go with their jobs."""

    def _run(self, job: Job, scratch: Path) -> Execution:
        for name in ("home", "tmp"):
            (scratch / name).mkdir()
        env = {
            **self._variables(job.environment),
            "HOME": str(scratch / "home"),
            "TMPDIR": str(scratch / "tmp"),
        }
        spec = specification(
            job,
            env=env,
            cwd=str(job.study),
            scratch=str(scratch),
            recorder=None if job.recorder is None else str(job.recorder),
            tracer=None if job.tracer is None else str(job.tracer),
        )
        interpreter = job.environment.target.executable
        argv = [interpreter, "-I", "-S", str(SUPERVISOR), spec]
        started = time.monotonic()
        limit = job.limits.timeout + _OUTSIDE
        try:
            done = self._processes.run(argv, env=self._plain(), timeout=limit, keep=64 << 20)
        except OSError as error:
            detail = f"cannot run {interpreter}: {error.strerror}"
            return lost(Cause.ENGINE_ERROR, detail, seconds=0.0, notes=())
        seconds = time.monotonic() - started
        found = execution(done.stdout, seconds=seconds, notes=(NOTE,))
        if found is not None:
            return found
        if done.cancelled:
            return lost(Cause.ENGINE_ERROR, "cancelled", seconds=seconds, notes=())
        detail = (
            f"the cell's supervisor ended with {done.status} and no report: {done.words[-500:]}"
        )
        return lost(Cause.KILLED, detail, seconds=seconds, notes=(NOTE,))

    def _variables(self, environment: Environment) -> dict[str, str]:
        return {**self._plain(), "PATH": f"{environment.home}/bin{os.pathsep}{self._path}"}

    def _plain(self) -> dict[str, str]:
        return {"PATH": self._path, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
