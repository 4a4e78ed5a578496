"""The search for a change of rate: its probabilities are Bayes', and hold as often as they say."""

from __future__ import annotations

import math
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versect.search.ask import Answer, Ask, Search, drive
from versect.search.bayes import RATES, ChangePoint, RatePrior, change_point

HALVES = RatePrior(threshold=0.5, before=(1, 1), after=(1, 1))
"""Either rate lies anywhere on its side of one half."""


def drive_alone(search: Search[int, ChangePoint], answer):
    """Give the verdict of a search and its questions with their answers."""
    had: list[tuple[Ask[int], Answer]] = []
    try:
        question = next(search)
        while True:
            had.append((question, answer(question)))
            question = search.send(had[-1][1])
    except StopIteration as end:
        return end.value, had


def history(change: int, *, failing=1.0, spurious=0.0, skipped=frozenset(), seed=0):
    """Answer every question alike whoever asks, and whenever."""

    def answer(ask: Ask[int]) -> Answer:
        if ask.point in skipped:
            return Answer.UNRESOLVED
        chance = failing if ask.point >= change else spurious
        drawn = random.Random(f"{seed} {ask.point} {ask.repeat}").random()
        return Answer.FAILED if drawn < chance else Answer.PASSED

    return answer


def test_one_release_is_judged_by_the_mean_rates_of_either_case():
    # Over (0.5, 1) the mean rate is 3/4, over (0, 0.5) it is 1/4; of the squares 7/12 and 1/12.
    search = change_point(1, budget=9, confidence=0.7, rates=HALVES)
    verdict, had = drive_alone(search, lambda _: Answer.FAILED)
    assert verdict.posterior == pytest.approx((3 / 4, 1 / 4))
    assert (verdict.suspects, verdict.decided, len(had)) == ((0,), True, 1)
    search = change_point(1, budget=9, confidence=0.8, rates=HALVES)
    verdict, had = drive_alone(search, lambda _: Answer.FAILED)
    assert verdict.posterior == pytest.approx((7 / 8, 1 / 8))
    assert len(had) == 2


def test_without_a_trial_every_place_is_as_likely_as_before():
    verdict, _ = drive_alone(change_point(3, budget=0), history(2))
    assert verdict.posterior == (0.25,) * 4
    assert verdict.suspects == (0, 1, 2, 3)
    assert verdict.mass == 1
    assert not verdict.decided
    prior = (0, 1, 1, 2)
    verdict, _ = drive_alone(change_point(3, budget=0, prior=prior), history(2))
    assert verdict.posterior == (0, 0.25, 0.25, 0.5)


def test_what_the_caller_vouches_for_is_not_doubted_but_said():
    verdict, _ = drive_alone(change_point(5, budget=0, good=1, bad=3), history(2))
    assert verdict.posterior == (0, 0, 0.5, 0.5, 0, 0)
    assert any("said to pass" in line for line in verdict.assumptions)
    assert any("said to fail" in line for line in verdict.assumptions)
    verdict, had = drive_alone(change_point(5, budget=9, good=2, bad=3), history(2))
    assert (verdict.suspects, verdict.decided, had) == ((3,), True, [])


@pytest.mark.parametrize("size", [1, 2, 7])
def test_nothing_fails_and_everything_fails_are_answers(size: int):
    verdict, _ = drive_alone(change_point(size, budget=200), history(size))
    assert (verdict.suspects, verdict.after) == ((size,), None)
    assert verdict.before is not None
    verdict, _ = drive_alone(change_point(size, budget=200), history(0))
    assert (verdict.suspects, verdict.before) == ((0,), None)
    assert verdict.after is not None


@given(data=st.data(), size=st.integers(2, 200))
@settings(max_examples=30, deadline=None)
def test_a_history_without_noise_has_one_exact_answer(data, size: int):
    change = data.draw(st.integers(1, size - 1))
    search = change_point(size, budget=200, good=0, bad=size - 1)
    verdict, had = drive_alone(search, history(change))
    assert verdict.suspects == (change,)
    assert verdict.decided
    assert verdict.trials == len(had) <= math.ceil(math.log2(size)) + 18


@pytest.mark.parametrize("size", [4, 16, 64])
def test_a_history_without_noise_takes_on_average_seven_trials_more_than_halving(size: int):
    trials = [
        drive_alone(change_point(size, budget=200, good=0, bad=size - 1), history(change))[0].trials
        for change in range(1, size)
    ]
    assert sum(trials) / len(trials) <= math.log2(size) + 7.5


