"""A region of failing cells in a grid of releases: what answers prove of it, and its words (pure).

Each axis is a series, and each is taken to be monotone: towards one of its ends, whatever the
other axes hold, a cell that fails goes on failing. Which end that is, the answers show. Then every
failing cell proves all that lie further towards failing, and every passing one the others.
"""

from __future__ import annotations

import itertools
import operator
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from versect.search.ask import Answer

Point = tuple[int, ...]
"""A cell: for each axis the place of its release, the oldest being 0."""
Versions = Sequence[Sequence[Version]]
"""For each axis its releases, oldest first."""

_LINES = 7
"""Checks are chosen among the crossings of so many lines on each axis."""


class Kind(StrEnum):
    """What sort of region a search found. The value is what is stored and shown."""

    NOWHERE = "nowhere"
    EVERYWHERE = "everywhere"
    ONE_AXIS = "one-axis"
    STAIRCASE = "staircase"
    """Bounded on more than one axis: a box, or a union of boxes anchored in one corner."""
    CONTRADICTORY = "contradictory"
    """No choice of directions makes the answers monotone."""
    UNDECIDED = "undecided"
    """Too little resolved to say which way the axes run, or only one answer was found."""


class Towards(StrEnum):
    """The end of a series towards which it fails."""

    OLDER = "older"
    NEWER = "newer"

    @property
    def step(self) -> int:
        """What to add to a place to go towards failing."""
        return 1 if self is Towards.NEWER else -1


