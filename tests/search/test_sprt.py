"""The sequential test: what it answers, how often it errs, and how it carries another search."""

from __future__ import annotations

import math
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versect.search.ask import Answer, Ask, Search, drive
from versect.search.sprt import (
    Decision,
    Errors,
    Expected,
    Rates,
    decide,
    expected_trials,
    hopeless,
    repeated,
)

RATES = Rates(passing=0.1, failing=0.5)
ERRORS = Errors(alpha=0.05, beta=0.05)
WORDS = {
    "F": Answer.FAILED,
    "P": Answer.PASSED,
    "o": Answer.OTHER,
    "u": Answer.UNRESOLVED,
}


def feed(search: Search, letters: str):
    """Answer a search with letters; give its verdict and what it asked."""
    asked = []
    answers = iter(letters)
    try:
        question = next(search)
        while True:
            asked.append(question)
            question = search.send(WORDS[next(answers)])
    except StopIteration as end:
        return end.value, asked


# A failure is worth log 5 = 1.61 towards "fails", a pass log 1.8 = 0.59 towards "passes"; either
# is decided at log 20 = 3.00.
@pytest.mark.parametrize(
    ("letters", "answer", "decided"),
    [
        ("FF", Answer.FAILED, True),
        ("PPPPPP", Answer.PASSED, True),
        ("FPPPF", Answer.UNRESOLVED, False),
        ("FPPPFF", Answer.FAILED, True),
        ("FuuF", Answer.FAILED, True),
        ("PPuPPoPP", Answer.PASSED, True),
        ("uuu", Answer.UNRESOLVED, True),
        ("uoo", Answer.UNRESOLVED, True),
        ("Puuuuuu", Answer.UNRESOLVED, True),
    ],
)
def test_repeats_are_taken_until_one_side_is_twenty_times_as_likely(letters, answer, decided):
    decision, asked = feed(decide("point", rates=RATES, errors=ERRORS, most=len(letters)), letters)
    counts = Counter(letters)
    assert decision == Decision(
        answer=answer,
        failures=counts["F"],
        passes=counts["P"],
        unresolved=counts["u"] + counts["o"],
        log_ratio=pytest.approx(counts["F"] * math.log(5) - counts["P"] * math.log(1.8)),
        decided=decided,
    )
    assert decision.trials == len(asked) == len(letters)


def test_repeats_go_on_from_those_that_were():
    _, asked = feed(decide("point", rates=RATES, errors=ERRORS, most=9, first_repeat=4), "FPF" * 3)
    assert asked == [Ask("point", repeat) for repeat in range(4, 4 + len(asked))]


def test_a_point_that_has_resolved_is_given_up_later():
    assert [hopeless(0, 2), hopeless(0, 3), hopeless(1, 5), hopeless(1, 6)] == [
        False,
        True,
        False,
        True,
    ]


@given(letters=st.text("FPou", min_size=30, max_size=30), most=st.integers(0, 30))
@settings(max_examples=200)
def test_the_answer_is_that_of_the_first_bound_reached(letters: str, most: int):
    up, down = math.log(0.5 / 0.1), math.log(0.5 / 0.9)
    expected = None
    ratio = 0.0
    for count, letter in enumerate(letters[:most], start=1):
        ratio += {"F": up, "P": down}.get(letter, 0.0)
        resolved = sum(one in "FP" for one in letters[:count])
        if ratio >= math.log(20):
            expected = (Answer.FAILED, True, count)
        elif ratio <= -math.log(20):
            expected = (Answer.PASSED, True, count)
        elif count - resolved >= 3 * (resolved + 1):
            expected = (Answer.UNRESOLVED, True, count)
        if expected:
            break
    decision, _ = feed(decide(0, rates=RATES, errors=ERRORS, most=most), letters)
    assert (decision.answer, decision.decided, decision.trials) == (
        expected or (Answer.UNRESOLVED, False, most)
    )
    assert decision.log_ratio == pytest.approx(ratio)


def exactly(rates: Rates, errors: Errors, chance: float, most: int = 3000):
    """Give the chances of either answer and the mean number of trials, by summing over paths."""
    on_failure, on_pass = rates.steps
    passed_at, failed_at = errors.bounds
    going = {0: 1.0}  # failures so far -> chance
    called = Counter()
    trials = 0.0
    for count in range(1, most):
        after: Counter[int] = Counter()
        for failures, share in going.items():
            after[failures] += share * (1 - chance)
            after[failures + 1] += share * chance
        going = {}
        for failures, share in after.items():
            ratio = failures * on_failure + (count - failures) * on_pass
            if passed_at < ratio < failed_at:
                going[failures] = share
                continue
            called[Answer.FAILED if ratio >= failed_at else Answer.PASSED] += share
            trials += share * count
        if sum(going.values()) < 1e-9:
            break
    return called, trials


