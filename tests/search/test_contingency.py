"""Small exact statistics, against scipy's, against brute force, and held to their own promises."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from versect.search import contingency
from versect.search.contingency import (
    Method,
    Table,
    cramers_v,
    dependence,
    interval,
    largest_difference,
    spread,
    tabulated,
)


def pairs_of(counts):
    """Give the pairs behind rows of counts: values 0, 1, ..., outcomes a, b, ..."""
    return [
        (str(value), "abc"[outcome])
        for value, row in enumerate(counts)
        for outcome, count in enumerate(row)
        for _ in range(count)
    ]


def p_of(*strata):
    return dependence(map(pairs_of, strata))


@pytest.mark.parametrize(
    ("counts", "p"),
    [
        ([[3, 0], [0, 3]], 0.1),
        ([[5, 0], [0, 5]], 2 / 252),
        ([[1, 9], [11, 3]], 0.0027594561852200836),  # the example of scipy's documentation
        ([[1, 0], [0, 1]], 1.0),
        ([[1, 0], [0, 1], [1, 0]], 1.0),
        # Three values of three trials, one of which fails always: 3!6!/9! each, three such tables.
        ([[3, 0], [3, 0], [0, 3]], 3 / 84),
    ],
)
def test_small_tables_have_their_exact_p_value(counts, p):
    found = p_of(counts)
    assert found.method is Method.EXACT
    assert found.p == pytest.approx(p)


@given(st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=2), min_size=2, max_size=2))
def test_of_two_values_and_two_outcomes_it_is_fishers_test(counts):
    found = p_of(counts)
    if found.method is not Method.CONSTANT:
        assert found.p == pytest.approx(stats.fisher_exact(counts).pvalue)


small = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=6)


def by_brute_force(strata):
    """Deal out the outcomes in every possible way and count pooled tables no likelier."""

    def pooled(dealt):
        pairs = (
            pair
            for stratum, outcomes in zip(strata, dealt, strict=True)
            for pair in zip((value for value, _ in stratum), outcomes, strict=True)
        )
        return tuple(sorted(pairs))

    ways = [list(itertools.permutations([outcome for _, outcome in s])) for s in strata]
    tables = {}
    for dealt in itertools.product(*ways):
        tables[pooled(dealt)] = tables.get(pooled(dealt), 0) + 1
    seen = tables[pooled([[outcome for _, outcome in s] for s in strata])]
    return sum(n for n in tables.values() if n <= seen) / sum(tables.values())


@settings(max_examples=40)
@given(st.lists(small, min_size=1, max_size=2).filter(lambda s: sum(map(len, s)) <= 8))
def test_the_exact_test_counts_every_arrangement(strata):
    named = [[(str(value), str(outcome)) for value, outcome in stratum] for stratum in strata]
    found = dependence(named)
    assert found.p == pytest.approx(by_brute_force(strata))


def test_what_strata_do_differently_among_themselves_does_not_count():
    alike = [[4, 0], [4, 0]]
    contrary = [[0, 4], [0, 4]]
    assert p_of(alike, contrary).method is Method.CONSTANT
    assert p_of(alike, contrary).p == 1


def test_strata_add_up_to_more_than_each_of_them():
    one = [[2, 0], [0, 2]]
    assert p_of(one).p == pytest.approx(1 / 3)
    assert p_of(one, one, one).p < 0.02


def test_large_tables_take_the_chi_square_distribution():
    counts = [[40, 60, 50], [55, 45, 60], [35, 65, 70], [48, 52, 40]]
    found = p_of(counts)
    assert found.method is Method.CHI_SQUARE
    assert found.p == pytest.approx(stats.chi2_contingency(counts).pvalue)


def test_large_tables_with_rare_outcomes_are_dealt_out_anew():
    counts = [[30, 2], [29, 3], [31, 1], [28, 4], [30, 2], [26, 6], [32, 0], [31, 1], [29, 3]]
    found = p_of(counts)
    assert found.method is Method.PERMUTATION
    assert found.p == p_of(counts).p
    assert found.p == pytest.approx(stats.chi2_contingency(counts).pvalue, abs=0.05)


def test_drawing_agrees_with_listing(monkeypatch):
    counts = [[6, 1], [3, 4], [2, 5]]
    listed = p_of(counts)
    monkeypatch.setattr(contingency, "_LISTED", 1)
    drawn = p_of(counts)
    assert (listed.method, drawn.method) == (Method.EXACT, Method.PERMUTATION)
    assert drawn.p == pytest.approx(listed.p, abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_independent_outcomes_are_called_dependent_no_more_often_than_said(seed):
    random = np.random.default_rng(seed)
    rounds = 300
    false_alarms = 0
    for _ in range(rounds):
        counts = [[int(n), 6 - int(n)] for n in random.binomial(6, 0.4, size=3)]
        false_alarms += p_of(counts).p <= 0.1
    assert false_alarms / rounds <= 0.1 + 3 * math.sqrt(0.1 * 0.9 / rounds)


def test_all_alike_is_no_dependence_and_leaves_much_possible():
    found = p_of([[3, 0]] * 5)
    assert (found.method, found.p, found.v) == (Method.CONSTANT, 1.0, None)
    assert found.missed > 0.8
    assert p_of([[300, 0]] * 5).missed < 0.02


@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_interval_is_clopper_and_pearsons(times, more, confidence):
    trials = times + more
    low, high = interval(times, trials, confidence)
    if trials == 0:
        assert (low, high) == (0, 1)
        return
    theirs = stats.binomtest(times, trials).proportion_ci(confidence, method="exact")
    assert (low, high) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.85])
@pytest.mark.parametrize("trials", [5, 39, 100])
def test_the_interval_holds_the_truth_at_least_as_often_as_it_says(share, trials):
    held = sum(
        stats.binom.pmf(times, trials, share)
        for times in range(trials + 1)
        if interval(times, trials, 0.9)[0] <= share <= interval(times, trials, 0.9)[1]
    )
    assert held >= 0.9


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.4, 0.6), (1.0, 1.0, 1.0, 1.0)])
def test_the_largest_difference_left_possible_is_seldom_exceeded(shares):
    random = np.random.default_rng(7)
    true = max(shares) - min(shares)
    rounds = 400
    exceeded = 0
    for _ in range(rounds):
        counts = tuple((int(n), 12 - int(n)) for n in random.binomial(12, shares))
        table = Table(
            values=tuple(map(str, range(len(shares)))), outcomes=("a", "b"), counts=counts
        )
        exceeded += true > largest_difference(table, 0.95)
    assert exceeded / rounds <= 0.05


def test_cramers_v_is_corrected():
    perfect = tabulated(pairs_of([[10, 0], [0, 10]]))
    assert cramers_v(perfect) == pytest.approx(1.0)
    assert cramers_v(tabulated(pairs_of([[5, 5], [5, 5]]))) == 0
    # Bergsma 2013 by hand: phi2 = 0.04, less 1/99; r' = c' = 2 - 1/99.
    seen = cramers_v(tabulated(pairs_of([[30, 20], [20, 30]])))
    assert seen == pytest.approx(math.sqrt((0.04 - 1 / 99) / (1 - 1 / 99)))
    assert cramers_v(tabulated(pairs_of([[1, 0], [0, 1]]))) is None
    assert cramers_v(tabulated([])) is None


@pytest.mark.parametrize("rows", [2, 4])
def test_cramers_v_of_independent_outcomes_is_small_on_average(rows):
    random = np.random.default_rng(3)
    found = [
        cramers_v(tabulated(pairs_of([[n, 8 - n] for n in random.binomial(8, 0.5, size=rows)])))
        for _ in range(300)
    ]
    assert np.mean([v for v in found if v is not None]) < 0.2


def test_values_and_outcomes_keep_their_order():
    table = tabulated([("10", "passed"), ("1", "failed"), ("10", "passed")])
    assert table == Table(
        values=("10", "1"), outcomes=("passed", "failed"), counts=((2, 0), (0, 1))
    )
    assert table.total == 3


numbered = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from([0.0, 0.2, 0.6, 1.0])), min_size=1, max_size=6
)


def between(pairs):
    """Give the sum of squares between values."""
    whole = np.mean([number for _, number in pairs])
    groups = {value: [n for v, n in pairs if v == value] for value, _ in pairs}
    return sum(len(found) * (np.mean(found) - whole) ** 2 for found in groups.values())


@settings(max_examples=40)
@given(numbered)
def test_the_spread_of_numbers_is_held_against_every_arrangement(pairs):
    method, p = spread([pairs])
    values = [value for value, _ in pairs]
    dealt = [
        between(list(zip(values, numbers, strict=True)))
        for numbers in itertools.permutations([number for _, number in pairs])
    ]
    assert p == pytest.approx(np.mean([one >= between(pairs) - 1e-9 for one in dealt]))
    assert method in (Method.EXACT, Method.CONSTANT)


def test_numbers_that_repeat_within_each_value_and_differ_between_them_depend_on_it():
    rates = {"3.11": 0.6, "3.12": 0.4, "3.13": 0.0}
    method, p = spread([[(value, rate) for value, rate in rates.items() for _ in range(10)]])
    assert method is Method.PERMUTATION
    assert p == pytest.approx(1e-4)
    method, p = spread([list(rates.items())])
    assert (method, p) == (Method.EXACT, 1.0)


def test_numbers_of_different_strata_are_not_compared():
    low = [("x", 0.1), ("x", 0.1), ("y", 0.1), ("y", 0.1)]
    high = [(value, number + 0.8) for value, number in low]
    assert spread([low, high]) == (Method.CONSTANT, 1.0)


@pytest.mark.parametrize("size", [3, 8])
def test_numbers_that_depend_on_nothing_are_seldom_said_to(size):
    random = np.random.default_rng(11)
    rounds = 150
    false_alarms = 0
    for _ in range(rounds):
        pairs = [(value, float(random.normal())) for value in "xyz" for _ in range(size)]
        false_alarms += spread([pairs])[1] <= 0.1
    assert false_alarms / rounds <= 0.1 + 3 * math.sqrt(0.1 * 0.9 / rounds)
