"""Find the failing region over several series without trying every combination.

The boundary of a region that is monotone on both axes of an m x n grid is a staircase. A walk along
it that turns at every answer (saddleback search: Gries 1981; Bird 2006) takes m + n questions: the
least there is where every step is one cell long, and far too many where there are a step or two, as
of faults. Here each leg of the walk is a bisection, as bold as the questions saved so far allow:
m + n + 4 stays the worst case, and k steps take about k (log2 m + log2 n).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from versect.search.ask import Answer, Ask, Search
from versect.search.region import (
    Bound,
    Choices,
    Heights,
    Kind,
    Point,
    Region,
    Step,
    Towards,
    Way,
    contradictions,
    farthest,
    open_axes,
    ways,
)

_DECIDED = frozenset({Answer.FAILED, Answer.PASSED})
_PATIENCE = (1 << 30, 6, 2, 0)
"""With so many questions to spare, how many small steps come before a jump over two cells.

Measured on 150 random staircases each of 1, 2, 3 and 5 steps in 100 x 100 cells: none takes more
than 80 questions. Without the jump at 1, or with one after 4 steps there, some take 190.
"""

_Found = tuple[tuple[tuple[int, int], ...], tuple[Step, ...]]
"""The places of each axis of which steps speak, and the steps."""


def frontier(
    m: int, n: int, *, checks: int = 2, first: Sequence[Point] = ()
) -> Search[Point, Region]:
    """Find the failing region over two series.

    Args:
        m: Length of the first series, at least 1.
        n: Length of the second.
        checks: How many cells are asked at the end, each as far as can be from all others, to try
            the assumption that both axes are monotone. Where corners do not resolve and only one
            answer is known, they are spent on finding the other one.
        first: Cells to ask before all others, such as one known to fail: a help where the corners
            do not resolve.

    Yields:
        Cells, none twice. Without ``first``, ``checks`` and unresolved cells: the corners, at most
        4, for a region that is empty or full; about 4 + log2 m + log2 n for a box, and twice the
        logarithms + 4 at most; for any staircase m + n + 4 at most, and log2 of the longer axis
        more where two corners fail.

    Returns:
        The region. What its steps say holds for every cell ``within`` if the axes are monotone.

    """
    asked = _Asked((m, n), (tuple(Towards), tuple(Towards)))
    for point in first:
        yield from asked.ask(point)
    corners = ((m - 1, n - 1), (0, 0), (m - 1, 0), (0, n - 1))
    for corner in corners:
        yield from asked.probe(_inwards(corner, asked.sizes))
    cornered = all(asked.answers[corner] in _DECIDED for corner in corners)
    spent = 0
    while (
        not (cornered or asked.both)
        and spent < checks
        and (far := farthest(asked.answers, asked.sizes))
    ):
        yield from asked.ask(far)
        spent += 1
    within, steps = (yield from _boundary(asked)) if asked.both else (asked.whole, ())
    turns = (Answer.PASSED, Answer.FAILED)
    while spent < checks and (
        far := farthest(asked.answers, asked.sizes, asked.ways(), turns[spent % 2])
    ):
        yield from asked.ask(far)
        spent += 1
    kind = _kind(steps)
    if cornered and not asked.both:
        kind = Kind.EVERYWHERE if asked.answers[corners[0]] is Answer.FAILED else Kind.NOWHERE
    notes = ["a window between the cells asked is not excluded"]
    if within != asked.whole:
        notes.append("releases beyond the outermost that resolved are not spoken of")
    return asked.region(kind, (within, steps), notes, spent)


def box(sizes: Point, bad: Point, good: Point) -> Search[Point, Region]:
    """Find the axes that matter between a failing and a passing cell, and a bound on each.

    Each axis in turn goes back to ``good`` while the cell goes on failing; none of those that stay
    can be left out alone. Each of them is bisected with the others at ``bad``. The inmost cell of
    that box is asked last: where it does not fail, the region has more steps than one, and the box
    is what may fail.

    Args:
        sizes: The lengths of the series.
        bad: A cell that should fail; towards it each axis is taken to fail.
        good: One that should pass.

    Yields:
        Cells, none twice: at most 3, one for each axis, and ceil(log2) of each that matters.

    Returns:
        A region of one step; an undecided one where ``bad`` does not fail or ``good`` not pass.

    """
    directions = {1: (Towards.NEWER,), 0: tuple(Towards), -1: (Towards.OLDER,)}
    ends = list(zip(bad, good, strict=True))
    asked = _Asked(sizes, tuple(directions[(b > g) - (b < g)] for b, g in ends))
    within = tuple((min(pair), max(pair)) for pair in ends)
    yield from asked.ask(bad)
    yield from asked.ask(good)
    if (asked.answers[bad], asked.answers[good]) != (Answer.FAILED, Answer.PASSED):
        return asked.region(Kind.UNDECIDED, (within, ()), ["the two ends are not as given"])
    at = bad
    for axis, place in enumerate(good):
        back = _put(at, axis, place)
        if (yield from asked.ask(back)) is Answer.FAILED:
            at = back
    bounds: dict[int, Bound] = {}
    inmost = at
    for axis, (start, stop) in enumerate(zip(at, good, strict=True)):
        if start != stop:
            (towards,) = asked.choices[axis]
            line = range(start, stop - towards.step, -towards.step)
            low, high = yield from asked.along([_put(at, axis, place) for place in line])
            bounds[axis] = Bound(towards=towards, proven=line[low - 1], possible=line[high - 1])
            inmost = _put(inmost, axis, line[low - 1])
    notes = ["other regions, away from the lines between the two ends, were not looked for"]
    if (yield from asked.ask(inmost)) is not Answer.FAILED:
        notes.append("the inmost cell of the box does not fail: the region has more steps than one")
        for axis, bound in bounds.items():
            bounds[axis] = Bound(towards=bound.towards, proven=at[axis], possible=bound.possible)
    steps = (Step(bounds=tuple(bounds.get(axis) for axis in range(len(sizes)))),)
    return asked.region(_kind(steps), (within, steps), notes)


class _Asked:
    """The answers so far, and ways of asking for more."""

    def __init__(self, sizes: Point, choices: Choices) -> None:
        self.sizes = sizes
        self.whole = tuple((0, size - 1) for size in sizes)
        self.choices = choices
        self.answers: dict[Point, Answer] = {}
        self.tell: Callable[[Point, Answer], None] = lambda _point, _answer: None
        """Told of every new answer."""

    @property
    def decided(self) -> list[Point]:
        """The cells that failed or passed."""
        return [point for point, answer in self.answers.items() if answer in _DECIDED]

    @property
    def both(self) -> bool:
        """Whether a cell failed and a cell passed."""
        return _DECIDED.issubset(self.answers.values())

    def ways(self) -> tuple[Way, ...]:
        """Give the directions that are open."""
        return ways(self.answers, self.choices)

    def ask(self, point: Point) -> Search[Point, Answer]:
        """Ask for one cell unless its answer is known, and note the answer."""
        if point not in self.answers:
            self.answers[point] = yield Ask(point)
            self.tell(point, self.answers[point])
        return self.answers[point]

    def probe(self, line: Sequence[Point]) -> Search[Point, None]:
        """Ask the first cell of a line that resolves, 0, 1, 2, 4 ... from its start."""
        at, last = 0, len(line) - 1
        while at <= last and (yield from self.ask(line[at])) not in _DECIDED:
            at = min(2 * at or 1, last) if at < last else len(line)

    def narrow(
        self, line: Callable[[], Sequence[Point]], reach: Callable[[], int]
    ) -> Search[Point, None]:
        """Bisect a line until no cell is left or unresolved ones stand at both its ends.

        Args:
            line: Gives the cells of the line that are still in doubt.
            reach: Gives how many of them may be passed over at once from the start.

        """
        while left := line():
            tried = [at for at, point in enumerate(left) if point in self.answers]
            at = _next(len(left), tried, reach())
            if at is None:
                return
            yield from self.ask(left[at])

    def bounds(self, line: Sequence[Point]) -> tuple[int, int]:
        """Give how many cells of a line, failing end first, surely fail and how many may fail."""
        given = [self.answers.get(point) for point in line]
        failing = [at for at, answer in enumerate(given) if answer is Answer.FAILED]
        low = failing[-1] + 1 if failing else 0
        passing = (at for at in range(low, len(line)) if given[at] is Answer.PASSED)
        return low, next(passing, len(line))

    def along(self, line: Sequence[Point]) -> Search[Point, tuple[int, int]]:
        """Bisect a whole line, failing end first, and give its ``bounds``."""
        yield from self.narrow(lambda: line[slice(*self.bounds(line))], lambda: len(line))
        return self.bounds(line)

    def region(self, kind: Kind, found: _Found, notes: Sequence[str], checks: int = 0) -> Region:
        """Give what was found."""
        open_ways = self.ways()
        lost = len(self.answers) - len(self.decided)
        return Region(
            kind=kind if open_ways else Kind.CONTRADICTORY,
            sizes=self.sizes,
            within=found[0],
            ways=open_ways,
            contradictions=() if open_ways else contradictions(self.answers, self.choices),
            steps=found[1],
            known=tuple(self.answers.items()),
            checks=checks,
            unproven=(*notes, *([f"{lost} of the cells asked did not resolve"] if lost else [])),
        )


def _next(count: int, tried: Sequence[int], reach: int) -> int | None:
    """Choose the next of the open cells of a line, of which some were tried and not resolved.

    The middle, but at most the ``reach``-th. Where cells were tried, the search goes outwards from
    all of them by as much as they span, so that a block of b unresolved cells costs about
    2 log2 b questions more; then it halves what is left between them and the ends.
    """
    if not tried:
        return min((count - 1) // 2, reach - 1)
    span = tried[-1] - tried[0] + 1
    before, after = tried[0], count - 1 - tried[-1]
    if before > after:
        return tried[0] - min(span, (before + 1) // 2)
    return tried[-1] + min(span, (after + 1) // 2) if after else None


def _boundary(asked: _Asked) -> Search[Point, _Found]:
    """Find the boundary between a failing and a passing cell; no steps where no way is clear."""
    for answer in (Answer.FAILED, Answer.PASSED):
        # Where corners did not resolve, the ends of the lines through a cell that did.
        centre = next(point for point, given in asked.answers.items() if given is answer)
        for axis, size in enumerate(asked.sizes):
            for line in (range(size - 1, centre[axis], -1), range(centre[axis])):
                if len(open_axes(asked.ways())) > 1:
                    yield from asked.probe([_put(centre, axis, place) for place in line])
    found = None
    if len(open_axes(asked.ways())) == 1:
        found = yield from _half_plane(asked)
    if len(asked.ways()) == 1:
        found = asked.whole, (yield from _walk(asked, asked.ways()[0]))
    return found or (asked.whole, ())


def _half_plane(asked: _Asked) -> Search[Point, _Found | None]:
    """Find the boundary at one end of the axis without a direction, and try it at the other.

    Where an end does not resolve, the nearest line that does stands for it.

    Returns:
        What both prove of the places between them; None where they differ.

    """
    way, *_ = asked.ways()
    (idle,) = open_axes(asked.ways())
    axis = 1 - idle
    places = range(asked.sizes[axis])[:: -way[axis].step]

    def cell(at: int, end: int) -> Point:
        return _put((end, end), axis, places[at])

    decided = [point[idle] for point in asked.decided]
    ends = (min(decided), max(decided))
    for near in reversed(ends):
        low, high = yield from asked.along([cell(at, near) for at in range(len(places))])
        if low and high < len(places):
            break
    else:
        return None
    others = range(ends[0], near) if near == ends[1] else range(ends[1], near, -1)
    for at in (low - 1, high):
        if len(asked.ways()) > 1:
            yield from asked.probe([cell(at, other) for other in others])
            agree = (other for other in others if cell(at, other) in asked.decided)
            others = range(next(agree, near), near, others.step)
    if len(asked.ways()) < 2:
        return None
    # Both ends agree, so that this holds between them whichever way the axis runs.
    heights = Heights(asked.sizes, way)
    passing, failing = (0, asked.sizes[idle] - 1)[:: way[idle].step]
    heights.learn(cell(low - 1, passing), Answer.FAILED)
    heights.learn(cell(high, failing), Answer.PASSED)
    span = (min(near, others.start), max(near, others.start))
    return (*asked.whole[:idle], span, *asked.whole[idle + 1 :]), heights.steps()


def _walk(asked: _Asked, way: Way) -> Search[Point, tuple[Step, ...]]:
    """Follow the boundary between the first and the last column and give the steps.

    Between two columns: where does the row under the height of the left one end, and how high is
    the column behind that. Unresolved cells leave the height of a column in doubt: where it is so
    at both, and alike, nothing between is asked; else the middle column is next.
    """
    heights = Heights(asked.sizes, way)
    for point, answer in asked.answers.items():
        heights.learn(point, answer)
    asked.tell = heights.learn
    low, high = heights.low, heights.high
    spans = [(0, len(low) - 1)]
    yield from _leg(asked, heights, partial(heights.column, 0))
    yield from _leg(asked, heights, lambda: heights.column(len(low) - 1)[::-1])
    while spans:
        left, right = spans.pop()
        alike = (low[left], high[left]) == (low[right], high[right])
        if alike or not any(map(heights.is_open, range(left + 1, right))):
            continue
        last, behind = left, right
        if low[left] > low[right]:
            row = low[left] - 1
            yield from _leg(asked, heights, partial(heights.row, row, left + 1, right))
            last = max(column for column in range(left, right) if low[column] > row)
            behind = next((c for c in range(last + 1, right) if high[c] <= row), right)
        if (last, behind) == (left, right):
            last = behind = (left + right) // 2
        yield from _leg(asked, heights, partial(heights.column, behind), end_first=True)
        yield from _leg(asked, heights, partial(heights.column, last))
        spans += [(left, last), (last, behind), (behind, right)]
    return heights.steps()


def _leg(
    asked: _Asked,
    heights: Heights,
    line: Callable[[], Sequence[Point]],
    *,
    end_first: bool = False,
) -> Search[Point, None]:
    """Bisect a line of cells in doubt in such a way that m + n + 4 questions stay the worst case.

    To spare are the questions that m + n + 4 leaves if all that is in doubt is walked cell by cell;
    one that ends no column and no row takes one from them. Half of them are risked at most: a jump
    that succeeds wins more back. With ``end_first`` one is spent on the line's last cell, which may
    save all the rest.
    """

    def spare() -> int:
        return max(0, sum(asked.sizes) + 4 - len(asked.decided) - heights.walk)

    def reach() -> int:
        cells, left = len(line()), spare()
        if len(asked.decided) < len(asked.answers):
            return cells
        if left < len(_PATIENCE):
            return 2 if start - cells >= _PATIENCE[left] else 1
        return min(cells, 1 << left // 2)

    if end_first and len(line()) > 1 and spare():
        yield from asked.ask(line()[-1])
    start = len(line())
    yield from asked.narrow(line, reach)


def _kind(steps: Sequence[Step]) -> Kind:
    if not steps:
        return Kind.UNDECIDED
    bounded = [bound for step in steps for bound in step.bounds if bound is not None]
    return Kind.ONE_AXIS if len(steps) == len(bounded) == 1 else Kind.STAIRCASE


def _inwards(corner: Point, sizes: Point) -> list[Point]:
    """Give the cells on the diagonal from a corner to the middle of the grid."""
    halves = [(size - 1) // 2 for size in sizes]
    return [
        tuple(abs(place - min(inwards, half)) for place, half in zip(corner, halves, strict=True))
        for inwards in range(max(halves) + 1)
    ]


def _put(point: Point, axis: int, place: int) -> Point:
    return (*point[:axis], place, *point[axis + 1 :])
