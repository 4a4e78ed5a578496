"""Facts about an interpreter, asked of itself: the code that asks and what its answer means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

CODE: Final = (
    "import sys, json, platform, importlib.util as u; print(json.dumps({"
    "'version': '.'.join(map(str, sys.version_info[:3])), "
    "'implementation': sys.implementation.name + "
    "('t' if 't' in getattr(sys, 'abiflags', '') else ''), 'executable': sys.executable, "
    "'base': getattr(sys, '_base_executable', sys.executable), "
    "'magic': u.MAGIC_NUMBER.hex(), 'cache_tag': sys.implementation.cache_tag, "
    "'system': sys.platform, 'machine': platform.machine(), 'libc': platform.libc_ver()}))"
)
"""Printed by ``python -I -S -c CODE``; runs on any Python 3."""

_OLDEST_MANYLINUX: Final = 17
_NEWEST_MANYLINUX: Final = 40
"""glibc 2.17 to 2.40 are the names that uv knows (``manylinux_2_17`` ... ``manylinux_2_40``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an interpreter says of itself."""

    version: str
    implementation: str
    """``cpython``; ``cpythont`` for the free-threaded build, which takes other wheels."""
    executable: str
    """The interpreter behind a virtual environment, where there is one."""
    magic: str
    cache_tag: str
    system: str
    machine: str
    libc: tuple[str, str]

    @property
    def python(self) -> str:
        """``major.minor``."""
        return ".".join(self.version.split(".")[:2])

    @property
    def is_cpython(self) -> bool:
        """Whether it is the reference implementation, built as usual."""
        return self.implementation == "cpython"

    @property
    def platform(self) -> str | None:
        """The platform as uv names it: ``x86_64-manylinux_2_36``; None where it has none."""
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(self.machine, self.machine)
        name, version = self.libc
        if self.system != "linux" or name != "glibc":
            return None
        minor = min(int(version.split(".")[1]), _NEWEST_MANYLINUX)
        return f"{machine}-manylinux_2_{minor}" if minor >= _OLDEST_MANYLINUX else None


def facts(answer: bytes) -> Facts | None:
    """Read an interpreter's answer; None when it is none, as a refusing shim's is."""
    try:
        document = json.loads(answer)
        return Facts(
            version=document["version"],
            implementation=document["implementation"],
            executable=document["base"] or document["executable"],
            magic=document["magic"],
            cache_tag=document["cache_tag"],
            system=document["system"],
            machine=document["machine"],
            libc=tuple(document["libc"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
