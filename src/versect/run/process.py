"""The only place that starts processes: bounded in time and output, killed as a whole tree."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_CHUNK = 1 << 16
_GRACE = 5.0
"""Seconds to wait for the pipes of a process that is dead: a stray child may hold them open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A process that has ended."""

    argv: tuple[str, ...]
    status: int
    """Exit status; a negative signal number when a signal ended it."""
    stdout: bytes
    """At most ``keep`` bytes, from the start."""
    stderr: bytes
    timed_out: bool
    cancelled: bool
    seconds: float

    @property
    def words(self) -> str:
        """What it said on stderr, or failing that on stdout, as text without outer blanks."""
        return (self.stderr.strip() or self.stdout.strip()).decode(errors="replace")


class Processes:
    """Starts processes and can end all that are running at once, from any thread."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._cancelled = False

    def run(  # noqa: PLR0913 - the options of a process, each with one meaning
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        timeout: float,
        keep: int = 16 << 20,
        cwd: Path | None = None,
        stdin: bytes = b"",
    ) -> Finished:
        """Run a process to its end, in a group of its own, both pipes drained side by side.

        Args:
            argv: The program and its arguments.
            env: The whole environment of the process; nothing is inherited.
            timeout: Seconds of wall-clock time, after which the whole group is killed.
            keep: Bytes kept of each stream; the rest is read and thrown away.
            cwd: Working directory.
            stdin: What the process reads.

        Raises:
            FileNotFoundError: There is no such program.
            PermissionError: It may not be executed.

        """
        started = time.monotonic()
        with self._started(argv, env, cwd) as process:
            out, err = bytearray(), bytearray()
            threads = [
                threading.Thread(target=_drain, args=(process.stdout, out, keep), daemon=True),
                threading.Thread(target=_drain, args=(process.stderr, err, keep), daemon=True),
                threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True),
            ]
            for thread in threads:
                thread.start()
            timed_out = False
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                timed_out = True
                _kill_group(process)
                process.wait()
            for thread in threads:
                thread.join(_GRACE)
        return Finished(
            argv=tuple(argv),
            status=process.returncode,
            stdout=bytes(out),
            stderr=bytes(err),
            timed_out=timed_out,
            cancelled=self._cancelled,
            seconds=time.monotonic() - started,
        )

    def cancel(self) -> None:
        """Kill every running process with its group; later calls to ``run`` die at once."""
        with self._lock:
            self._cancelled = True
            for process in self._running:
                _kill_group(process)

    @contextlib.contextmanager
    def _started(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None
    ) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
            if self._cancelled:
                _kill_group(process)
        try:
            yield process
        finally:
            with self._lock:
                self._running.discard(process)
            if process.poll() is None:
                _kill_group(process)
                process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]  # all three are pipes


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with everything that it started and that stayed in its session."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _drain(pipe: IO[bytes] | None, into: bytearray, keep: int) -> None:
    """Read a pipe to its end, keeping the first ``keep`` bytes."""
    if pipe is None:
        return
    with contextlib.suppress(ValueError, OSError):
        while chunk := os.read(pipe.fileno(), _CHUNK):
            into += chunk[: max(0, keep - len(into))]


def _feed(pipe: IO[bytes] | None, data: bytes) -> None:
    """Write what the process reads, and close its standard input."""
    if pipe is None:
        return
    with contextlib.suppress(OSError):
        pipe.write(data)
    with contextlib.suppress(OSError):
        pipe.close()