def brute_force(size: int, had, rates: RatePrior, prior=None):
    """Weigh every place and every pair of rates on a grid, answer by answer.

    Gives the posterior, and the mean, 2.5 % and 97.5 % points of the rate on either side.
    """
    points = 8_000
    below = (np.arange(points) + 0.5) / points * rates.threshold
    above = rates.threshold + (np.arange(points) + 0.5) / points * (1 - rates.threshold)
    grids = [(below, rates.before), (above, rates.after)]
    densities = [x ** (a - 1) * (1 - x) ** (b - 1) for x, (a, b) in grids]
    densities = [density / density.sum() for density in densities]
    weights, joint = [], ([], [])
    for place in range(size + 1):
        likelihoods = [density.copy() for density in densities]
        for ask, answer in had:
            side = ask.point >= place
            rate = grids[side][0]
            if answer is Answer.FAILED:
                likelihoods[side] *= rate
            elif answer is Answer.PASSED:
                likelihoods[side] *= 1 - rate
        weight = math.prod(one.sum() for one in likelihoods)
        weights.append(weight * (1 if prior is None else prior[place]))
        for side, one in enumerate(likelihoods):
            joint[side].append(one / one.sum())
    posterior = np.array(weights) / sum(weights)
    rate_points = []
    for side, has in ((0, slice(1, None)), (1, slice(None, -1))):
        share = posterior[has] / max(posterior[has].sum(), 1e-300)
        density = share @ np.array(joint[side][has])
        grid = grids[side][0]
        quantiles = [grid[np.searchsorted(density.cumsum(), q)] for q in (0.025, 0.975)]
        rate_points.append((float(density @ grid), *map(float, quantiles)))
    return posterior, rate_points


@given(
    size=st.integers(1, 5),
    answers=st.lists(st.sampled_from(Answer), min_size=12, max_size=12),
    rates=st.sampled_from([RATES, HALVES, RatePrior(threshold=0.2, before=(2, 5))]),
    data=st.data(),
)
@settings(max_examples=30, deadline=None)
def test_the_probabilities_are_those_of_brute_force(size, answers, rates, data):
    weights = st.lists(st.floats(0.1, 1), min_size=size + 1, max_size=size + 1)
    prior = data.draw(st.none() | weights)
    answer = iter(answers)
    search = change_point(size, budget=12, confidence=0.999, prior=prior, rates=rates)
    verdict, had = drive_alone(search, lambda _: next(answer))
    posterior, (before, after) = brute_force(size, had, rates, prior)
    assert verdict.posterior == pytest.approx(posterior, abs=1e-4)
    for estimate, expected in ((verdict.before, before), (verdict.after, after)):
        if estimate is not None:
            found = (estimate.mean, estimate.low, estimate.high)
            assert found == pytest.approx(expected, abs=2e-3)


