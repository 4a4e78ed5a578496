"""Whether outcomes depend on a value, and how sure a share is: small exact statistics (pure).

Cells are few and often answer all alike, so that nothing here leans on large numbers where it can
be avoided: tests are exact where their tables can be listed, and intervals are Clopper-Pearson's.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

_LISTED: Final = 20_000
"""Tables that are listed for an exact test; beyond, arrangements are drawn."""
_DRAWN: Final = 9_999
_COCHRAN: Final = 5.0
"""Expected count from which the chi-square distribution serves (Cochran 1954)."""
_TIE: Final = 1e-9


class Method(StrEnum):
    """How a p-value was come by. The value is what is stored and shown."""

    CONSTANT = "constant"
    """All outcomes are alike, or there is one value: no table is less likely, p = 1."""
    EXACT = "exact"
    """Every table with the same margins was listed (Fisher 1935; Freeman and Halton 1951)."""
    CHI_SQUARE = "chi-square"
    """Pearson's statistic, every expected count being 5 or more."""
    PERMUTATION = "permutation"
    """Outcomes were dealt out anew 9,999 times (Phipson and Smyth 2010)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How often each value had each outcome."""

    values: tuple[str, ...]
    outcomes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    """A row a value, a column an outcome."""

    @property
    def total(self) -> int:
        """All trials."""
        return sum(map(sum, self.counts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """What a test of independence says."""

    method: Method
    p: float
    """The chance of a table as unlikely as this one, were outcomes independent of the value."""
    v: float | None
    """Cramer's V without its bias (Bergsma 2013), from 0 for independence to 1; None where it
    cannot be estimated: outcomes are constant, or each value was tried once."""
    missed: float
    """The largest difference between two values in the share of any outcome that the trials leave
    possible (simultaneous bound at the confidence asked for)."""
    trials: int


def tabulated(pairs: Iterable[tuple[str, str]]) -> Table:
    """Count pairs of value and outcome, both in the order in which they first appear."""
    counts = Counter(pairs)
    values = tuple(dict.fromkeys(value for value, _ in counts))
    outcomes = tuple(dict.fromkeys(outcome for _, outcome in counts))
    rows = tuple(tuple(counts[value, outcome] for outcome in outcomes) for value in values)
    return Table(values=values, outcomes=outcomes, counts=rows)


def dependence(
    strata: Iterable[Iterable[tuple[str, str]]], *, confidence: float = 0.95
) -> Dependence:
    """Test whether outcomes depend on a value, other things being equal.

    The table tested is the sum over strata; its distribution is the one under all ways of dealing
    out each stratum's outcomes to its own trials, so that what strata do differently among
    themselves counts neither for nor against. Opposite effects in two strata cancel out. Of one
    stratum this is Fisher's exact test (of any size of table: Freeman and Halton's), for many it
    is the exact form of Mantel and Haenszel's (1959).

    Args:
        strata: Pairs of value and outcome, those together that are alike in all else.
        confidence: Of ``missed``.

    """
    pairs = [tuple(found) for found in strata]
    whole = tabulated(pair for found in pairs for pair in found)
    arrays = [_counts(found, whole) for found in pairs if found]
    method, p = _p_value(arrays)
    return Dependence(
        method=method,
        p=p,
        v=None if method is Method.CONSTANT else cramers_v(whole),
        missed=largest_difference(whole, confidence),
        trials=whole.total,
    )


def spread(strata: Iterable[Iterable[tuple[str, float]]]) -> tuple[Method, float]:
    """Test whether a number that trials measured depends on a value, other things being equal.

    The statistic is the sum of squares between values within strata, as in the analysis of
    variance; its distribution is the one under all ways of dealing out each stratum's numbers
    (Pitman 1938), so that no form of distribution is assumed, nor that what one trial counted
    was counted independently.

    Args:
        strata: Pairs of value and number, those together that are alike in all else.

    Returns:
        How the p-value was come by, and it.

    """
    groups = [tuple(found) for found in strata]
    groups = [g for g in groups if len({v for v, _ in g}) > 1 and len({n for _, n in g}) > 1]
    if not groups:
        return Method.CONSTANT, 1.0
    named = [_numbered(group) for group in groups]
    seen = sum(_between(values, numbers[np.newaxis])[0] for values, numbers in named)
    if len(named) == 1:
        every = _arrangements(*named[0])
        if every is not None:
            least = seen * (1 - _TIE) - _TIE
            return Method.EXACT, float((_between(named[0][0], every) >= least).mean())
    random = np.random.default_rng(0)
    drawn = np.zeros(_DRAWN)
    for values, numbers in named:
        dealt = random.permuted(np.tile(numbers, (_DRAWN, 1)), axis=1)
        drawn += _between(values, dealt)
    count = np.count_nonzero(drawn >= seen * (1 - _TIE) - _TIE)
    return Method.PERMUTATION, float((count + 1) / (_DRAWN + 1))


def interval(times: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Give the exact confidence interval of a share (Clopper and Pearson 1934, two-sided).

    It holds the true share at least as often as ``confidence`` says, mostly more often.

    Args:
        times: How often it happened, 0 to ``trials``.
        trials: How often it could have; 0 gives the whole of 0 to 1.
        confidence: Between 0 and 1.

    """
    tail = (1 - confidence) / 2
    low = 0.0 if times == 0 else float(special.betaincinv(times, trials - times + 1, tail))
    high = 1.0
    if times < trials:
        high = float(special.betaincinv(times + 1, trials - times, 1 - tail))
    return low, high


def largest_difference(table: Table, confidence: float = 0.95) -> float:
    """Give the largest difference of two values' shares of one outcome that cannot be excluded.

    Each value's share has an exact interval; together they hold as often as ``confidence`` says
    (Bonferroni: each errs by that part of the whole), and the farthest ends are compared. With few
    trials of a value this is close to 1, and then nothing is excluded.
    """
    values = len(table.values)
    if values < 2:
        return 0.0
    each = 1 - (1 - confidence) / values
    widest = 0.0
    # Two outcomes complement one another: their differences are the same.
    columns = range(1 if len(table.outcomes) == 2 else len(table.outcomes))
    for column in columns:
        ends = [interval(row[column], sum(row), each) for row in table.counts]
        widest = max(
            widest,
            *(
                high - low
                for i, (_, high) in enumerate(ends)
                for j, (low, _) in enumerate(ends)
                if i != j
            ),
        )
    return widest


def cramers_v(table: Table) -> float | None:
    """Give Cramer's V, corrected for its bias (Bergsma 2013, eq. 4-5); None where undefined.

    Plain V of a table with few trials is large by chance alone; the correction takes off what
    independent outcomes would show on average, and does not go below 0.
    """
    if table.total < 2:
        return None
    counts = np.asarray(table.counts, dtype=np.float64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    rows, columns = counts.shape
    trials = counts.sum()
    if min(rows, columns) < 2:
        return None
    slack = (rows - 1) * (columns - 1) / (trials - 1)
    phi = max(0.0, _chi_square(counts, _expected(counts)) / trials - slack)
    smaller = min(
        rows - (rows - 1) ** 2 / (trials - 1), columns - (columns - 1) ** 2 / (trials - 1)
    )
    return None if smaller - 1 < _TIE else float(min(1.0, math.sqrt(phi / (smaller - 1))))


Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def _numbered(pairs: Sequence[tuple[str, float]]) -> tuple[Whole, Floats]:
    """Give which value each number belongs to, values numbered from 0, and the numbers."""
    order = {value: place for place, value in enumerate(dict.fromkeys(v for v, _ in pairs))}
    values = np.array([order[value] for value, _ in pairs], dtype=np.int64)
    return values, np.array([number for _, number in pairs], dtype=np.float64)


def _between(values: Whole, dealt: Floats) -> Floats:
    """Give the sum of squares between values of each row of numbers."""
    whole = dealt.mean(axis=1)
    found = np.zeros(len(dealt))
    for value in range(int(values.max()) + 1):
        mine = dealt[:, values == value]
        found += mine.shape[1] * (mine.mean(axis=1) - whole) ** 2
    return found


def _arrangements(values: Whole, numbers: Floats) -> Floats | None:
    """Deal the numbers out to the values in every way that differs, a row each; None for many."""
    sizes = [int(size) for size in np.bincount(values)]
    ways = math.factorial(len(values)) // math.prod(map(math.factorial, sizes))
    if ways > _LISTED:
        return None
    rows: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), tuple(range(len(numbers))))]
    for size in sizes:
        rows = [
            ((*dealt, *chosen), tuple(place for place in left if place not in chosen))
            for dealt, left in rows
            for chosen in itertools.combinations(left, size)
        ]
    columns = np.argsort(values, kind="stable")
    found = np.empty((ways, len(numbers)))
    found[:, columns] = numbers[[dealt for dealt, _ in rows]]
    return found


def _counts(pairs: Iterable[tuple[str, str]], whole: Table) -> Whole:
    counts = Counter(pairs)
    return np.array(
        [[counts[value, outcome] for outcome in whole.outcomes] for value in whole.values],
        dtype=np.int64,
    )


def _p_value(strata: Sequence[Whole]) -> tuple[Method, float]:
    """Give the method for a table, as its size asks for it, and the p-value."""
    # A stratum in which there is nothing to deal out says nothing.
    strata = [s for s in strata if min(np.count_nonzero(s.sum(axis=a)) for a in (0, 1)) > 1]
    if not strata:
        return Method.CONSTANT, 1.0
    exact = _exact(strata)
    if exact is not None:
        return Method.EXACT, exact
    if len(strata) == 1:
        counts = strata[0][strata[0].sum(axis=1) > 0][:, strata[0].sum(axis=0) > 0]
        expected = _expected(counts)
        if expected.min() >= _COCHRAN:
            freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
            p = float(special.chdtrc(freedom, _chi_square(counts, expected)))
            return Method.CHI_SQUARE, p
    return Method.PERMUTATION, _drawn(strata)


def _exact(strata: Sequence[Whole]) -> float | None:
    """Add up the chances of all pooled tables no likelier than the one seen; None for too many.

    Chances are whole numbers of arrangements, so that ties are ties.
    """
    pooled: dict[tuple[int, ...], int] = {(0,) * strata[0].size: 1}
    for counts in strata:
        tables = _tables(counts)
        if tables is None or len(pooled) * len(tables) > _LISTED * 10:
            return None
        together: Counter[tuple[int, ...]] = Counter()
        for one, ways in pooled.items():
            for other, more in tables.items():
                together[tuple(map(sum, zip(one, other, strict=True)))] += ways * more
        if len(together) > _LISTED:
            return None
        pooled = dict(together)
    seen = pooled[tuple(int(count) for count in np.sum(strata, axis=0).ravel())]
    unlikely = sum(ways for ways in pooled.values() if ways <= seen)
    return unlikely / sum(pooled.values())


def _tables(counts: Whole) -> dict[tuple[int, ...], int] | None:
    """List every table with the margins of one, and the arrangements of outcomes behind each."""
    rows = [int(total) for total in counts.sum(axis=1)]
    columns = tuple(int(total) for total in counts.sum(axis=0))
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {((), columns): 1}
    for total in rows:
        longer: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        for (before, left), ways in found.items():
            for row in _shares(total, left):
                rest = tuple(have - take for have, take in zip(left, row, strict=True))
                more = math.factorial(total) // math.prod(map(math.factorial, row))
                longer[(*before, *row), rest] = ways * more
            if len(longer) > _LISTED:
                return None
        found = longer
    return {table: ways for (table, left), ways in found.items() if not any(left)}


def _shares(total: int, most: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    """Give every way to share a total among columns, none above its limit."""
    if len(most) == 1:
        if total <= most[0]:
            yield (total,)
        return
    for first in range(min(total, most[0]) + 1):
        for rest in _shares(total - first, most[1:]):
            yield (first, *rest)


def _drawn(strata: Sequence[Whole]) -> float:
    """Give the share of drawn arrangements as far from independence as the one seen, it included.

    Counting the arrangement seen keeps the test's error rate whatever the number drawn. The seed
    is fixed: the same trials have the same p-value.
    """
    random = np.random.default_rng(0)
    expected = np.sum([_expected(counts) for counts in strata], axis=0)
    seen = _chi_square(np.sum(strata, axis=0), expected)
    drawn = np.zeros((_DRAWN, *strata[0].shape))
    for counts in strata:
        rows, columns = counts.shape
        values = np.repeat(np.arange(rows), counts.sum(axis=1))
        outcomes = np.repeat(np.arange(columns), counts.sum(axis=0))
        dealt = random.permuted(np.tile(outcomes, (_DRAWN, 1)), axis=1)
        for row in range(rows):
            mine = dealt[:, values == row]
            for column in range(columns):
                drawn[:, row, column] += (mine == column).sum(axis=1)
    statistics = np.divide(
        (drawn - expected) ** 2, expected, out=np.zeros_like(drawn), where=expected > 0
    ).sum(axis=(1, 2))
    return float((np.count_nonzero(statistics >= seen - _TIE) + 1) / (_DRAWN + 1))


def _expected(counts: Whole | Floats) -> Floats:
    total = counts.sum()
    return np.asarray(np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total)


def _chi_square(counts: Whole | Floats, expected: Floats) -> float:
    """Give Pearson's statistic; where nothing is expected nothing is seen."""
    parts = np.divide(
        (counts - expected) ** 2, expected, out=np.zeros(expected.shape), where=expected > 0
    )
    return float(parts.sum())
