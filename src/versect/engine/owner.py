"""Who a container belongs to, and whether that harness still lives."""

from __future__ import annotations

import os
from pathlib import Path

_UNKNOWN = "unknown"


def mine() -> str:
    """Name this process so that nobody else is ever called the same.

    The boot, the process namespace, the number and the start: a harness in a container may share
    its engine, its host name and its number with one outside.
    """
    pid = os.getpid()
    return f"{_where()}:{pid}:{_started(pid)}"


def is_gone(owner: str) -> bool:
    """Whether a process that can be seen from here has ended; of others, nobody knows."""
    where, _, rest = owner.rpartition(":")[0].rpartition(":")
    started = owner.rpartition(":")[2]
    if where != _where() or _UNKNOWN in where or not rest.isdigit():
        return False
    return _started(int(rest)) != started


def is_overdue(deadline: str, now: float) -> bool:
    """Whether a container outlived its deadline (Unix seconds), which a living harness keeps."""
    return deadline.isdigit() and now > int(deadline)


def _where() -> str:
    """Name the place in which process numbers mean the same: one boot, one namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return _UNKNOWN


def _started(pid: int) -> str:
    """Give when a process started, in ticks since the boot."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return "gone"
    return "gone" if fields[0] in {"Z", "X"} else fields[19]  # dead, and nobody has asked yet
