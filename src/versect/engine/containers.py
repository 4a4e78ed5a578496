"""Cells as containers of docker or podman."""

from __future__ import annotations

import contextlib
import itertools
import resource
import secrets
import shlex
import stat
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from versect.engine import oci, owner
from versect.engine.images import Find, Images
from versect.engine.interface import Execution, Job
from versect.engine.platforms import container_platform
from versect.engine.supervised import SUPERVISOR, execution, lost, specification
from versect.engine.traits import Traits, traits
from versect.errors import EngineUnavailable
from versect.model.environment import Target
from versect.model.outcome import Cause
from versect.model.trial import Exited, NotRun, OutOfMemory, TimedOut
from versect.run.process import Finished, Processes

_ANSWER: Final = 10.0
"""Seconds that an engine may take to say its version."""
_OUTSIDE: Final = 20.0
"""Seconds beyond a cell's limit after which the harness itself kills the container."""
_CLIENT: Final = 60.0
_TRUSTED: Final = 900.0
_GIVEN_UP: Final = 120.0
"""Seconds beyond its limit after which no living harness can still want a container."""
_CLIENT_FAILED: Final = 125
"""Exit status with which the client says that the engine could not run the container."""


class ContainerEngine:
    """Runs cells as containers; see ``Engine``. Made by ``connect``."""

    home: Final = oci.HOME

    def __init__(
        self,
        engine_traits: Traits,
        images: Images,
        client: Mapping[str, str],
        processes: Processes,
        *,
        build_network: str,
    ) -> None:
        self._traits = engine_traits
        self._program = engine_traits.program
        self._images = images
        self._client = dict(client)
        self._processes = processes
        self._build_network = build_network
        self._run_id = secrets.token_hex(6)
        self._numbers = itertools.count()
        self._owner = owner.mine()
        self._removing = ThreadPoolExecutor(2, thread_name_prefix="versect-remove")
        self._closed = threading.Event()

    @classmethod
    def connect(  # noqa: PLR0913 - what images need
        cls,
        program: str,
        *,
        environment: Mapping[str, str],
        interpreter: Find,
        remedy: Callable[[str], str],
        memory: Path,
        say: Callable[[str], None],
    ) -> Self:
        """Connect to an engine, and remove what dead harnesses left there.

        Raises:
            EngineUnavailable: It is not installed, does not answer, or is too old.

        """
        client = oci.environment(environment)
        processes = Processes()
        _check_version(program, client, processes)
        answer = processes.run(
            [program, "info", "--format", "{{json .}}"], env=client, timeout=_CLIENT
        )
        engine_traits = traits(program, answer.stdout, hard=hard_limits())
        images = Images(
            engine_traits,
            environment=environment,
            client=client,
            interpreter=interpreter,
            remedy=remedy,
            memory=memory,
            processes=processes,
            say=say,
        )
        network = environment.get("VERSECT_BUILD_NETWORK", "bridge")
        engine = cls(engine_traits, images, client, processes, build_network=network)
        engine._reap()
        return engine

    @property
    def name(self) -> str:
        """``docker`` or ``podman``."""
        return self._program

    @property
    def platform(self) -> str:
        """The platform of its cells; see ``Engine.platform``."""
        return container_platform()

    def target(self, python: str) -> Target | NotRun:
        """Give the interpreter of an image; see ``Engine.target``."""
        return self._images.target(python)

    def run(self, job: Job) -> Execution:
        """Run one job in a container of its own; see ``Engine.run``."""
        done, state, seconds = self._attempt(job)
        if self._traits.ipv6 and state is not None and "disable_ipv6" in state.error:
            # A kernel without IPv6 has no such setting, and no such address to want.
            self._traits = replace(self._traits, ipv6=False)
            done, state, seconds = self._attempt(job)
        return self._execution(job, done, state, seconds)

    def trusted(self, target: Target, argv: Sequence[str], folder: Path) -> str:
        """Run versect's own code in a container; see ``Engine.trusted``."""
        words = oci.trusted_argv(
            (target.executable, *argv),
            image=target.image or "",
            traits=self._traits,
            labels=self._labels(_TRUSTED),
            folder=folder,
            user=_user(folder),
        )
        done = self._processes.run(words, env=self._client, timeout=_TRUSTED)
        if done.status != 0:
            raise EngineUnavailable(
                f"{self._program} could not run versect's own code: {done.words[-500:]}",
                remedy=f"check the engine, for example with '{self._program} run --rm hello-world'",
            )
        return done.stdout.decode(errors="replace")

    def build(self, python: str, argv: Sequence[str], folder: Path) -> tuple[int, str]:
        """Run the build of a source archive: somebody's code, with the network, and nothing else.

        Args:
            python: ``major.minor``.
            argv: What runs; all of its files lie in ``folder``.
            folder: The only writable place, at the same path as here.

        Returns:
            The exit status and what was said.

        """
        target = self.target(python)
        if isinstance(target, NotRun):
            return _CLIENT_FAILED, target.detail
        words = oci.build_argv(
            argv,
            image=target.image or "",
            traits=self._traits,
            labels=self._labels(_TRUSTED),
            folder=folder,
            user=_user(folder),
            network=self._build_network,
        )
        done = self._processes.run(words, env=self._client, timeout=_TRUSTED)
        return (1 if done.timed_out else done.status), done.words

    def command(self, job: Job) -> tuple[str, ...]:
        """Give the command line of a job; see ``Engine.command``."""
        return oci.plain_argv(job, self._traits)

    def cancel(self) -> None:
        """Kill the containers of this engine; see ``Engine.cancel``."""
        self._processes.cancel()
        self._remove_all(f"{oci.RUN_LABEL}={self._run_id}")

    def close(self) -> None:
        """Wait for the removal of ended containers; see ``Engine.close``."""
        if not self._closed.is_set():
            self._closed.set()
            self._removing.shutdown(wait=True)

    def _attempt(self, job: Job) -> tuple[Finished, oci.State | None, float]:
        """Run a job's container; give the client's end, the container's, and the seconds."""
        name = f"versect-{self._run_id}-{next(self._numbers)}"
        limit = job.limits.timeout + _OUTSIDE
        argv = self._cell(job, name, limit)
        started = time.monotonic()
        try:
            done = self._processes.run(argv, env=self._client, timeout=limit, keep=64 << 20)
            if done.timed_out:
                self._client_run("kill", name)
            seconds = time.monotonic() - started
            asked = self._client_run("inspect", "--format", "{{json .State}}", name)
        finally:
            self._remove(name)
        return done, oci.state(asked.stdout), seconds

    def _cell(self, job: Job, name: str, limit: float) -> tuple[str, ...]:
        spec = specification(
            job,
            env=oci.variables(job),
            cwd=oci.STUDY,
            scratch=oci.SCRATCH,
            recorder=None if job.recorder is None else oci.RECORDER,
            tracer=None if job.tracer is None else oci.TRACER,
        )
        interpreter = job.environment.target.executable
        return oci.cell_argv(
            job,
            (interpreter, "-I", "-S", oci.SUPERVISOR, spec),
            traits=self._traits,
            name=name,
            labels=self._labels(limit),
            supervisor=SUPERVISOR,
        )

    def _labels(self, limit: float) -> dict[str, str]:
        return {
            oci.RUN_LABEL: self._run_id,
            oci.OWNER_LABEL: self._owner,
            oci.DEADLINE_LABEL: str(int(time.time() + limit + _GIVEN_UP)),
        }

    def _execution(
        self, job: Job, done: Finished, state: oci.State | None, seconds: float
    ) -> Execution:
        """Put together what the supervisor reported and what the engine says."""
        closed = _closed_to_others(job)
        notes = (*self._traits.notes, *closed)
        found = execution(done.stdout, seconds=seconds, notes=notes)
        if state is not None and state.out_of_memory:
            status = found.ending.status if found and isinstance(found.ending, Exited) else None
            ending = OutOfMemory(limit=job.limits.memory, status=status)
            base = found or lost(Cause.OUT_OF_MEMORY, "", seconds=seconds, notes=notes)
            return replace(base, ending=ending)
        if found is not None:
            refused = lost(Cause.ENGINE_ERROR, "".join(closed), seconds=seconds, notes=notes)
            return refused if closed and _was_refused(found) else found
        if done.timed_out:
            base = lost(Cause.TIMEOUT, "", seconds=seconds, notes=notes)
            return replace(base, ending=TimedOut(limit=job.limits.timeout))
        if done.cancelled:
            return lost(Cause.ENGINE_ERROR, "cancelled", seconds=seconds, notes=notes)
        if state is None or state.error or done.status == _CLIENT_FAILED:
            words = (state.error if state else "") or done.words[-1000:]
            detail = f"{self._program} could not run the cell: {words}"
            return lost(Cause.ENGINE_ERROR, detail, seconds=seconds, notes=notes)
        detail = f"the cell ended with status {state.status} and no report: something killed it"
        return lost(Cause.KILLED, detail, seconds=seconds, notes=notes)

    def _reap(self) -> None:
        """Remove containers whose harness has died; those of other live runs are left alone."""
        labels = " ".join(f'{{{{.Label "{n}"}}}}' for n in (oci.OWNER_LABEL, oci.DEADLINE_LABEL))
        listed = self._client_run(
            *("ps", "--all", "--filter", f"label={oci.RUN_LABEL}"),
            *("--format", f"{{{{.ID}}}} {labels}"),
        )
        now = time.time()
        left = []
        for line in listed.stdout.decode(errors="replace").splitlines():
            container, belongs_to, deadline = (*line.split(" "), "", "", "")[:3]
            if owner.is_gone(belongs_to) or owner.is_overdue(deadline, now):
                left.append(container)
        if left:
            self._client_run("rm", "--force", "--volumes", *left)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(RuntimeError):  # closed already; the next start removes it
            self._removing.submit(self._client_run, "rm", "--force", "--volumes", name)

    def _remove_all(self, label: str) -> None:
        processes = Processes()
        listed = processes.run(
            [self._program, "ps", "--all", "--quiet", "--filter", f"label={label}"],
            env=self._client,
            timeout=_CLIENT,
        )
        containers = listed.stdout.decode().split()
        if containers:
            argv = [self._program, "rm", "--force", "--volumes", *containers]
            processes.run(argv, env=self._client, timeout=_CLIENT)

    def _client_run(self, *words: str) -> Finished:
        """Run the client for itself: cancelling cells does not cancel looking after them."""
        return Processes().run([self._program, *words], env=self._client, timeout=_CLIENT)


