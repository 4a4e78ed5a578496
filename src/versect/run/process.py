"""The only place that starts processes: bounded in time and output, killed as a whole tree."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_CHUNK = 1 << 16
_GRACE = 2.0
"""Seconds to wait for the pipes of a process that is dead: a stray child may hold them open."""
_POLITE = 1.0
"""Seconds between asking a process to end, so that it can end its own tree, and killing it."""
_DAY = 86400.0


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
        self._changed = threading.Condition()
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
            timed_out = not _ended(process, timeout)
            if timed_out:
                _ask_to_end(process)
                _ended(process, _POLITE)
            if timed_out or self._cancelled:
                _kill_group(process)
            process.wait()
            patience = time.monotonic() + _GRACE
            for thread in threads:
                thread.join(max(0.0, patience - time.monotonic()))
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
        """End every running process with its group; later calls to ``run`` die at once.

        Takes as long as the processes need to end their own trees, and at most a second.
        """
        with self._changed:
            self._cancelled = True
            for process in self._running:
                _ask_to_end(process)
            self._changed.wait_for(lambda: not self._running, _POLITE)
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
        with self._changed:
            self._running.add(process)
            if self._cancelled:
                _kill_group(process)
        try:
            yield process
        finally:
            if process.poll() is None:
                _kill_group(process)
                process.wait()
            with self._changed:
                self._running.discard(process)
                self._changed.notify_all()
            for pipe in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]  # all three are pipes


def attached(argv: Sequence[str], *, env: Mapping[str, str], stdout: int | None = None) -> int:
    """Run a process as a shell does: in this terminal, with this process's streams and group.

    An interrupt from the keyboard reaches the process, and this one waits for what it does.

    Args:
        argv: The program and its arguments.
        env: The whole environment of the process.
        stdout: The descriptor that it writes to; None for this process's standard output.

    Returns:
        Its exit status; a negative signal number when a signal ended it.

    Raises:
        OSError: There is no such program, or it may not be executed.

    """
    process = subprocess.Popen(argv, env=env, stdout=stdout)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def _ended(process: subprocess.Popen[bytes], timeout: float) -> bool:
    """Wait for the end of a process, at most ``timeout`` seconds; True when it has ended.

    Where the kernel can tell (Linux), without the pauses of up to 50 ms with which ``Popen.wait``
    looks again and again, and without reaping, so that its group can still be named.
    """
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):
            descriptor = os.pidfd_open(process.pid)
            try:
                poll = select.poll()
                poll.register(descriptor, select.POLLIN)
                return bool(poll.poll(1000 * min(timeout, _DAY)))
            finally:
                os.close(descriptor)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        return False
    return True


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, even a stopped one; a supervisor of cells then ends its whole tree."""
    for number in (signal.SIGTERM, signal.SIGCONT):
        _signal_group(process, number)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with everything that it started and that stayed in its session."""
    _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a process and its group; nothing happens once it has been reaped."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


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
