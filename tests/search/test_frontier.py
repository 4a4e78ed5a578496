"""The failing region over several series: right, sparing, and in doubt where nothing resolves."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from versect.search.ask import Answer, Ask, Search, drive
from versect.search.frontier import box, frontier
from versect.search.region import (
    Bound,
    Kind,
    Point,
    Region,
    Step,
    Towards,
    constraint,
    safe_pins,
)

PASSED, FAILED, OTHER, UNRESOLVED = Answer
Truth = Callable[[Point], Answer]


@dataclass(frozen=True)
class Grid:
    """A staircase by the heights of its columns, mirrored on either axis."""

    heights: tuple[int, ...]
    rows: int
    mirrored: tuple[bool, bool] = (False, False)

    @property
    def sizes(self) -> Point:
        return len(self.heights), self.rows

    @property
    def cells(self) -> list[Point]:
        return list(itertools.product(*map(range, self.sizes)))

    @property
    def failing_corners(self) -> int:
        m, n = self.sizes
        return sum(
            self(cell) is FAILED for cell in {(0, 0), (0, n - 1), (m - 1, 0), (m - 1, n - 1)}
        )

    def __call__(self, cell: Point) -> Answer:
        column, row = (
            size - 1 - place if mirrored else place
            for place, size, mirrored in zip(cell, self.sizes, self.mirrored, strict=True)
        )
        return FAILED if row < self.heights[column] else PASSED


def stairs(m: int, n: int, corners: list[tuple[int, int]], mirrored=(False, False)) -> Grid:
    """Cells below any of the corners, counted in columns and rows."""
    heights = (max((r for c, r in corners if column < c), default=0) for column in range(m))
    return Grid(tuple(heights), n, mirrored)


def ask(search: Search[Point, Region], truth: Truth) -> Region:
    """Drive a search alone; nothing may be asked twice, and all that was asked is known."""
    asked: list[Point] = []
    try:
        question = next(search)
        while True:
            assert question.repeat == 0
            asked.append(question.point)
            question = search.send(truth(question.point))
    except StopIteration as end:
        region = end.value
    assert len(asked) == len(set(asked)) == region.asked
    assert dict(region.known) == {cell: truth(cell) for cell in asked}
    return region


def holds(step: Step, cell: Point, *, possible: bool) -> bool:
    for bound, place in zip(step.bounds, cell, strict=True):
        if bound is not None:
            end = bound.possible if possible else bound.proven
            if (place - end) * bound.towards.step < 0:
                return False
    return True


def said(region: Region, cell: Point) -> Answer | None:
    """What the steps alone say of a cell."""
    if any(holds(step, cell, possible=False) for step in region.steps):
        return FAILED
    if any(holds(step, cell, possible=True) for step in region.steps):
        return None
    return PASSED


def log2(*sizes: int) -> int:
    return sum(math.ceil(math.log2(size)) for size in sizes)


@st.composite
def grids(draw: st.DrawFn, largest: int = 9) -> Grid:
    m, n = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    heights = draw(st.lists(st.integers(0, n), min_size=m, max_size=m))
    if draw(st.booleans()):  # few steps, as in life; else mostly many
        heights = draw(st.lists(st.sampled_from(heights[:2]), min_size=m, max_size=m))
    mirrored = draw(st.tuples(st.booleans(), st.booleans()))
    return Grid(tuple(sorted(heights, reverse=True)), n, mirrored)


@st.composite
def half_dark_grids(draw: st.DrawFn) -> tuple[Grid, Truth]:
    """A grid, and what is seen of it: cells, columns, rows and a block do not resolve."""
    grid = draw(grids())
    m, n = grid.sizes
    columns = draw(st.frozensets(st.integers(0, m - 1), max_size=2))
    rows = draw(st.frozensets(st.integers(0, n - 1), max_size=2))
    lone = draw(st.frozensets(st.sampled_from(grid.cells), max_size=draw(st.integers(0, m * n))))
    left, width = draw(st.integers(0, m)), draw(st.integers(0, m))
    low, height = draw(st.integers(0, n)), draw(st.integers(0, n))

    def seen(cell: Point) -> Answer:
        in_block = left <= cell[0] < left + width and low <= cell[1] < low + height
        if cell in lone or cell[0] in columns or in_block:
            return UNRESOLVED
        return OTHER if cell[1] in rows else grid(cell)

    return grid, seen


@given(grids())
@settings(max_examples=200)
def test_every_cell_is_known_and_right_after_few_questions(grid: Grid):
    m, n = grid.sizes
    region = ask(frontier(m, n, checks=0), grid)
    assert all(region.claim(cell) is grid(cell) for cell in grid.cells)
    two = grid.failing_corners == 2
    assert region.asked <= m + n + 4 + two * log2(max(m, n))
    assert region.within == ((0, m - 1), (0, n - 1))
    assert region.monotone
    assert not region.contradictions
    failing = {cell for cell in grid.cells if grid(cell) is FAILED}
    if not failing or len(failing) == m * n:
        assert region.kind is (Kind.EVERYWHERE if failing else Kind.NOWHERE)
        assert region.asked <= 4
        assert region.steps == ()
        return
    assert all(said(region, cell) is grid(cell) for cell in grid.cells)
    distinct = set(grid.heights) - {0}
    assert len(region.steps) == len(distinct)
    half = len(set(grid.heights)) == 1 or distinct == {n}
    assert region.kind is (Kind.ONE_AXIS if half else Kind.STAIRCASE)
    for bound in itertools.chain.from_iterable(step.bounds for step in region.steps):
        assert bound is None or not bound.suspects


@given(half_dark_grids(), st.integers(0, 3))
@settings(max_examples=200)
def test_nothing_is_claimed_that_unresolved_cells_could_disprove(dark, checks: int):
    grid, seen = dark
    region = ask(frontier(*grid.sizes, checks=checks), seen)
    assert region.monotone
    for cell in grid.cells:
        assert region.claim(cell) in (None, grid(cell))
        within = all(a <= place <= b for place, (a, b) in zip(cell, region.within, strict=True))
        if region.steps and within:
            assert said(region, cell) in (None, grid(cell))
    if region.kind in (Kind.NOWHERE, Kind.EVERYWHERE):
        assert len({grid(cell) for cell in grid.cells}) == 1
    assert (region.kind is Kind.UNDECIDED) <= (not region.steps)


@pytest.mark.parametrize(("m", "n"), [(8, 8), (16, 40), (7, 33), (64, 64), (90, 4)])
def test_a_box_takes_twice_the_logarithms_at_most(m: int, n: int):
    columns, rows = (sorted({1, 2, 3, size // 3, size // 2, size - 2, size - 1}) for size in (m, n))
    for a, b in itertools.product(columns, rows):
        inner = stairs(m, n, [(a, b)], (True, False))
        outer = stairs(m, n, [(m, b), (a, n)], (False, True))
        for grid in (inner, outer):
            region = ask(frontier(m, n, checks=0), grid)
            assert region.asked <= 4 + 2 * log2(m, n) + 4
            assert len(region.steps) == (1 if grid is inner else 2)


@pytest.mark.parametrize(("m", "n"), [(64, 50), (1, 300), (500, 2)])
def test_half_a_plane_takes_one_bisection_and_two_questions_at_the_other_end(m: int, n: int):
    for at in {1, n // 2, n - 1}:
        region = ask(frontier(m, n, checks=0), stairs(m, n, [(m, at)], (False, True)))
        assert region.kind is Kind.ONE_AXIS
        assert region.towards == (None, Towards.NEWER)
        assert region.asked <= 6 + log2(n)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_few_steps_take_few_questions(steps: int):
    m, n = 100, 90
    chance = random.Random(steps)
    for _ in range(20):
        columns = sorted(chance.sample(range(1, m), steps))
        rows = sorted(chance.sample(range(1, n), steps), reverse=True)
        grid = stairs(m, n, list(zip(columns, rows, strict=True)), (chance.random() < 0.5, True))
        region = ask(frontier(m, n, checks=0), grid)
        assert len(region.steps) == steps
        assert region.asked <= 4 + (steps + 1) * log2(m, n)


@pytest.mark.parametrize("long", [1, 2, 3, 5, 20])
def test_a_staircase_of_many_steps_takes_no_more_than_a_walk(long: int):
    m = n = 61
    corners = [(at + 1, max(0, n - 1 - at)) for at in range(0, m, long)]
    assert ask(frontier(m, n, checks=0), stairs(m, n, corners)).asked <= m + n + 4


DARK = {
    "block": lambda at, wide: lambda c: all(at - wide // 2 <= x < at + wide // 2 for x in c),
    "columns": lambda at, wide: lambda c: at - wide // 2 <= c[0] < at + wide // 2,
    "rows": lambda at, wide: lambda c: at - wide // 2 <= c[1] < at + wide // 2,
    "oldest": lambda at, wide: lambda c: min(c) < wide,
    "newest": lambda at, wide: lambda c: max(c) >= 127 - wide,
}


@pytest.mark.parametrize("shape", DARK)
def test_a_block_of_unresolved_cells_does_not_make_the_search_linear(shape: str):
    m = n = 128
    grid = stairs(m, n, [(64, 64), (30, 100)])
    for wide in (2, 8, 32):
        dark = DARK[shape](64, wide)
        seen = lambda c, dark=dark: UNRESOLVED if dark(c) else grid(c)  # noqa: E731
        region = ask(frontier(m, n, checks=0), seen)
        assert region.asked <= 40 + 2 * log2(wide + 1) * log2(m, n)
        assert region.kind is Kind.STAIRCASE
        assert all(said(region, cell) in (None, grid(cell)) for cell in grid.cells[::7])


def test_a_release_that_never_resolves_widens_the_interval_and_no_more():
    grid = stairs(20, 20, [(7, 12)])
    seen = lambda c: UNRESOLVED if c[0] in (6, 7) else grid(c)  # noqa: E731
    (step,) = ask(frontier(20, 20), seen).steps
    assert step.bounds == (
        Bound(towards=Towards.OLDER, proven=5, possible=7),
        Bound(towards=Towards.OLDER, proven=11, possible=11),
    )
    assert list(step.bounds[0].suspects) == [6, 7]


def test_releases_at_the_end_that_never_resolve_are_left_out_of_half_a_plane():
    grid = stairs(30, 20, [(11, 20)])
    seen = lambda c: OTHER if c[1] > 17 else grid(c)  # noqa: E731
    region = ask(frontier(30, 20), seen)
    assert region.kind is Kind.ONE_AXIS
    assert region.within[0] == (0, 29)
    assert region.within[1][0] == 0
    assert 10 < region.within[1][1] < 18
    assert len(region.unproven) == 3


def test_a_cell_known_to_fail_helps_where_corners_do_not_resolve():
    grid = stairs(60, 50, [(51, 20)], (False, True))
    # Old releases of the one project refuse new ones of the other.
    seen = lambda c: UNRESOLVED if c[0] < 40 and c[1] >= 30 else grid(c)  # noqa: E731
    assert ask(frontier(60, 50, checks=0), seen).kind is Kind.UNDECIDED
    region = ask(frontier(60, 50, first=[(45, 40)]), seen)
    assert region.kind is Kind.STAIRCASE
    assert region.towards == (Towards.OLDER, Towards.NEWER)
    assert all(said(region, cell) in (None, grid(cell)) for cell in grid.cells)


def test_a_window_in_the_middle_of_either_side_is_found_by_checks():
    grid = stairs(40, 40, [(20, 40)])
    for window, claimed in (((28, 33), PASSED), ((5, 14), FAILED)):
        opposite = FAILED if claimed is PASSED else PASSED
        seen = lambda c, w=window, o=opposite: o if w[0] <= c[0] <= w[1] else grid(c)  # noqa: E731
        blind = lambda c, s=seen: s(c) if 10 <= c[1] <= 30 else grid(c)  # noqa: E731
        assert ask(frontier(40, 40, checks=0), blind).monotone
        region = ask(frontier(40, 40, checks=4), blind)
        assert region.kind is Kind.CONTRADICTORY
        assert not region.monotone
        assert any(blind(cell) is not grid(cell) for cell in region.contradictions)
        assert region.steps  # found before the check that disagreed
        assert safe_pins(region, ["a", "b"], [[]] * 2) == ()


@pytest.mark.parametrize("checks", [0, 1, 5])
def test_checks_are_as_many_as_stated_and_change_nothing_where_all_is_monotone(checks: int):
    grid = stairs(50, 30, [(20, 10)], (True, True))
    without, region = (ask(frontier(50, 30, checks=k), grid) for k in (0, checks))
    assert region.checks == region.asked - without.asked == checks
    assert region.steps == without.steps
    assert region.known[: without.asked] == without.known


def test_corners_that_fail_crosswise_are_contradictory():
    region = ask(frontier(9, 9), lambda c: FAILED if (c[0] < 4) == (c[1] < 4) else PASSED)
    assert region.kind is Kind.CONTRADICTORY
    assert set(region.contradictions) <= {(0, 0), (0, 8), (8, 0), (8, 8)}
    assert region.steps == ()
    assert region.towards == (None, None)
    assert region.claim((0, 0)) is FAILED
    assert region.claim((1, 1)) is None


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_the_number_of_workers_changes_neither_questions_nor_region(jobs: int):
    grid = stairs(30, 20, [(12, 9), (20, 4)], (False, True))
    seen = lambda c: UNRESOLVED if c[0] == 20 or sum(c) % 7 == 0 else grid(c)  # noqa: E731
    asked: list[Ask[Point]] = []
    with ThreadPoolExecutor(jobs) as executor:
        region = drive(
            lambda: frontier(30, 20),
            lambda question: seen(question.point),
            executor=executor,
            jobs=jobs,
            asked=lambda question, _: asked.append(question),
        )
    assert region == ask(frontier(30, 20), seen)
    assert [question.point for question in asked] == [cell for cell, _ in region.known]


@st.composite
def boxes(draw: st.DrawFn):
    """Sizes, a failing and a passing end, and for some axes how many places fail."""
    sizes = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    bad = tuple(draw(st.sampled_from([0, size - 1])) for size in sizes)
    good = tuple(size - 1 - place for size, place in zip(sizes, bad, strict=True))
    long = [axis for axis, size in enumerate(sizes) if size > 1]
    bounded = draw(st.sets(st.sampled_from(long), min_size=1)) if long else set()
    return sizes, bad, good, {axis: draw(st.integers(1, sizes[axis] - 1)) for axis in bounded}


@given(boxes())
def test_a_box_is_found_exactly_with_a_bisection_for_each_axis_that_matters(drawn):
    sizes, bad, good, reaches = drawn
    if not reaches:
        return
    truth = lambda c: (  # noqa: E731
        FAILED
        if all(abs(c[axis] - bad[axis]) < reach for axis, reach in reaches.items())
        else PASSED
    )
    region = ask(box(sizes, bad, good), truth)
    cells = itertools.product(*map(range, sizes))
    assert all(said(region, cell) is truth(cell) for cell in cells)
    assert region.kind is (Kind.ONE_AXIS if len(reaches) == 1 else Kind.STAIRCASE)
    assert region.asked <= 3 + len(sizes) + log2(*(sizes[axis] for axis in reaches))


@given(boxes(), st.data())
def test_a_box_claims_nothing_that_other_steps_or_unresolved_cells_could_disprove(drawn, data):
    sizes, bad, good, reaches = drawn
    cells = list(itertools.product(*map(range, sizes)))
    corners = data.draw(st.lists(st.sampled_from(cells), max_size=3)) if reaches else []
    lost = data.draw(st.frozensets(st.sampled_from(cells), max_size=10)) - {bad, good}

    def truth(cell: Point) -> Answer:
        apart = [abs(place - end) for place, end in zip(cell, bad, strict=True)]
        fails = any(
            all(near <= abs(far - end) for near, far, end in zip(apart, corner, bad, strict=True))
            for corner in [*corners, bad]
        )
        return FAILED if fails else PASSED

    seen = lambda c: UNRESOLVED if c in lost else truth(c)  # noqa: E731
    region = ask(box(sizes, bad, good), seen)
    for cell in cells:
        assert region.claim(cell) in (None, truth(cell))
        if any(holds(step, cell, possible=False) for step in region.steps):
            assert truth(cell) is FAILED


def test_a_box_says_when_its_ends_are_not_as_given_or_it_is_no_box():
    passing = ask(box((5, 5, 5), (4, 4, 4), (0, 0, 0)), lambda _: PASSED)
    assert (passing.kind, passing.asked, passing.steps) == (Kind.UNDECIDED, 2, ())
    stair = ask(
        box((9, 9, 9), (8, 8, 8), (0, 0, 0)), lambda c: FAILED if c[0] + c[2] > 11 else PASSED
    )
    assert stair.steps[0].bounds == (
        Bound(towards=Towards.NEWER, proven=8, possible=4),
        None,
        Bound(towards=Towards.NEWER, proven=8, possible=4),
    )
    assert len(stair.unproven) == 2


OPENAI = [Version(text) for text in ("1.54.0", "1.55.0", "1.55.1", "1.55.2", "1.55.3", "1.56.0")]
HTTPX = [Version(text) for text in ("0.27.0", "0.27.1", "0.27.2", "0.28.0", "0.28.1")]
NAMES, VERSIONS = ("openai", "httpx"), (OPENAI, HTTPX)


def older(*fails: int) -> Bound:
    return Bound(towards=Towards.OLDER, proven=fails[0], possible=fails[-1])


def newer(*fails: int) -> Bound:
    return Bound(towards=Towards.NEWER, proven=fails[0], possible=fails[-1])


def region_of(
    *steps: tuple[Bound | None, ...], kind: Kind = Kind.STAIRCASE, sizes=(6, 5)
) -> Region:
    return Region(
        kind=kind,
        sizes=sizes,
        within=tuple((0, size - 1) for size in sizes),
        ways=((Towards.OLDER,) * len(sizes),),
        contradictions=(),
        steps=tuple(Step(bounds=bounds) for bounds in steps),
        known=(),
        checks=0,
        unproven=(),
    )


def test_the_words_of_a_whole_search():
    grid = stairs(6, 5, [(4, 2)], (False, True))
    region = ask(frontier(6, 5), grid)
    assert constraint(region, NAMES, VERSIONS) == "openai<1.55.3 and httpx>=0.28.0"
    assert safe_pins(region, NAMES, VERSIONS) == ("httpx<0.28.0", "openai>=1.55.3")


@pytest.mark.parametrize(
    ("steps", "words", "pins"),
    [
        (
            [(older(3), newer(3))],
            "openai<1.55.3 and httpx>=0.28.0",
            ("httpx<0.28.0", "openai>=1.55.3"),
        ),
        ([(None, newer(3))], "httpx>=0.28.0", ("httpx<0.28.0",)),
        ([(older(0), None)], "openai<1.55.0", ("openai>=1.55.0",)),
        (
            [(older(3), newer(3)), (older(1), newer(1))],
            "openai<1.55.3 and httpx>=0.28.0 or openai<1.55.1 and httpx>=0.27.1",
            ("httpx<0.27.1", "openai>=1.55.3"),
        ),
        ([(older(3), None), (None, newer(3))], "openai<1.55.3 or httpx>=0.28.0", ()),
        (
            [(older(1, 3), newer(4, 3))],
            "openai<1.55.3 (1.55.1 to 1.55.2 undecided) and httpx>=0.28.0 (0.28.0 undecided)",
            ("httpx<0.28.0", "openai>=1.55.3"),
        ),
        ([(older(4, 5), None)], "openai<=1.56.0 (1.56.0 undecided)", ()),
    ],
)
def test_the_words_of_regions(steps, words: str, pins):
    assert constraint(region_of(*steps), NAMES, VERSIONS) == words
    assert safe_pins(region_of(*steps), NAMES, VERSIONS) == pins


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.NOWHERE, "no combination"),
        (Kind.EVERYWHERE, "every combination"),
        (Kind.UNDECIDED, "undecided"),
        (Kind.CONTRADICTORY, "no region: the axes are not monotone"),
    ],
)
def test_the_words_where_there_is_no_region(kind: Kind, words: str):
    assert constraint(region_of(kind=kind), NAMES, VERSIONS) == words
    assert safe_pins(region_of(kind=kind), NAMES, VERSIONS) == ()


@pytest.mark.parametrize(
    ("series", "last", "words"),
    [
        ("1.0 1.1 2.0", 0, "a<1.1"),
        # PEP 440 keeps pre-releases of the bound out of "<".
        ("1.0 1.1rc1 1.1 2.0", 1, "a<=1.1rc1"),
        # In order of upload a release of an old line comes late.
        ("1.0 2.0 1.1 3.0", 1, "a>=1.0,<=2.0,!=1.1"),
    ],
)
def test_a_specifier_chooses_exactly_the_releases_meant(series: str, last: int, words: str):
    versions = [Version(text) for text in series.split()]
    region = region_of((older(last),), kind=Kind.ONE_AXIS, sizes=(len(versions),))
    assert constraint(region, ["a"], [versions]) == words


@given(
    st.permutations(["0.9", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.1", "2.0"]), st.integers(1, 6)
)
def test_specifiers_and_pins_part_any_series(order: list[str], at: int):
    versions = [Version(text) for text in order]
    for bound, failing in ((older(at - 1), versions[:at]), (newer(at), versions[at:])):
        region = region_of((bound,), kind=Kind.ONE_AXIS, sizes=(len(versions),))
        bad = SpecifierSet(constraint(region, ["a"], [versions])[1:])
        (pin,) = safe_pins(region, ["a"], [versions])
        good = SpecifierSet(pin[1:])
        assert [v for v in versions if bad.contains(v, prereleases=True)] == failing
        assert not [v for v in failing if good.contains(v, prereleases=True)]
        assert all(good.contains(v, prereleases=True) for v in versions if v not in failing)