Way = tuple[Towards, ...]
"""A direction for each axis."""
Choices = tuple[tuple[Towards, ...], ...]
"""For each axis the directions that it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Where a step of the region ends on one axis, seen from its failing end."""

    towards: Towards
    proven: int
    """The last place that surely fails."""
    possible: int
    """The last place that may fail; the same where nothing between is in doubt."""

    @property
    def outside(self) -> int:
        """The first place that the step does not reach; -1 or the series' length for none."""
        return self.possible - self.towards.step

    @property
    def suspects(self) -> range:
        """The places that may fail or pass, oldest first."""
        if self.towards is Towards.NEWER:
            return range(self.possible, self.proven)
        return range(self.proven + 1, self.possible + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A box of cells: on each axis those up to a bound, or all where it has none."""

    bounds: tuple[Bound | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """What a search over several series found."""

    kind: Kind
    sizes: tuple[int, ...]
    within: tuple[tuple[int, int], ...]
    """For each axis the oldest and the newest place of which the steps speak."""
    ways: tuple[Way, ...]
    """Every choice of directions that the answers leave open."""
    contradictions: tuple[Point, ...]
    """Where none is left, cells that cannot all be right: at most two against each choice."""
    steps: tuple[Step, ...]
    """The region is their union; of a contradictory one, what all but the checks said."""
    known: tuple[tuple[Point, Answer], ...]
    """Every answer, in the order asked."""
    checks: int
    """How many of them were asked to try the assumption that the axes are monotone."""
    unproven: tuple[str, ...]
    """What the answers do not exclude, for people."""

    @property
    def asked(self) -> int:
        """How many cells were asked."""
        return len(self.known)

    @property
    def monotone(self) -> bool:
        """Whether the answers agree with every axis changing once at most."""
        return bool(self.ways)

    @property
    def towards(self) -> tuple[Towards | None, ...]:
        """For each axis the end towards which it fails; None where the answers show none."""
        if not self.ways:
            return (None,) * len(self.sizes)
        unknown = open_axes(self.ways)
        return tuple(
            None if axis in unknown else towards for axis, towards in enumerate(self.ways[0])
        )

    def claim(self, point: Point) -> Answer | None:
        """Give what the answers prove of a cell, asked or not; None for nothing."""
        known = dict(self.known)
        return implied(point, known, self.ways) if self.ways else known.get(point)


def beyond(one: Point, other: Point, way: Way) -> bool:
    """Whether a cell lies on every axis at least as far towards failing as another."""
    pairs = zip(one, other, way, strict=True)
    return all((mine - its) * towards.step >= 0 for mine, its, towards in pairs)


def ways(known: Mapping[Point, Answer], choices: Choices) -> tuple[Way, ...]:
    """Give the directions of the axes under which no answer contradicts another."""
    return tuple(way for way in itertools.product(*choices) if not _conflict(known, way))


def contradictions(known: Mapping[Point, Answer], choices: Choices) -> tuple[Point, ...]:
    """Give two cells that speak against each choice of directions, each cell once."""
    pairs = (_conflict(known, way) for way in itertools.product(*choices))
    return tuple(dict.fromkeys(itertools.chain.from_iterable(pairs)))


def open_axes(open_ways: Sequence[Way]) -> tuple[int, ...]:
    """Give the axes whose direction is open."""
    directions = enumerate(zip(*open_ways, strict=True))
    return tuple(axis for axis, either in directions if len(set(either)) > 1)


def implied(point: Point, known: Mapping[Point, Answer], open_ways: Sequence[Way]) -> Answer | None:
    """Give the answer that a cell must have whichever of the directions is true, or None."""
    said = {_implied(point, known, way) for way in open_ways}
    return said.pop() if len(said) == 1 else None


def _implied(point: Point, known: Mapping[Point, Answer], way: Way) -> Answer | None:
    for other, answer in known.items():
        if answer is Answer.FAILED and beyond(point, other, way):
            return answer
        if answer is Answer.PASSED and beyond(other, point, way):
            return answer
    return None


def _conflict(known: Mapping[Point, Answer], way: Way) -> tuple[Point, ...]:
    """Give a failing cell and a passing one that lies beyond it, or nothing."""
    failing = [point for point, answer in known.items() if answer is Answer.FAILED]
    passing = [point for point, answer in known.items() if answer is Answer.PASSED]
    pairs = itertools.product(failing, passing)
    return next((pair for pair in pairs if beyond(pair[1], pair[0], way)), ())


def farthest(
    known: Mapping[Point, Answer],
    sizes: Point,
    open_ways: Sequence[Way] = (),
    claim: Answer | None = None,
) -> Point | None:
    """Give the cell of a lattice that is farthest from all asked; None where none is left.

    The distance is the sum of those on the axes, each in lengths of its axis. With a claim, of the
    cells of which the answers claim it, else of those of which they claim the other.
    """
    lines = (sorted({at * (size - 1) // (_LINES - 1) for at in range(_LINES)}) for size in sizes)
    points = [point for point in itertools.product(*lines) if point not in known]
    if claim is not None:
        said = {point: implied(point, known, open_ways) for point in points}
        wanted = [point for point in points if said[point] is claim]
        points = wanted or [point for point in points if said[point] is not None]

    def distance(point: Point) -> float:
        return min(
            sum(abs(a - b) / size for a, b, size in zip(point, other, sizes, strict=True))
            for other in known
        )

    return max(points, key=distance, default=None)


class Heights:
    """What answers prove of each column of a grid, turned so that (0, 0) is the failing corner.

    A column is a place of the first axis, a row one of the second, both counted from their failing
    ends. Heights never rise from column to column.
    """

    def __init__(self, sizes: Point, way: Way) -> None:
        self._sizes = sizes
        self._way = way
        columns, rows = sizes
        self.low = [0] * columns
        """How many cells of each column surely fail."""
        self.high = [rows] * columns
        """How many may fail."""

    def point(self, *turned: int) -> Point:
        """Give the cell in a column and a row; or, of a cell, its column and row."""
        return tuple(
            place if towards is Towards.OLDER else size - 1 - place
            for place, size, towards in zip(turned, self._sizes, self._way, strict=True)
        )

    def learn(self, point: Point, answer: Answer) -> None:
        """Note an answer that does not contradict the others."""
        column, row = self.point(*point)
        if answer is Answer.FAILED:
            self.low[: column + 1] = [max(height, row + 1) for height in self.low[: column + 1]]
        elif answer is Answer.PASSED:
            self.high[column:] = [min(height, row) for height in self.high[column:]]

    def is_open(self, column: int) -> bool:
        """Whether a column has cells in doubt."""
        return self.low[column] < self.high[column]

    def column(self, column: int) -> list[Point]:
        """Give the cells in doubt of a column, from its passing end."""
        rows = range(self.high[column] - 1, self.low[column] - 1, -1)
        return [self.point(column, row) for row in rows]

    def row(self, row: int, start: int, stop: int) -> list[Point]:
        """Give those of a row, from one column to before another: from its failing end."""
        first = bisect_left(self.low, -row, key=operator.neg)
        end = bisect_left(self.high, -row, key=operator.neg)
        return [self.point(column, row) for column in range(max(start, first), min(stop, end))]

    @property
    def walk(self) -> int:
        """How many questions walk the boundary cell by cell where it is in doubt, at most.

        Through p columns and q rows p + q - 1: each answer on the way ends a column or a row.
        """
        length = 0
        for is_open, run in itertools.groupby(range(len(self.low)), self.is_open):
            if is_open:
                columns = list(run)
                length += len(columns) + self.high[columns[0]] - self.low[columns[-1]] - 1
        return length

    def steps(self) -> tuple[Step, ...]:
        """Give the steps of the region, of which a cell must be known to fail.

        Their proven boxes together are what surely fails, and their possible boxes what may fail:
        as many as the staircase has corners, where nothing is in doubt.
        """
        inner, outer = _corners(self.low), _corners(self.high)
        pairs = [
            (max((_meet(box, corner) for box in inner), key=_area), corner) for corner in outer
        ]
        for box in inner:
            if box not in (proven for proven, _ in pairs):
                around = (corner for corner in outer if _meet(box, corner) == box)
                pairs.append((box, min(around, key=_area)))
        return tuple(Step(bounds=self._bounds(*pair)) for pair in pairs)

    def _bounds(self, inner: Point, outer: Point) -> tuple[Bound | None, ...]:
        whole = [place == size - 1 for place, size in zip(inner, self._sizes, strict=True)]
        sides = zip(self._way, self.point(*inner), self.point(*outer), whole, strict=True)
        return tuple(
            None if is_whole else Bound(towards=towards, proven=proven, possible=possible)
            for towards, proven, possible, is_whole in sides
        )


def _corners(heights: Sequence[int]) -> list[tuple[int, int]]:
    """Give the outermost cells below heights that never rise: (column, row)."""
    ends = itertools.pairwise((*heights, 0))
    return [(column, height - 1) for column, (height, after) in enumerate(ends) if height > after]


def _meet(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return (min(one[0], other[0]), min(one[1], other[1]))


def _area(box: tuple[int, int]) -> int:
    return (box[0] + 1) * (box[1] + 1)


def constraint(region: Region, names: Sequence[str], versions: Versions) -> str:
    """Say which combinations fail, in specifiers that can be pasted.

    ``openai<1.55.3 and httpx>=0.28.0``, steps joined by `` or ``. Suspects are inside; they are
    named behind the specifier: ``openai<1.55.3 (1.55.1 to 1.55.2 undecided)``. Every specifier is
    checked against the series: one whose order is not that of versions, or that has pre-releases
    beside the bound, gets a longer one that still chooses exactly the releases meant.
    """
    match region.kind:
        case Kind.NOWHERE:
            return "no combination"
        case Kind.EVERYWHERE:
            return "every combination"
        case Kind.UNDECIDED:
            return "undecided"
        case Kind.CONTRADICTORY if not region.steps:
            return "no region: the axes are not monotone"
        case Kind.ONE_AXIS | Kind.STAIRCASE | Kind.CONTRADICTORY:
            return " or ".join(_box(step, names, versions) for step in region.steps)


def safe_pins(region: Region, names: Sequence[str], versions: Versions) -> tuple[str, ...]:
    """Give for each project the weakest pin that alone leaves the region, its suspects too.

    Those that give up the fewest releases come first: ``httpx<0.28.0``, ``openai>=1.55.3``. A
    project whose every release fails with some others has none; a contradictory or undecided
    region has none at all.
    """
    if region.kind not in (Kind.ONE_AXIS, Kind.STAIRCASE):
        return ()
    pins: list[tuple[int, str]] = []
    for axis, (name, series) in enumerate(zip(names, versions, strict=True)):
        bounds = [step.bounds[axis] for step in region.steps]
        ends = [bound for bound in bounds if bound is not None]
        if not ends or len(ends) < len(bounds):
            continue
        towards = ends[0].towards
        outside = min((bound.outside for bound in ends), key=lambda place: place * towards.step)
        if not region.within[axis][0] <= outside <= region.within[axis][1]:
            continue
        older = towards is Towards.OLDER
        kept = range(outside, len(series)) if older else range(outside + 1)
        pins.append((len(series) - len(kept), _specifier(name, series, kept)))
    return tuple(pin for _, pin in sorted(pins))


def _box(step: Step, names: Sequence[str], versions: Versions) -> str:
    words: list[str] = []
    for bound, name, series in zip(step.bounds, names, versions, strict=True):
        if bound is None:
            continue
        older = bound.towards is Towards.OLDER
        inside = range(bound.possible + 1) if older else range(bound.possible, len(series))
        doubt = [str(series[place]) for place in bound.suspects]
        note = f" ({' to '.join(dict.fromkeys((doubt[0], doubt[-1])))} undecided)" if doubt else ""
        words.append(_specifier(name, series, inside) + note)
    return " and ".join(words) or "every combination"


def _specifier(name: str, series: Sequence[Version], chosen: range) -> str:
    """Give the shortest specifier that admits of a series exactly one end."""
    for text in _candidates(series, chosen):
        if _admits(SpecifierSet(text), series) == list(chosen):
            return name + text
    # Upload order, where a release of an old line came late: from the least to the greatest
    # version, without those that lie between.
    inside = [series[place] for place in chosen]
    least, most = min(inside), max(inside)
    apart = sorted(v for v in series if least < v < most and v not in inside)
    return name + ",".join([f">={least}", f"<={most}", *(f"!={version}" for version in apart)])


def _candidates(series: Sequence[Version], chosen: range) -> Iterator[str]:
    if chosen.start > 0:
        yield f">={series[chosen.start]}"
    else:
        if chosen.stop < len(series):
            yield f"<{series[chosen.stop]}"
        # "<V MUST NOT allow a pre-release of the specified version" (PEP 440): where one is the
        # last inside, it is named itself.
        yield f"<={series[chosen.stop - 1]}"


def _admits(specifier: SpecifierSet, series: Sequence[Version]) -> list[int]:
    return [
        place
        for place, version in enumerate(series)
        if specifier.contains(version, prereleases=True)
    ]
