"""The platform of containers on this machine."""

from __future__ import annotations

import platform


def container_platform() -> str:
    """Give the platform as uv names it, with a glibc that every supported image has."""
    machine = platform.machine().lower()
    names = {"amd64": "x86_64", "arm64": "aarch64"}
    return f"{names.get(machine, machine)}-manylinux_2_28"
