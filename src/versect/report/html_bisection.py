"""A stored verdict as the page draws it: trials in order on the line of releases (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final

from versect.report.html_explanation import Explanation, explanation_of
from versect.report.html_region import ANSWERS, Plane, plane_of
from versect.report.view import WORDS, Glyph, gist

OUTCOMES: Final = {
    "passed": Glyph.PASSED,
    "failed": Glyph.FAILED,
    "failed-otherwise": Glyph.OTHERWISE,
    "unresolved": Glyph.UNRESOLVED,
}
"""The sign of each outcome as documents write it."""
_PREFIXES: Final = {"python": "py", "date": "until="}
"""How values of an axis that is no project begin in a cell's id."""
_REASON: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A release on the line."""

    release: str
    at: float
    """Per cent of the line, 0 for the oldest release and 100 for the newest."""
    glyph: Glyph
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One trial of a search."""

    number: int
    cell: str
    repeat: int
    spot: Spot | None
    """Where on the line it was; None where the cell's id does not tell."""
    glyph: Glyph
    words: str
    seconds: float
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A release that was asked or ends the boundary, or a stretch between such releases."""

    release: str
    """Empty for a stretch."""
    skipped: int
    """Releases of the stretch; 0 for a release."""
    glyph: Glyph
    trials: tuple[int, ...]
    """Numbers of its trials, in order."""
    titles: tuple[str, ...]
    """``last passing``, ``suspect``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """A release that may have brought the failure, under noise."""

    release: str
    at: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search with its finding."""

    name: str
    verdict: str
    headline: str
    sentences: tuple[str, ...]
    advice: str
    suspects: tuple[str, ...]
    band: tuple[float, float] | None
    """From the first suspect to the last, in per cent of the line."""
    ends: tuple[tuple[str, str, float], ...]
    """What the ends of the boundary are called, their releases and places."""
    releases: tuple[str, ...]
    """Oldest first; empty for a search that has no line."""
    answers: tuple[Spot, ...]
    stops: tuple[Stop, ...]
    """The same line, oldest first, with what nobody asked drawn together."""
    steps: tuple[Asked, ...]
    chances: tuple[Chance, ...]
    """Likeliest first."""
    assumptions: tuple[str, ...]
    sides: tuple[tuple[str, str], ...]
    """Titles and cell ids of what passed and failed."""
    constraint: str
    """Of a region: what fails, in specifiers; empty for a search of one project."""
    pins: tuple[str, ...]
    """Of a region: what alone leaves it."""
    plane: Plane | None
    """Of a region of two projects."""
    explanation: Explanation | None
    """The lines that make the difference, where they were searched."""


def search_of(
    name: str, document: Mapping[str, Any], explained: Mapping[str, Any] | None = None
) -> Search:
    """Make a search of its ``verdict.json``.

    Args:
        name: The folder below ``bisect/``.
        document: The document; of one project, or of a region over several.
        explained: The ``explanation.json`` beside it, if there is one.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: It is no verdict that this version wrote.

    """
    series = document.get("series") or {}
    releases = tuple(str(release) for release in series.get("releases", ()))
    places = {release: _percent(place, len(releases)) for place, release in enumerate(releases)}
    axis = str(document.get("axis", ""))
    suspects = tuple(document.get("suspects", ()))
    marked = [places[release] for release in suspects if release in places]
    noise = document.get("noise") or {}
    ends = _ends(document, places)
    answers = tuple(
        Spot(release=release, at=places[release], glyph=ANSWERS[answer], words=answer)
        for release, answer in series.get("answers", {}).items()
    )
    steps = tuple(
        asked(number, step, axis, places) for number, step in enumerate(document["steps"], 1)
    )
    return Search(
        name=name,
        verdict=document["verdict"],
        headline=document["headline"],
        sentences=tuple(document["sentences"]),
        advice=document.get("advice", ""),
        suspects=suspects,
        band=(min(marked), max(marked)) if marked else None,
        ends=ends,
        releases=releases,
        answers=answers,
        stops=tuple(_stops(releases, answers, steps, ends, frozenset(suspects))),
        steps=steps,
        chances=tuple(
            Chance(release=release, at=places[release], probability=float(probability))
            for release, probability in (noise.get("posterior") or {}).items()
            if release in places
        ),
        assumptions=tuple(noise.get("assumptions", ())),
        sides=_sides(document),
        constraint=document.get("constraint", ""),
        pins=tuple(document.get("safe_pins", ())),
        plane=plane_of(document),
        explanation=None
        if explained is None or not _explains(explained, document)
        else explanation_of(explained),
    )


def release_in(cell: str, axis: str, releases: Mapping[str, float]) -> str | None:
    """Find which release of the line a cell's id names, or None where it names none."""
    prefix = _PREFIXES.get(axis, axis)
    if axis == "date":  # the only values that hold the sign between the parts of an id
        return max((r for r in releases if f"-{prefix}{r}" in cell), key=len, default=None)
    named = (part.removeprefix(prefix) for part in _parts(cell, axis) if part.startswith(prefix))
    return next((release for release in named if release in releases), None)


