"""The commands that install what is missing, for the system at hand (pure)."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final


class System(Enum):
    """Families of systems that are told apart."""

    DEBIAN = auto()
    FEDORA = auto()
    MACOS = auto()
    OTHER = auto()


class Thing(Enum):
    """What may be missing."""

    DOCKER = auto()
    PODMAN = auto()
    START_DOCKER = auto()
    START_PODMAN = auto()
    UV = auto()
    PYTHON = auto()


_COMMANDS: Final[dict[Thing, dict[System, tuple[str, ...]]]] = {
    Thing.DOCKER: {
        System.DEBIAN: ("sudo apt-get install -y docker.io", "sudo usermod -aG docker $USER"),
        System.FEDORA: (
            "sudo dnf install -y moby-engine",
            "sudo systemctl enable --now docker",
            "sudo usermod -aG docker $USER",
        ),
        System.MACOS: ("brew install --cask docker", "open -a Docker"),
        System.OTHER: ("install docker 20.10 or later",),
    },
    Thing.PODMAN: {
        System.DEBIAN: ("sudo apt-get install -y podman",),
        System.FEDORA: ("sudo dnf install -y podman",),
        System.MACOS: ("brew install podman", "podman machine init", "podman machine start"),
        System.OTHER: ("install podman 4 or later",),
    },
    Thing.START_DOCKER: {
        System.MACOS: ("open -a Docker",),
        System.OTHER: ("sudo systemctl start docker",),
    },
    Thing.START_PODMAN: {
        System.MACOS: ("podman machine start",),
        System.OTHER: ("podman info",),
    },
    Thing.UV: {System.OTHER: ("python3 -m pip install --upgrade uv",)},
    Thing.PYTHON: {System.OTHER: ("uv python install 3.11 3.12 3.13",)},
}


def system(platform: str, os_release: str) -> System:
    """Tell the system by ``sys.platform`` and the text of ``/etc/os-release``."""
    if platform == "darwin":
        return System.MACOS
    names = re.findall(r'^(?:ID|ID_LIKE)="?([^"\n]*)', os_release, re.MULTILINE)
    words = set(" ".join(names).split())
    if words & {"debian", "ubuntu"}:
        return System.DEBIAN
    return System.FEDORA if words & {"fedora", "rhel", "centos"} else System.OTHER


def how_to_install(thing: Thing, on: System, *, root: bool) -> tuple[str, ...]:
    """Give the commands for a thing, one a line.

    Args:
        thing: What is missing.
        on: The system.
        root: Whether the user is root already, and ``sudo`` may not even be there.

    """
    table = _COMMANDS[thing]
    commands = table.get(on) or table[System.OTHER]
    if not root:
        return commands
    return tuple(c.removeprefix("sudo ") for c in commands if "usermod" not in c)
