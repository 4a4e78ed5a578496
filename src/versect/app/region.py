"""In which combinations of several projects' releases the failure appears."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from versect.app.inquiry import Inquiry, plain
from versect.errors import UsageError
from versect.model.cell import Cell
from versect.model.outcome import Outcome
from versect.model.study import Study
from versect.search.ask import Answer
from versect.search.bisect import between
from versect.search.frontier import box, frontier
from versect.search.history import History
from versect.search.region import Point, Region
from versect.search.series import DECIDED
from versect.select.line import Line
from versect.select.needs import equipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The releases of several projects, and the cells that they combine to."""

    study: Study
    """Says what the cells need."""
    base: Cell
    """What all cells are like; pins of other projects are kept."""
    names: tuple[NormalizedName, ...]
    versions: tuple[tuple[Version, ...], ...]
    """For each project its releases, oldest first."""

    @property
    def sizes(self) -> Point:
        """How many releases each project has."""
        return tuple(map(len, self.versions))

    def cell(self, point: Point) -> Cell:
        """Give the cell of one combination."""
        chosen = zip(self.names, point, self.versions, strict=True)
        pins = {**dict(self.base.pins.releases), **{n: v[place] for n, place, v in chosen}}
        pinned = replace(self.base.pins, releases=tuple(pins.items()))
        return equipped(self.study, replace(self.base, pins=pinned))

    def point(self, releases: Mapping[str, str], flag: str, *, end: int) -> Point:
        """Find a combination by its releases; a project that is not named is at one end.

        Raises:
            UsageError: A project or release takes no part.

        """
        unknown = [name for name in releases if name not in self.names]
        if unknown:
            raise UsageError(
                f"{flag}: {unknown[0]} is not searched", remedy=f"searched: {', '.join(self.names)}"
            )
        return tuple(
            _place(name, releases[name], series, flag) if name in releases else end % len(series)
            for name, series in zip(self.names, self.versions, strict=True)
        )


def region(plane: Plane, inquiry: Inquiry, *, good: Point, bad: Point, checks: int) -> Region:
    """Find the region of two series with about m + n questions at worst, of more a box.

    Args:
        plane: What is searched.
        inquiry: Answers.
        good: For more than two projects: a combination that passes.
        bad: One that fails; of two projects it is asked first.
        checks: Questions that try the assumption that each series changes once at most.

    """
    if len(plane.names) == 2:
        m, n = plane.sizes
        corner = (m - 1, n - 1)
        first = () if bad == corner else (bad,)
        return inquiry.search(lambda: frontier(m, n, checks=checks, first=first), plane.cell, plain)
    return inquiry.search(lambda: box(plane.sizes, bad, good), plane.cell, plain)


def usable(line: Line, found: History, inquiry: Inquiry) -> int:
    """Give the oldest place of a series from which on releases can be decided, as far as is known.

    Releases that are too old for the rest cannot be; a plane that reaches back to them has no
    corner that answers. Costs one search by halves where a search met such releases.
    """
    decided = [place for place, answer in found.known.items() if answer in DECIDED]
    if not decided:
        return 0
    oldest = min(decided)
    older = [place for place in found.known if place < oldest]
    if not older:
        return 0

    def lens(outcome: Outcome) -> Answer:
        return Answer.FAILED if plain(outcome) in DECIDED else Answer.PASSED

    known = {max(older): Answer.PASSED, oldest: Answer.FAILED}
    turn = inquiry.search(lambda: between(known, max(older), oldest), line.cells.__getitem__, lens)
    return turn.first


def edge(plane: Plane, found: Region) -> tuple[Cell, Cell] | None:
    """Give two cells that were asked on the two sides of a region's edge: passing, failing.

    They are as near to each other as any; None where all answers are alike.
    """
    passing = [point for point, answer in found.known if answer is Answer.PASSED]
    failing = [point for point, answer in found.known if answer is Answer.FAILED]
    pairs = itertools.product(passing, failing)
    apart = min(pairs, key=lambda pair: _distance(*pair), default=None)
    return None if apart is None else (plane.cell(apart[0]), plane.cell(apart[1]))


def _distance(one: Point, other: Point) -> tuple[int, Point]:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)), one


def _place(name: str, release: str, series: Sequence[Version], flag: str) -> int:
    try:
        return series.index(Version(release))
    except InvalidVersion:
        raise UsageError(f"{flag}: {release!r} is no release of {name}") from None
    except ValueError:
        raise UsageError(
            f"{flag}: {name} has no release {release} in the series",
            remedy=f"'versect releases {name}' lists them",
        ) from None