def _parts(cell: str, axis: str) -> Sequence[str]:
    """Split an id so that a project's name, which may hold dashes, stays with its release."""
    dashes = axis.count("-")
    words = cell.split("-")
    return ["-".join(words[i : i + dashes + 1]) for i in range(len(words) - dashes)]


def asked(
    number: int,
    step: Mapping[str, Any],
    axis: str = "",
    places: Mapping[str, float] = MappingProxyType({}),
) -> Asked:
    """Make a trial of its row, placed on the line of an axis where there is one."""
    glyph = OUTCOMES.get(step["outcome"], Glyph.OPEN)
    reason = step.get("signature") or step.get("cause") or ""
    detail = gist(step.get("detail") or "")[:_REASON]
    words = ": ".join(part for part in (step["outcome"].replace("-", " "), reason, detail) if part)
    release = release_in(step["cell"], axis, places) if axis else None
    return Asked(
        number=number,
        cell=step["cell"],
        repeat=int(step["repeat"]),
        spot=None
        if release is None
        else Spot(release=release, at=places[release], glyph=glyph, words=WORDS[glyph]),
        glyph=glyph,
        words=words,
        seconds=float(step["seconds"]),
        known=bool(step["known"]),
    )


def _stops(
    releases: Sequence[str],
    answers: Sequence[Spot],
    steps: Sequence[Asked],
    ends: Sequence[tuple[str, str, float]],
    suspects: frozenset[str],
) -> Iterator[Stop]:
    numbers: dict[str, list[int]] = {}
    for step in steps:
        if step.spot is not None:
            numbers.setdefault(step.spot.release, []).append(step.number)
    glyphs = {spot.release: spot.glyph for spot in answers}
    named = {*numbers, *glyphs, *(release for _, release, _ in ends)}
    for kept, stretch in groupby(releases, key=lambda r: (r in named, r in suspects)):
        titles = ("suspect",) if kept[1] else ()
        if not kept[0]:
            skipped = len(tuple(stretch))
            plural = tuple(f"{title}{'s' if skipped > 1 else ''}" for title in titles)
            yield Stop(release="", skipped=skipped, glyph=Glyph.OPEN, trials=(), titles=plural)
            continue
        for release in stretch:
            yield Stop(
                release=release,
                skipped=0,
                glyph=glyphs.get(release, Glyph.OPEN),
                trials=tuple(numbers.get(release, ())),
                titles=(*(title for title, end, _ in ends if end == release), *titles),
            )


def _ends(
    document: Mapping[str, Any], places: Mapping[str, float]
) -> tuple[tuple[str, str, float], ...]:
    boundary = document.get("boundary")
    if not boundary:
        return ()
    titles = ("last passing", "first failing")
    if boundary["into"] == "passes":
        titles = ("last failing", "first passing")
    return tuple(
        (title, release, places[release])
        for title, release in zip(titles, (boundary["last"], boundary["first"]), strict=True)
        if release in places
    )


def _explains(explained: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether an explanation is of this boundary: an earlier search may have left another's."""
    sides = (document.get("before") or {}, document.get("after") or {})
    found = [side.get("release") for side in sides]
    return found == [explained["before"], explained["after"]]


def _sides(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = document.get("shown") or {
        side.get("release", title): side
        for title in ("before", "after")
        if (side := document.get(title))
    }
    return tuple((str(title), side["cell"]) for title, side in shown.items() if side)


def _percent(place: int, count: int) -> float:
    return round(100 * place / max(count - 1, 1), 2)
