"""A stored region of two projects as the page draws it: a plane of releases (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from versect.report.view import Glyph

ANSWERS: Final = {
    "passes": Glyph.PASSED,
    "fails": Glyph.FAILED,
    "fails in another way": Glyph.OTHERWISE,
    "cannot be decided": Glyph.UNRESOLVED,
}
"""The sign of each answer as verdicts write it."""

_WHOLE: Final = {"everywhere": "fails", "nowhere": "passes", "undecided": "", "contradictory": ""}
"""What regions without an edge say of every combination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A row or column: a release, or several between which nothing was asked and nothing turns."""

    first: int
    """Place of its oldest release in the series."""
    last: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a row and a column meet."""

    glyph: Glyph | None
    """What was answered here; None where nobody asked."""
    claim: str
    """``fails``, ``may-fail``, ``passes``: what the answers prove; empty for nothing."""
    edges: str
    """``edge-top``, ``edge-left``: where the region ends."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """A region of two projects."""

    down: str
    """The project of the rows."""
    across: str
    columns: tuple[str, ...]
    """Oldest first."""
    rows: tuple[tuple[str, tuple[Spot, ...]], ...]
    """Newest first, as in a graph."""


def plane_of(document: Mapping[str, Any]) -> Plane | None:
    """Make a plane of a region's ``verdict.json``; None for other verdicts and more projects.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: It is no verdict that this version wrote.

    """
    projects = document.get("projects")
    if not projects or len(projects) != 2 or "series" not in document:
        return None
    across, down = projects
    series = {name: list(document["series"][name]) for name in projects}
    known = {
        tuple(series[name].index(one["releases"][name]) for name in projects): ANSWERS[
            one["answer"]
        ]
        for one in document["answers"]
    }
    lines = {}
    for axis, name in enumerate(projects):
        kept = {point[axis] for point in known} | set(_turns(document, name, series[name]))
        lines[name] = tuple(_stretches(series[name], kept))
    columns, rows = lines[across], tuple(reversed(lines[down]))
    spots = [[_spot(document, series, known, (x, y)) for x in columns] for y in rows]
    return Plane(
        down=down,
        across=across,
        columns=tuple(column.words for column in columns),
        rows=tuple(
            (row.words, tuple(_edged(spots, r, c) for c in range(len(columns))))
            for r, row in enumerate(rows)
        ),
    )


def _turns(document: Mapping[str, Any], name: str, series: Sequence[str]) -> Iterator[int]:
    """Give the places at which what is proven may turn, and the ends of the series."""
    yield from (0, len(series) - 1)
    yield from (series.index(release) for release in document["within"][name])
    for box in document["boxes"]:
        if name in box:
            step = 1 if box[name]["towards"] == "newer" else -1
            for key in ("fails", "may_fail"):
                place = series.index(box[name][key])
                yield from (p for p in (place, place - step) if 0 <= p < len(series))


def _stretches(series: Sequence[str], kept: Collection[int]) -> Iterator[Stretch]:
    places = sorted(kept)
    for place, after in zip(places, (*places[1:], len(series)), strict=True):
        yield Stretch(first=place, last=place, words=series[place])
        between = after - place - 1
        if between:
            words = series[place + 1] if between == 1 else f"{between} more"
            yield Stretch(first=place + 1, last=after - 1, words=words)


def _spot(
    document: Mapping[str, Any],
    series: Mapping[str, Sequence[str]],
    known: Mapping[tuple[int, ...], Glyph],
    at: tuple[Stretch, Stretch],
) -> Spot:
    point = tuple(line.first for line in at)
    glyph = known.get(point) if all(line.first == line.last for line in at) else None
    claim = _claim(document, series, point)
    names = zip(series, at, strict=True)
    where = ", ".join(f"{name} {line.words}" for name, line in names)
    does = {"fails": "fails", "may-fail": "may fail", "passes": "passes", "": "nothing is known"}
    said = "asked" if glyph is not None else "not asked"
    return Spot(glyph=glyph, claim=claim, edges="", words=f"{where}: {said}, {does[claim]}")


def _claim(
    document: Mapping[str, Any], series: Mapping[str, Sequence[str]], point: Sequence[int]
) -> str:
    """Say what the boxes say of a combination."""
    places = dict(zip(series, point, strict=True))
    for name, (oldest, newest) in document["within"].items():
        if not series[name].index(oldest) <= places[name] <= series[name].index(newest):
            return ""
    if document["kind"] in _WHOLE:
        return _WHOLE[document["kind"]]
    for claim, end in (("fails", "fails"), ("may-fail", "may_fail")):
        for box in document["boxes"]:
            inside = (
                _reaches(places[name], series[name].index(bound[end]), bound["towards"])
                for name, bound in box.items()
            )
            if all(inside):
                return claim
    return "passes"


def _reaches(place: int, bound: int, towards: str) -> bool:
    return place >= bound if towards == "newer" else place <= bound


def _edged(spots: Sequence[Sequence[Spot]], r: int, c: int) -> Spot:
    """Draw the region's edge where a spot fails, or may, and its neighbour does not."""
    spot = spots[r][c]

    def differs(other: Spot) -> bool:
        claims = {spot.claim, other.claim}
        return "" not in claims and len(claims) == 2 and "passes" in claims

    edges = []
    if r and differs(spots[r - 1][c]):
        edges.append("edge-top")
    if c and differs(spots[r][c - 1]):
        edges.append("edge-left")
    return Spot(glyph=spot.glyph, claim=spot.claim, edges=" ".join(edges), words=spot.words)
