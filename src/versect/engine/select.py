"""Which engine runs the cells: the one asked for, or the best that answers, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from versect.engine.interface import Engine
from versect.errors import EngineUnavailable


class EngineName(StrEnum):
    """Engines as users name them."""

    AUTO = "auto"
    DOCKER = "docker"
    PODMAN = "podman"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An engine, and why it is this one."""

    engine: Engine
    reason: str


def choose(wanted: EngineName, makers: Mapping[EngineName, Callable[[], Engine]]) -> Choice:
    """Make the engine that is wanted.

    Args:
        wanted: What was asked for; AUTO takes docker, podman or local, the first that answers.
        makers: Makes each engine, or raises EngineUnavailable.

    Raises:
        EngineUnavailable: An engine was asked for by name and does not answer.

    """
    if wanted is not EngineName.AUTO:
        return Choice(engine=makers[wanted](), reason="as asked")
    refusals = []
    for name in (EngineName.DOCKER, EngineName.PODMAN):
        try:
            return Choice(engine=makers[name](), reason="the first container engine that answers")
        except EngineUnavailable as error:
            refusals.append(f"{name}: {error}")
    reason = f"no container engine answers ({'; '.join(refusals)})"
    return Choice(engine=makers[EngineName.LOCAL](), reason=reason)
