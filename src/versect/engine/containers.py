"""Cells as containers of docker or podman."""

from __future__ import annotations

import itertools
import secrets
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
_CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"
_CLIENT_FAILED: Final = 125
"""Exit status with which the client says that the engine could not run the container."""


class ContainerEngine:
    """Runs cells as containers; see ``Engine``. Made by ``connect``."""

    home: Final = oci.HOME

    def __init__(self, program: str, images: Images, client: Mapping[str, str]) -> None:
        self._program = program
        self._images = images
        self._client = dict(client)
        self._processes = Processes()
        self._run_id = secrets.token_hex(6)
        self._numbers = itertools.count()
        self._owner = owner.mine()
        self._notes: tuple[str, ...] = ()
        self._build_network = "bridge"
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
        images = Images(
            program,
            environment=environment,
            client=client,
            interpreter=interpreter,
            remedy=remedy,
            memory=memory,
            processes=Processes(),
            say=say,
        )
        engine = cls(program, images, client)
        engine._build_network = environment.get("VERSECT_BUILD_NETWORK", engine._build_network)
        engine._check_version()
        engine._notes = engine._missing_limits()
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
        return self._execution(job, done, oci.state(asked.stdout), seconds)

    def trusted(self, target: Target, argv: Sequence[str], folder: Path) -> str:
        """Run versect's own code in a container; see ``Engine.trusted``."""
        status = folder.stat()
        words = (
            *(self._program, "run", "--rm", "--network", "none", "--read-only"),
            *("--label", f"{oci.RUN_LABEL}={self._run_id}"),
            *("--label", f"{oci.OWNER_LABEL}={self._owner}"),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
            *("--security-opt", "label=disable", "--user", f"{status.st_uid}:{status.st_gid}"),
            *("--tmpfs", f"{oci.SCRATCH}:rw,size=64m,mode=1777"),
            *("--mount", oci.mount(str(folder), str(folder)).removesuffix(",readonly")),
            target.image or "",
            *(target.executable, *argv),
        )
        done = self._processes.run(words, env=self._client, timeout=_TRUSTED)
        if done.status != 0:
            raise EngineUnavailable(
                f"{self._program} could not run versect's own code: {done.words[-500:]}",
                remedy="check the engine, for example with 'docker run --rm hello-world'",
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
        words = (
            *(self._program, "run", "--rm", "--network", self._build_network, "--read-only"),
            *("--label", f"{oci.RUN_LABEL}={self._run_id}"),
            *("--label", f"{oci.OWNER_LABEL}={self._owner}"),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--init"),
            *("--security-opt", "label=disable", "--pids-limit", "512", "--memory", "4g"),
            *("--user", f"{folder.stat().st_uid}:{folder.stat().st_gid}", "--workdir", str(folder)),
            *("--tmpfs", f"{oci.SCRATCH}:rw,exec,size=2g,mode=1777"),
            *("--mount", oci.mount(str(folder), str(folder)).removesuffix(",readonly")),
            *("--env", f"HOME={oci.SCRATCH}", "--env", "SSL_CERT_FILE=" + _CERTIFICATES),
            target.image or "",
            *argv,
        )
        done = self._processes.run(words, env=self._client, timeout=_TRUSTED)
        return (1 if done.timed_out else done.status), done.words

    def command(self, job: Job) -> tuple[str, ...]:
        """Give the command line of a job; see ``Engine.command``."""
        return oci.plain_argv(job, self._program)

    def cancel(self) -> None:
        """Kill the containers of this engine; see ``Engine.cancel``."""
        self._processes.cancel()
        self._remove_all(f"{oci.RUN_LABEL}={self._run_id}")

    def close(self) -> None:
        """Wait for the removal of ended containers; see ``Engine.close``."""
        if not self._closed.is_set():
            self._closed.set()
            self._removing.shutdown(wait=True)

    def _cell(self, job: Job, name: str, limit: float) -> tuple[str, ...]:
        spec = specification(
            job,
            env=oci.variables(job),
            cwd=oci.STUDY,
            scratch=oci.SCRATCH,
            recorder=None if job.recorder is None else oci.RECORDER,
        )
        labels = {
            oci.RUN_LABEL: self._run_id,
            oci.OWNER_LABEL: self._owner,
            oci.DEADLINE_LABEL: str(int(time.time() + limit + _OUTSIDE)),
        }
        interpreter = job.environment.target.executable
        words = (interpreter, "-I", "-S", oci.SUPERVISOR, spec)
        return oci.cell_argv(
            job, words, program=self._program, name=name, labels=labels, supervisor=SUPERVISOR
        )

    def _execution(
        self, job: Job, done: Finished, state: oci.State | None, seconds: float
    ) -> Execution:
        """Put together what the supervisor reported and what the engine says."""
        found = execution(done.stdout, seconds=seconds, notes=self._notes)
        if state is not None and state.out_of_memory:
            status = found.ending.status if found and isinstance(found.ending, Exited) else None
            ending = OutOfMemory(limit=job.limits.memory, status=status)
            base = found or lost(Cause.OUT_OF_MEMORY, "", seconds=seconds, notes=self._notes)
            return replace(base, ending=ending)
        if found is not None:
            return found
        if done.timed_out:
            base = lost(Cause.TIMEOUT, "", seconds=seconds, notes=self._notes)
            return replace(base, ending=TimedOut(limit=job.limits.timeout))
        if done.cancelled:
            return lost(Cause.ENGINE_ERROR, "cancelled", seconds=seconds, notes=self._notes)
        if state is None or state.error or done.status == _CLIENT_FAILED:
            words = (state.error if state else "") or done.words[-1000:]
            detail = f"{self._program} could not run the cell: {words}"
            return lost(Cause.ENGINE_ERROR, detail, seconds=seconds, notes=self._notes)
        detail = f"the cell ended with status {state.status} and no report: something killed it"
        return lost(Cause.KILLED, detail, seconds=seconds, notes=self._notes)

    def _check_version(self) -> None:
        side = "Server" if self._program == "docker" else "Client"
        argv = [self._program, "version", "--format", f"{{{{.{side}.Version}}}}"]
        try:
            done = self._processes.run(argv, env=self._client, timeout=_ANSWER)
        except OSError as error:
            raise EngineUnavailable(
                f"{self._program} is not installed", remedy="install docker or podman"
            ) from error
        version = oci.version(done.stdout)
        if done.status != 0 or version is None:
            words = done.words.splitlines()[-1] if done.words else f"no answer in {_ANSWER:g} s"
            raise EngineUnavailable(
                f"{self._program} does not answer: {words}",
                remedy='start it; in a checkout on Debian: eval "$(sh docker/engine-up)"',
            )
        oldest = oci.OLDEST[self._program]
        if version < oldest:
            raise EngineUnavailable(
                f"{self._program} {version[0]}.{version[1]} is too old",
                remedy=f"versect needs {self._program} {oldest[0]}.{oldest[1]} or later",
            )

    def _missing_limits(self) -> tuple[str, ...]:
        """Ask which limits the engine silently ignores, so that nobody relies on them."""
        if self._program == "docker":
            names = {"memory": ".MemoryLimit", "processes": ".PidsLimit", "cpus": ".CPUCfsQuota"}
            form = " ".join(f"{{{{{field}}}}}" for field in names.values())
            answer = self._client_run("info", "--format", form).stdout.decode().split()
            missing = [name for name, held in zip(names, answer, strict=False) if held == "false"]
        else:
            form = "{{.Host.Security.Rootless}} {{.Host.CgroupsVersion}}"
            answer = self._client_run("info", "--format", form).stdout.decode().split()
            missing = ["memory", "processes", "cpus"] if answer == ["true", "v1"] else []
        if not missing:
            return ()
        return (f"{self._program} ignores the limits of {', '.join(missing)} on this machine",)

    def _reap(self) -> None:
        """Remove containers whose harness has died; those of other live runs are left alone."""
        form = f'{{{{.ID}}}} {{{{.Label "{oci.OWNER_LABEL}"}}}}'
        listed = self._client_run(
            "ps", "--all", "--filter", f"label={oci.RUN_LABEL}", "--format", form
        )
        for line in listed.stdout.decode(errors="replace").splitlines():
            container, _, belongs_to = line.partition(" ")
            if owner.is_gone(belongs_to):
                self._client_run("rm", "--force", "--volumes", container)

    def _remove(self, name: str) -> None:
        if not self._closed.is_set():
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
