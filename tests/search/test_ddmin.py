"""Delta debugging: what is left brings the failure, and nothing can be taken away from it."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versect.search.ask import Answer, Ask, Found, drive, replay
from versect.search.ddmin import Minimal, minimise

Predicate = Callable[[frozenset[int]], Answer]
UNCLEAR = (Answer.UNRESOLVED, Answer.OTHER)


def search(size: int, predicate: Predicate, *, groups=(), budget=10_000):
    """Give what is found, and the sets that were asked about."""
    asked: list[frozenset[int]] = []
    generator = minimise(size, groups=groups, budget=budget)
    try:
        question = next(generator)
        while True:
            assert question == Ask(tuple(sorted(set(question.point))))
            asked.append(frozenset(question.point))
            question = generator.send(predicate(asked[-1]))
    except StopIteration as end:
        return end.value, asked


def needs(*changes: int) -> Predicate:
    """Fail with all of these changes, pass without one of them."""
    return lambda applied: Answer.FAILED if applied.issuperset(changes) else Answer.PASSED


def test_one_culprit_among_suspects_is_found_at_once():
    found, asked = search(8, needs(5), groups=[(5, 6), (0, 1, 2), (3, 4, 7)])
    assert found == Minimal(changes=(5,), proven=True, undecided=(), asked=2)
    assert asked == [{5, 6}, {5}]


def test_what_is_least_suspicious_is_taken_away_first():
    _, asked = search(4, needs(0, 1), groups=[(0,), (1,), (2,), (3,)])
    assert asked == [{0}, {1}, {2, 3}, {0, 1}]


def test_changes_that_are_needed_together_are_found_together():
    found, _ = search(100, needs(3, 50, 99))
    assert found.changes == (3, 50, 99)
    assert found.proven


def test_what_does_not_import_alone_is_kept_and_said_to_be_undecided():
    def predicate(applied):
        if 1 in applied and 2 not in applied:
            return Answer.UNRESOLVED
        return needs(1)(applied)

    found, _ = search(9, predicate)
    assert found.changes == (1, 2)
    assert found.undecided == (2,)
    assert found.proven


def test_another_failure_is_not_the_failure_and_may_hide_it():
    def predicate(applied):
        return Answer.OTHER if 2 in applied and 4 not in applied else needs(2)(applied)

    found, _ = search(5, predicate)
    assert found.changes == (2, 4)
    assert found.undecided == (4,)


def test_a_single_change_needs_no_question():
    assert search(1, needs(0)) == (Minimal(changes=(0,), proven=True, undecided=(), asked=0), [])


def test_a_spent_budget_leaves_the_smallest_set_so_far():
    found, asked = search(64, needs(40, 60), budget=8)
    assert len(asked) == found.asked == 8
    assert not found.proven
    assert {40, 60} <= set(found.changes) < set(range(64))
    assert set(found.changes) == min((s for s in asked if s >= {40, 60}), key=len)


def test_without_any_question_everything_is_left():
    found, _ = search(3, needs(0), budget=0)
    assert found == Minimal(changes=(0, 1, 2), proven=False, undecided=(), asked=0)


@pytest.mark.parametrize("groups", [[(0, 3)], [(0,), (1, 0)], [(-1,)]])
def test_groups_that_are_no_partition_are_refused(groups):
    with pytest.raises(ValueError, match="no partition of 3 changes"):
        next(minimise(3, groups=groups, budget=1))


def test_no_changes_cannot_bring_a_failure():
    with pytest.raises(ValueError, match="no partition of 0 changes"):
        next(minimise(0, budget=1))


@st.composite
def partitions(draw, size: int):
    """Give groups that hold some or all of the changes."""
    order = draw(st.permutations(range(size)))
    cuts = sorted(draw(st.sets(st.integers(0, size), max_size=4)))
    return [order[a:b] for a, b in itertools.pairwise(cuts)]


@st.composite
def arbitrary(draw):
    """Give a size, groups, and any answer at all for every set but the two that are known."""
    size = draw(st.integers(1, 6))
    seed, unclear = draw(st.integers(0, 1 << 32)), draw(st.sampled_from([0.0, 0.3, 0.7]))
    rng = random.Random(seed)
    answers = {}
    for length in range(size + 1):
        for chosen in itertools.combinations(range(size), length):
            plain = rng.choice([Answer.PASSED, Answer.FAILED])
            answers[frozenset(chosen)] = rng.choice(UNCLEAR) if rng.random() < unclear else plain
    answers[frozenset()] = Answer.PASSED
    answers[frozenset(range(size))] = Answer.FAILED
    return size, draw(partitions(size)), answers


@given(arbitrary())
def test_whatever_the_answers_nothing_can_be_taken_away_from_what_is_left(case):
    size, groups, answers = case
    found, asked = search(size, answers.__getitem__, groups=groups)
    left = frozenset(found.changes)
    assert answers[left] is Answer.FAILED
    without = {change: answers[left - {change}] for change in left}
    assert Answer.FAILED not in without.values()
    assert found.undecided == tuple(c for c in sorted(left) if without[c] in UNCLEAR)
    assert found.proven
    assert len(asked) == len(set(asked)) == found.asked
    assert not {frozenset(), frozenset(range(size))} & set(asked)


@given(arbitrary(), st.integers(0, 12))
def test_a_budget_holds_and_what_is_left_fails_all_the_same(case, budget):
    size, groups, answers = case
    whole, all_asked = search(size, answers.__getitem__, groups=groups)
    found, asked = search(size, answers.__getitem__, groups=groups, budget=budget)
    assert asked == all_asked[: len(asked)]
    assert len(asked) == len(set(asked)) <= budget
    assert answers[frozenset(found.changes)] is Answer.FAILED
    if budget >= whole.asked:
        assert found == whole
    if found.proven:
        assert Answer.FAILED not in (answers[frozenset(found.changes) - {c}] for c in found.changes)


@st.composite
def monotone(draw):
    """Give a size, groups, and sets of changes each of which brings the failure."""
    size = draw(st.integers(1, 30))
    causes = draw(
        st.lists(st.frozensets(st.integers(0, size - 1), min_size=1), min_size=1, max_size=3)
    )
    return size, draw(partitions(size)), causes


@given(monotone())
def test_of_several_causes_exactly_one_is_left(case):
    size, groups, causes = case
    found, _ = search(
        size,
        lambda s: Answer.FAILED if any(c <= s for c in causes) else Answer.PASSED,
        groups=groups,
    )
    smallest = {c for c in causes if not any(other < c for other in causes)}
    assert frozenset(found.changes) in smallest
    assert (found.proven, found.undecided) == (True, ())


@given(st.integers(2, 300), st.data())
def test_few_culprits_among_many_changes_cost_a_logarithm(size, data):
    count = data.draw(st.integers(1, min(4, size)))
    culprits = data.draw(st.sets(st.integers(0, size - 1), min_size=count, max_size=count))
    found, asked = search(size, needs(*culprits))
    assert set(found.changes) == culprits
    assert len(asked) <= 2 * (count + 1) * math.ceil(math.log2(size))


@settings(max_examples=25)
@given(arbitrary(), st.sampled_from([2, 3, 5]))
def test_any_number_of_workers_finds_the_same(case, jobs):
    size, groups, answers = case

    def start():
        return minimise(size, groups=groups, budget=10)

    with ThreadPoolExecutor(jobs) as executor:
        found = drive(
            start, lambda ask: answers[frozenset(ask.point)], executor=executor, jobs=jobs
        )
    assert found == search(size, answers.__getitem__, groups=groups, budget=10)[0]


def test_a_search_can_be_replayed():
    asked = search(40, needs(7, 30))[1]
    given_ = [needs(7, 30)(changes) for changes in asked]
    assert isinstance(replay(lambda: minimise(40, budget=99), given_), Found)
    for step in range(len(asked)):
        question = replay(lambda: minimise(40, budget=99), given_[:step])
        assert question == Ask(tuple(sorted(asked[step])))