def _check_version(program: str, client: Mapping[str, str], processes: Processes) -> None:
    side = "Server" if program == "docker" else "Client"
    argv = [program, "version", "--format", f"{{{{.{side}.Version}}}}"]
    try:
        done = processes.run(argv, env=client, timeout=_ANSWER)
    except OSError as error:
        raise EngineUnavailable(
            f"{program} is not installed", remedy="install docker or podman"
        ) from error
    version = oci.version(done.stdout)
    if done.status != 0 or version is None:
        words = done.words.splitlines()[-1] if done.words else f"no answer in {_ANSWER:g} s"
        raise EngineUnavailable(
            f"{program} does not answer: {words}",
            remedy='start it; in a checkout on Debian: eval "$(sh docker/engine-up)"',
        )
    oldest = oci.OLDEST[program]
    if version < oldest:
        raise EngineUnavailable(
            f"{program} {version[0]}.{version[1]} is too old",
            remedy=f"versect needs {program} {oldest[0]}.{oldest[1]} or later",
        )


def hard_limits() -> dict[str, int | None]:
    """Give this machine's hard limits of open files and processes; None for none."""
    kinds = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
    limits = {name: resource.getrlimit(kind)[1] for name, kind in kinds.items()}
    return {n: None if limit == resource.RLIM_INFINITY else limit for n, limit in limits.items()}


def _user(folder: Path) -> str:
    status = folder.stat()
    return f"{status.st_uid}:{status.st_gid}"


def _closed_to_others(job: Job) -> tuple[str, ...]:
    """Say what of a study cannot be read by the ordinary user that cells run as."""
    for path in (job.study, *(job.study / word for word in job.argv if word[:1] != "/")):
        needed = stat.S_IROTH | (stat.S_IXOTH if path == job.study else 0)
        with contextlib.suppress(OSError):  # not every word of a command is a file
            if path.stat().st_mode & needed != needed:
                remedy = f"chmod -R o+rX {shlex.quote(str(job.study))}"
                return (f"cells run as an ordinary user, and {path} is closed to others: {remedy}",)
    return ()


def _was_refused(found: Execution) -> bool:
    """Whether a cell ended for want of a permission, before its program began or in it."""
    words = found.ending.detail if isinstance(found.ending, NotRun) else found.stderr.text
    return "Permission denied" in words
