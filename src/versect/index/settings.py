"""What uv's or pip's configuration says of indexes, in one form for both."""

from __future__ import annotations

from dataclasses import dataclass

from versect.index.location import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One tool's settings."""

    default: Source | None
    """None where nothing is said."""
    extra: tuple[Source, ...]
    """The first one said first."""
    find_links: tuple[Source, ...]
    no_index: bool
    """Whether all indexes are switched off."""
    offline: bool
    strategy: str
    """uv's ``index-strategy``; empty where nothing is said."""
    network: tuple[tuple[str, object], ...]
    """uv's settings of how the network is reached, for another configuration file of uv's."""

    @property
    def says_where(self) -> bool:
        """Whether anything is said of where releases come from."""
        return bool(self.default or self.extra or self.find_links or self.no_index)


def true(value: object) -> bool:
    """Read a switch as pip and uv do: ``1``, ``true``, ``yes`` and ``on`` are on."""
    return str(value).strip().lower() in {"1", "true", "yes", "y", "t", "on"}
