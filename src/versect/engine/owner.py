"""Who a container belongs to, and whether that harness still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def mine() -> str:
    """Name this process so that nobody else is ever called the same: host, number, start."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def is_gone(owner: str) -> bool:
    """Whether a process of this machine named so has ended; of other machines, nobody knows."""
    host, _, rest = owner.rpartition(":")[0].rpartition(":")
    started = owner.rpartition(":")[2]
    if host != socket.gethostname() or not rest.isdigit():
        return False
    return _started(int(rest)) != started


def _started(pid: int) -> str:
    """Give when a process started, in ticks since the boot, or 0 where nobody can say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return "gone" if Path("/proc/self/stat").exists() else "0"
    return "gone" if fields[0] in {"Z", "X"} else fields[19]  # dead, and nobody has asked yet