@pytest.mark.parametrize("errors", [ERRORS, Errors(alpha=0.01, beta=0.2)])
@pytest.mark.parametrize(
    "rates",
    [
        RATES,
        Rates(passing=0.01, failing=0.3),
        Rates(passing=0.05, failing=0.2),
        Rates(passing=0.1, failing=0.9),
    ],
)
def test_the_error_rates_are_kept_and_the_trials_are_about_those_expected(rates, errors):
    expected = expected_trials(rates, errors)
    called, trials = exactly(rates, errors, rates.passing)
    assert called[Answer.FAILED] <= errors.alpha
    assert 0.9 * expected.passing <= trials <= expected.passing + 3
    called, trials = exactly(rates, errors, rates.failing)
    assert called[Answer.PASSED] <= errors.beta
    assert 0.9 * expected.failing <= trials <= expected.failing + 5


def test_close_rates_are_expected_to_take_more_trials_than_distant_ones():
    close = expected_trials(Rates(passing=0.1, failing=0.15), ERRORS)
    distant = expected_trials(Rates(passing=0.001, failing=0.999), ERRORS)
    assert min(close.passing, close.failing) > 100
    assert distant == Expected(passing=1, failing=1)


@pytest.mark.parametrize(("passing", "failing"), [(0, 0.5), (0.1, 1), (0.5, 0.5), (0.5, 0.1)])
def test_rates_that_prove_or_do_not_differ_are_refused(passing, failing):
    with pytest.raises(ValueError, match="0 < passing < failing < 1"):
        Rates(passing=passing, failing=failing)


@pytest.mark.parametrize(("alpha", "beta"), [(0, 0.1), (0.1, 0), (0.5, 0.1), (0.1, 0.6)])
def test_error_rates_of_a_coin_or_of_nothing_are_refused(alpha, beta):
    with pytest.raises(ValueError, match="error rates"):
        Errors(alpha=alpha, beta=beta)


def halve(last: int) -> Search[int, int]:
    """Find the first failing place of 0..last, of which the last is known to fail."""
    low, high = -1, last
    while high - low > 1:
        middle = (low + high) // 2
        answer = yield Ask(middle)
        low, high = (low, middle) if answer is Answer.FAILED else (middle, high)
    return high


def noisy(first_failing: int, rates: Rates, seed: int):
    """Answer every question alike whoever asks, and whenever."""

    def answer(ask: Ask[int]) -> Answer:
        chance = rates.failing if ask.point >= first_failing else rates.passing
        drawn = random.Random(f"{seed} {ask.point} {ask.repeat}").random()
        return Answer.FAILED if drawn < chance else Answer.PASSED

    return answer


def lifted() -> Search[int, int]:
    return repeated(halve(63), rates=RATES, errors=Errors(alpha=0.01, beta=0.01), most=99)


def test_a_lifted_search_errs_no_more_often_than_its_questions_together():
    right = 0
    for first_failing in range(64):
        answer = noisy(first_failing, RATES, seed=first_failing)
        asked: list[Ask[int]] = []
        search = lifted()
        try:
            asked.append(next(search))
            while True:
                asked.append(search.send(answer(asked[-1])))
        except StopIteration as end:
            right += end.value == first_failing
        assert len(asked) == len(set(asked))
    # Six questions a search, each wrong in at most 1 %; two standard deviations are three searches.
    assert right >= 64 * (1 - 6 * 0.01) - 3


def test_any_number_of_workers_lifts_a_search_alike():
    seen = []
    for jobs in (1, 3):
        asked: list[Ask[int]] = []
        with ThreadPoolExecutor(jobs) as executor:
            found = drive(
                lifted,
                noisy(40, RATES, seed=7),
                executor=executor,
                jobs=jobs,
                asked=lambda ask, _, asked=asked: asked.append(ask),
            )
        seen.append((found, asked))
    assert seen[0] == seen[1]


def test_a_point_asked_again_is_decided_afresh_by_further_trials():
    def twice() -> Search[str, list[Answer]]:
        first = yield Ask("a")
        second = yield Ask("a", 1)
        return [first, second]

    inner = twice()
    verdict, asked = feed(repeated(inner, rates=RATES, errors=ERRORS, most=9), "FFPPPPPP")
    assert verdict == [Answer.FAILED, Answer.PASSED]
    assert asked == [Ask("a", repeat) for repeat in range(8)]


def test_an_undecided_point_is_unresolved_to_the_inner_search():
    def once() -> Search[str, Answer]:
        return (yield Ask("a"))

    verdict, asked = feed(repeated(once(), rates=RATES, errors=ERRORS, most=3), "FPP")
    assert verdict is Answer.UNRESOLVED
    assert len(asked) == 3


def test_closing_a_lifted_search_closes_the_inner_one():
    closed = []

    def inner() -> Search[str, None]:
        try:
            yield Ask("a")
        finally:
            closed.append(True)

    search = repeated(inner(), rates=RATES, errors=ERRORS, most=3)
    next(search)
    search.close()
    assert closed == [True]


def test_a_search_that_asks_nothing_is_lifted_to_one_that_asks_nothing():
    assert feed(repeated(halve(0), rates=RATES, errors=ERRORS, most=9), "") == (0, [])
