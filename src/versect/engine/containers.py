"""Placeholder until the container engine is in place."""

from __future__ import annotations

from typing import Any

from versect.errors import EngineUnavailable


class ContainerEngine:
    """Not there yet."""

    @classmethod
    def connect(cls, program: str, **_: Any) -> Any:
        """Refuse."""
        raise EngineUnavailable(f"{program} is not supported yet")
