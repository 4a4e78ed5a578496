"""A stored explanation as the page shows it: the lines that make the difference (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """A line of a unified diff."""

    look: str
    """``added``, ``removed``, ``hunk``, ``file`` or empty for what is as before."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What ``versect explain`` found."""

    headline: str
    places: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    """Names and addresses; shown as text, since a page asks no network for anything."""
    diff: tuple[DiffLine, ...]
    trials: int


def explanation_of(document: Mapping[str, Any]) -> Explanation:
    """Make an explanation of an ``explanation.json``.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: It is none that this version wrote.

    """
    names = ("changelog", "source", "comparison")
    return Explanation(
        headline=document["headline"],
        places=tuple(f"{row['file']}:{row['new'][0]}" for row in document["minimal"]),
        links=tuple((name, document[name]) for name in names if document.get(name)),
        diff=tuple(DiffLine(look=_look(line), text=line) for line in document["diff"].splitlines()),
        trials=int(document["trials"]),
    )


def _look(line: str) -> str:
    if line.startswith(("--- ", "+++ ", "diff ")):
        return "file"
    return {"@": "hunk", "+": "added", "-": "removed"}.get(line[:1], "")
