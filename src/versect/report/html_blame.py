"""A stored comparison as the page shows it (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from versect.report.html_bisection import Asked, asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A project that two sides hold at different releases; empty for not installed."""

    project: str
    good: str
    bad: str
    guilty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What ``versect blame`` found."""

    verdict: str
    headline: str
    sentences: tuple[str, ...]
    advice: str
    good: str
    bad: str
    differences: tuple[Difference, ...]
    """The guilty first."""
    sides: tuple[tuple[str, str], ...]
    """Titles and cell ids of what anybody can repeat."""
    steps: tuple[Asked, ...]
    notes: tuple[str, ...]


def comparison_of(document: Mapping[str, Any]) -> Comparison:
    """Make a comparison of a ``blame.json``.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: It is none that this version wrote.

    """
    guilty = {row["project"] for row in document["guilty"]}
    rows = sorted(document["differences"], key=lambda row: row["project"] not in guilty)
    return Comparison(
        verdict=document["verdict"],
        headline=document["headline"],
        sentences=tuple(document["sentences"]),
        advice=document["advice"],
        good=document["good"],
        bad=document["bad"],
        differences=tuple(
            Difference(
                project=row["project"],
                good=row["good"],
                bad=row["bad"],
                guilty=row["project"] in guilty,
            )
            for row in rows
        ),
        sides=tuple((title, side["cell"]) for title, side in document["shown"].items() if side),
        steps=tuple(asked(number, step) for number, step in enumerate(document["steps"], 1)),
        notes=tuple(document["notes"]),
    )
