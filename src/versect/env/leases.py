"""Who uses which environment: so that nothing is removed under a running process.

Both kinds of lock are the kernel's (``flock``): they end with their process, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from versect.env import disk

_GATE: Final = "gate"
_AGAIN: Final = 0.05


class BusyError(Exception):
    """Environments are being built; nothing can be removed now."""


class Leases:
    """The leases of this process, and the gate between those who build and those who remove.

    Each process that uses environments has one file, locked for as long as it lives, with the
    key of an environment on each line.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: int | None = None
        self._taken: set[str] = set()
        self._guard = threading.Lock()

    @contextmanager
    def using(self, key: str) -> Iterator[None]:
        """Lease an environment until this process ends; inside, nothing is being removed.

        Raises:
            OSError: The folder cannot be written to.

        """
        self._folder.mkdir(parents=True, exist_ok=True)
        gate = _opened(self._folder / _GATE)
        try:
            fcntl.flock(gate, fcntl.LOCK_SH)
            self._lease(key)
            yield
        finally:
            os.close(gate)

    @contextmanager
    def removing(self, patience: float) -> Iterator[frozenset[str]]:
        """Give the keys that other processes use; inside, nobody builds.

        Args:
            patience: Seconds to wait for builds that are under way.

        Raises:
            BusyError: They took longer.
            OSError: The folder cannot be written to.

        """
        self._folder.mkdir(parents=True, exist_ok=True)
        gate = _opened(self._folder / _GATE)
        try:
            deadline = time.monotonic() + patience
            while not _locked(gate):
                if time.monotonic() > deadline:
                    raise BusyError
                time.sleep(_AGAIN)
            yield frozenset(self._leased())
        finally:
            os.close(gate)

    def close(self) -> None:
        """Give up all leases. May be called twice."""
        with self._guard:
            if self._mine is not None:
                os.close(self._mine)
            self._mine = None
            self._taken.clear()

    def _lease(self, key: str) -> None:
        with self._guard:
            if self._mine is None:
                self._mine = _opened(self._folder / f"{os.getpid()}-{secrets.token_hex(6)}.lease")
                fcntl.flock(self._mine, fcntl.LOCK_EX)
            if key not in self._taken:
                os.write(self._mine, f"{key}\n".encode())
                self._taken.add(key)

    def _leased(self) -> Iterator[str]:
        """Give the keys of living processes, and forget the dead."""
        for path in self._folder.glob("*.lease"):
            descriptor = _opened(path)
            try:
                if _locked(descriptor):
                    disk.remove(path)
                else:
                    yield from path.read_text(encoding="utf-8").splitlines()
            finally:
                os.close(descriptor)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