@given(
    size=st.integers(1, 40),
    failing=st.floats(0.2, 1),
    spurious=st.floats(0, 0.05),
    seed=st.integers(0, 99),
    data=st.data(),
)
@settings(max_examples=40, deadline=None)
def test_the_true_place_stays_possible_and_nothing_is_asked_twice(
    size, failing, spurious, seed, data
):
    change = data.draw(st.integers(0, size))
    skipped = data.draw(st.frozensets(st.integers(0, size - 1), max_size=size // 2))
    told = history(change, failing=failing, spurious=spurious, skipped=skipped, seed=seed)
    verdict, had = drive_alone(change_point(size, budget=60), told)
    asked = [ask for ask, _ in had]
    assert len(asked) == len(set(asked)) == verdict.trials <= 60
    for place in {ask.point for ask in asked}:
        repeats = [ask.repeat for ask in asked if ask.point == place]
        assert repeats == list(range(len(repeats)))
        assert place not in skipped or len(repeats) <= 3
    assert min(verdict.posterior) > 0
    assert sum(verdict.posterior) == pytest.approx(1)
    assert set(verdict.given_up) <= skipped
    assert verdict.best in verdict.suspects
    assert verdict.mass >= 0.95 - 1e-9
    assert drive_alone(change_point(size, budget=60), told) == (verdict, had)


def test_releases_that_never_resolve_leave_all_odds_as_they_were():
    told = history(2, skipped=frozenset(range(3)))
    verdict, had = drive_alone(change_point(3, budget=99, prior=(1, 1, 2, 1)), told)
    assert verdict.posterior == pytest.approx((0.2, 0.2, 0.4, 0.2))
    assert verdict.suspects == (0, 1, 2, 3)
    assert verdict.given_up == (0, 1, 2)
    assert len(had) == 9


@pytest.mark.parametrize("kind", [Answer.UNRESOLVED, Answer.OTHER])
@pytest.mark.parametrize("change", [1, 2, 3])
def test_good_skip_skip_bad_is_three_suspects(change: int, kind: Answer):
    told = history(change)
    search = change_point(4, budget=99, good=0, bad=3)
    verdict, _ = drive_alone(search, lambda ask: kind if ask.point in {1, 2} else told(ask))
    assert verdict.suspects == (1, 2, 3)
    assert verdict.posterior[1:4] == pytest.approx((1 / 3,) * 3)
    assert verdict.decided
    assert verdict.given_up == (1, 2)


@pytest.mark.parametrize("change", [10, 69, 71, 100, 131, 190])
def test_a_block_of_broken_releases_is_left_by_growing_strides(change: int):
    block = frozenset(range(70, 131))
    search = change_point(200, budget=200, good=0, bad=199)
    verdict, had = drive_alone(search, history(change, skipped=block))
    assert change in verdict.suspects
    if not 70 <= change <= 131:
        assert verdict.suspects == (change,)
        assert len(had) <= 40


def test_a_release_that_resolves_now_and_then_is_not_given_up():
    told = history(2)

    def answer(ask: Ask[int]) -> Answer:
        return told(ask) if ask.repeat % 3 == 1 else Answer.UNRESOLVED

    verdict, _ = drive_alone(change_point(4, budget=99, good=0, bad=3), answer)
    assert (verdict.suspects, verdict.given_up) == ((2,), ())


def test_the_number_of_workers_changes_neither_questions_nor_verdict():
    told = history(61, failing=0.5, spurious=0.03, skipped=frozenset({60, 80}), seed=3)
    alone, had = drive_alone(change_point(100, budget=80), told)
    asked: list[Ask[int]] = []
    with ThreadPoolExecutor(3) as executor:
        verdict = drive(
            lambda: change_point(100, budget=80),
            told,
            executor=executor,
            jobs=3,
            asked=lambda ask, _: asked.append(ask),
        )
    assert (verdict, asked) == (alone, [ask for ask, _ in had])


@pytest.mark.parametrize(
    "rates",
    [
        RatePrior(after=(1, 1)),
        RatePrior(before=(1, 1)),
        RatePrior(before=(1, 39)),
        RatePrior(threshold=0.2),
    ],
)
def test_a_clear_history_has_one_answer_whatever_is_held_of_the_rates(rates: RatePrior):
    told = history(33, failing=0.9, spurious=0.01)
    verdict, had = drive_alone(change_point(50, budget=99, rates=rates), told)
    assert verdict.suspects == (33,)
    assert len(had) <= 40


def test_long_evidence_stays_finite():
    told = history(1, failing=0.08, spurious=0.08)
    verdict, had = drive_alone(change_point(2, budget=600, confidence=1 - 1e-12), told)
    assert len(had) == 600
    assert sum(verdict.posterior) == pytest.approx(1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, "no place"),
        ({"good": 4}, "no place"),
        ({"good": 2, "bad": 2}, "no place"),
        ({"bad": 9}, "no place"),
        ({"good": -1}, "no place"),
        ({"bad": 4}, "no place"),
        ({"bad": -1}, "no place"),
        ({"confidence": 1.0}, "confidence"),
        ({"confidence": 0.0}, "confidence"),
        ({"prior": (1, 1)}, "5 numbers"),
        ({"prior": (1, 1, 1, 1, -1)}, "negative"),
        ({"prior": (1, 1, 1, 1, math.nan)}, "leaves no place"),
        ({"prior": (1, 0, 0, 0, 1), "good": 0, "bad": 3}, "leaves no place"),
    ],
)
def test_arguments_that_leave_nothing_possible_are_refused(wrong, message):
    arguments = {"size": 4, "budget": 9, **wrong}
    with pytest.raises(ValueError, match=message):
        next(change_point(arguments.pop("size"), **arguments))


@pytest.mark.parametrize("wrong", [{"threshold": 0}, {"threshold": 1}, {"before": (0, 1)}])
def test_a_prior_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="prior"):
        RatePrior(**wrong)


def share_that_holds(histories: int, rates) -> tuple[float, float]:
    """Give the share of stated verdicts that hold, and of stated intervals of the rate after."""
    stated, holds, covered, intervals = 0, 0, 0, 0
    for seed in range(histories):
        draw = random.Random(seed)
        failing, spurious = rates(draw)
        size = round(math.exp(draw.uniform(math.log(5), math.log(80))))
        change = draw.randint(0, size)
        skipped = frozenset(place for place in range(size) if draw.random() < 0.1)
        told = history(change, failing=failing, spurious=spurious, skipped=skipped, seed=seed)
        verdict, _ = drive_alone(change_point(size, budget=120), told)
        stated += verdict.decided
        holds += verdict.decided and change in verdict.suspects
        if change < size and verdict.after is not None:
            intervals += 1
            covered += verdict.after.low <= failing <= verdict.after.high
    assert stated >= histories / 2
    return holds / stated, covered / intervals


def test_of_the_verdicts_stated_at_95_percent_at_least_95_percent_hold():
    # Of 150 drawn at 95 % two standard deviations are 3.6 %.
    verdicts, intervals = share_that_holds(
        150, lambda draw: (draw.uniform(0.3, 1), draw.uniform(0, 0.05))
    )
    assert verdicts >= 0.95 - 0.036
    assert intervals >= 0.95 - 0.036


@pytest.mark.parametrize("rates", [(0.3, 0.05), (1.0, 0.05), (0.9, 0.0)])
def test_they_hold_under_rates_that_an_adversary_chose(rates):
    # Of 40 drawn at 95 % two standard deviations are 7 %.
    verdicts, _ = share_that_holds(40, lambda _: rates)
    assert verdicts >= 0.95 - 0.07
