"""In which combinations of several projects' releases the failure appears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from versect.app.inquiry import Inquiry, plain
from versect.errors import UsageError
from versect.model.cell import Cell
from versect.search.frontier import box, frontier
from versect.search.region import Point, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The releases of several projects, and the cells that they combine to."""

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
        return replace(self.base, pins=replace(self.base.pins, releases=tuple(pins.items())))

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
