"""What an engine on this machine can hold its cells to, read from what it says of itself (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

FILES: Final = 4096
PROCESSES: Final = 16384
"""Open files of a cell, and processes of all cells together, where they must be said: podman asks
for more than a machine may allow, and then starts nothing. A cell's own limit is another one."""
_CONTROLLERS: Final = {"memory": "memory", "processes": "pids", "cpus": "cpu"}
_FIELDS: Final = {"memory": "MemoryLimit", "processes": "PidsLimit", "cpus": "CpuCfsQuota"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What command lines for one engine depend on."""

    program: str
    """``docker`` or ``podman``."""
    rootless: bool
    """Whether its containers' root is an ordinary user here."""
    cpus: float | None
    """Processors that it has; None when it does not say."""
    ignored: frozenset[str]
    """Limits that it cannot hold: some of ``memory``, ``processes`` and ``cpus``."""
    ulimits: tuple[str, ...]
    """Limits that must be said, since its defaults may be above what this machine allows."""
    ipv6: bool
    """Whether the loopback's IPv6 address must be switched on."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What every reader of an execution must know."""
        if not self.ignored:
            return ()
        limits = ", ".join(sorted(self.ignored))
        return (f"{self.program} cannot hold the limits of {limits} on this machine",)


def traits(program: str, answer: bytes, *, hard: Mapping[str, int | None]) -> Traits:
    """Read ``info --format '{{json .}}'``.

    Args:
        program: ``docker`` or ``podman``.
        answer: What it printed; of an answer that is none, nothing is assumed.
        hard: This machine's hard limits of ``nofile`` and ``nproc``; None for no limit.

    """
    try:
        document = json.loads(answer)
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    return _podman(document, hard) if program == "podman" else _docker(document)


def _docker(document: Mapping[str, Any]) -> Traits:
    options = document.get("SecurityOptions") or ()
    return Traits(
        program="docker",
        rootless=any("name=rootless" in str(option) for option in options),
        cpus=_positive(document.get("NCPU")),
        ignored=frozenset(n for n, field in _FIELDS.items() if document.get(field) is False),
        ulimits=(),
        # Docker switches it off where there is no network; podman leaves it on.
        ipv6=True,
    )


def _podman(document: Mapping[str, Any], hard: Mapping[str, int | None]) -> Traits:
    host = document.get("host") or {}
    rootless = bool((host.get("security") or {}).get("rootless"))
    held = host.get("cgroupControllers")
    ignored = frozenset[str]()
    if rootless and (held is not None or host.get("cgroupVersion") == "v1"):
        # On control groups of version 1 a rootless podman takes every limit and holds none.
        usable = () if host.get("cgroupVersion") == "v1" else held or ()
        ignored = frozenset(n for n, name in _CONTROLLERS.items() if name not in usable)
    files, processes = _at_most(FILES, hard["nofile"]), _at_most(PROCESSES, hard["nproc"])
    return Traits(
        program="podman",
        rootless=rootless,
        cpus=_positive(host.get("cpus")),
        ignored=ignored,
        ulimits=(f"nofile={files}:{files}", f"nproc={processes}:{processes}"),
        ipv6=False,
    )


def _at_most(wanted: int, hard: int | None) -> int:
    return wanted if hard is None else min(wanted, hard)


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None
