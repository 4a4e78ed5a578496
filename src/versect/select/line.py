"""The series that a search walks along: one cell a place, the oldest release first."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from versect.errors import UsageError
from versect.model.cell import Cell
from versect.model.release import Release, Series
from versect.model.study import Study
from versect.select.needs import equipped

PYTHON: Final = "python"
"""The axis of interpreters, as a project's name."""
DATE: Final = "date"
"""The axis of days."""

_DAY: Final = timedelta(days=1)


class Order(StrEnum):
    """In which order releases are searched."""

    VERSION = "version"
    """PEP 440 order."""
    DATE = "date"
    """The order in which they were uploaded."""
    LINE = "line"
    """Line by line (``2.1``, ``2.2``), in the order in which lines were begun; PEP 440 order
    within each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A series of cells that differ on one axis."""

    axis: str
    """The project's name, or ``python``."""
    names: tuple[str, ...]
    """The release of each place."""
    cells: tuple[Cell, ...]
    moments: tuple[datetime | None, ...]
    """When each release was uploaded (UTC), where it is known."""
    order: Order
    series: Series | None
    """Where the releases come from, with those that were dropped; None for interpreters."""

    @property
    def lines(self) -> tuple[int, ...]:
        """The release line (``major.minor``) of each place, by number; empty as ``ranks`` is."""
        if not self.ranks:
            return ()
        numbers: dict[tuple[int, int, int], int] = {}
        versions = map(Version, self.names)
        keys = ((v.epoch, v.major, v.minor) for v in versions)
        return tuple(numbers.setdefault(key, len(numbers)) for key in keys)

    @property
    def ranks(self) -> tuple[int, ...]:
        """The place of each release in the other order; empty where the two agree or are unknown.

        By version for a series in the order of dates, by date for any other.
        """
        if self.series is None or None in self.moments:
            return ()
        places = range(len(self.names))
        if self.order is Order.DATE:
            other = sorted(places, key=lambda place: Version(self.names[place]))
        else:
            other = sorted(places, key=lambda place: (str(self.moments[place]), place))
        ranks = {place: rank for rank, place in enumerate(other)}
        found = tuple(ranks[place] for place in places)
        return () if found == tuple(places) else found

    @property
    def inversions(self) -> int:
        """How many neighbours stand the other way round in the other order."""
        return sum(one > other for one, other in pairwise(self.ranks))

    def place(self, name: str, flag: str) -> int:
        """Find a release by name.

        Raises:
            UsageError: It takes no part in the series; the nearest that do are named.

        """
        if name in self.names:
            return self.names.index(name)
        try:
            wanted = Version(name)
        except InvalidVersion:
            raise UsageError(f"{flag}: {name!r} is no release") from None
        versions = [Version(one) for one in self.names]
        if wanted in versions:
            return versions.index(wanted)
        dropped = {} if self.series is None else {d.version: d for d in self.series.dropped}
        if wanted in dropped:
            why = dropped[wanted]
            because = f"{why.reason} ({why.detail})" if why.detail else str(why.reason)
            raise UsageError(
                f"{flag}: {self.axis} {name} takes no part: {because}",
                remedy=f"{_nearest(wanted, versions)}; --pre and --yanked let more take part",
            )
        raise UsageError(
            f"{flag}: {self.axis} has no release {name} in the series",
            remedy=f"{_nearest(wanted, versions)}; 'versect releases {self.axis}' lists them",
        )


def of_project(study: Study, cell: Cell, series: Series, order: Order) -> Line:
    """Make the line of a project's releases, the cell's own release of it put aside.

    Raises:
        UsageError: An order by date was asked for, and the index gives no upload times.

    """
    releases: Sequence[Release] = series.releases
    if order is Order.DATE:
        unknown = [str(release.version) for release in releases if release.uploaded is None]
        if unknown:
            raise UsageError(
                f"--order date: the index does not say when {series.project} {unknown[0]} "
                "was uploaded",
                remedy="use --order version, or an index that gives upload times (PEP 700)",
            )
        releases = sorted(releases, key=lambda r: (str(r.uploaded), r.version))
    pinned = (_pinned(study, cell, series, release) for release in releases)
    cells = tuple(
        equipped(study, replace(cell, pins=replace(cell.pins, releases=pins))) for pins in pinned
    )
    return Line(
        axis=series.project,
        names=tuple(str(release.version) for release in releases),
        cells=cells,
        moments=tuple(release.uploaded for release in releases),
        order=order,
        series=series,
    )


def by_lines(line: Line) -> Line:
    """Give a series of releases line by line; its own places are what is put in another order."""
    begun: dict[int, str] = {}
    for number, moment in zip(line.lines, map(str, line.moments), strict=True):
        begun[number] = min(moment, begun.get(number, moment))

    def key(place: int) -> tuple[str, Version]:
        return begun[line.lines[place]], Version(line.names[place])

    order = sorted(range(len(line.names)), key=key)
    return replace(
        line,
        names=tuple(line.names[place] for place in order),
        cells=tuple(line.cells[place] for place in order),
        moments=tuple(line.moments[place] for place in order),
        order=Order.LINE,
    )


def of_interpreters(study: Study, cell: Cell, pythons: Sequence[str]) -> Line:
    """Make the line of interpreters, oldest first."""
    ordered = sorted(pythons, key=Version)
    cells = tuple(
        equipped(study, replace(cell, pins=replace(cell.pins, python=python))) for python in ordered
    )
    return Line(
        axis=PYTHON,
        names=tuple(ordered),
        cells=cells,
        moments=(None,) * len(ordered),
        order=Order.VERSION,
        series=None,
    )


def of_days(cell: Cell, start: datetime, end: datetime) -> Line:
    """Make the line of days between two moments, each with what the index had by its end."""
    moments = [start]
    while (last := datetime.combine(moments[-1].date() + _DAY, time.max, UTC)) < end:
        moments.append(last.replace(microsecond=0))
    moments.append(end)
    return Line(
        axis=DATE,
        names=tuple(f"{moment:%Y-%m-%d}" for moment in moments),
        cells=tuple(replace(cell, pins=replace(cell.pins, cut_off=moment)) for moment in moments),
        moments=(None,) * len(moments),
        order=Order.DATE,
        series=None,
    )


def _pinned(
    study: Study, cell: Cell, series: Series, release: Release
) -> tuple[tuple[NormalizedName, Version], ...]:
    """Give a cell's pins with one release of the series, in the order of the study's axes."""
    pins = {**dict(cell.pins.releases), series.project: release.version}
    order = {axis.project: number for number, axis in enumerate(study.projects)}
    return tuple(sorted(pins.items(), key=lambda pin: (order.get(pin[0], len(order)), pin[0])))


def _nearest(wanted: Version, versions: Sequence[Version]) -> str:
    older = [v for v in versions if v < wanted][-1:]
    newer = [v for v in versions if v > wanted][:1]
    near = [*map(str, older), *map(str, newer)]
    alike = difflib.get_close_matches(str(wanted), map(str, versions), n=1)
    near += [name for name in alike if name not in near]
    return f"nearest: {', '.join(near)}" if near else "the series is empty"
