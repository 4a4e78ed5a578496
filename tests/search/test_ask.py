"""Driving a search: any number of workers sees the same questions and the same verdict."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from versect.search.ask import Answer, Ask, Found, Search, ahead, drive, replay


def halve(last: int) -> Search[int, int]:
    """Find the first failing place of 0..last, of which the last is known to fail."""
    low, high = -1, last
    while high - low > 1:
        middle = (low + high) // 2
        answer = yield Ask(middle)
        low, high = (low, middle) if answer is Answer.FAILED else (middle, high)
    return high


def history(first_failing: int):
    return lambda ask: Answer.FAILED if ask.point >= first_failing else Answer.PASSED


def test_replay_gives_the_next_question_and_in_the_end_the_verdict():
    assert replay(lambda: halve(7), []) == Ask(3)
    assert replay(lambda: halve(7), [Answer.FAILED]) == Ask(1)
    assert replay(lambda: halve(1), [Answer.PASSED]) == Found(1)


def test_ahead_are_the_questions_after_either_answer():
    assert [a.point for a in ahead(lambda: halve(7), [], 3)] == [3, 1, 5]
    assert [a.point for a in ahead(lambda: halve(7), [], 99)] == [3, 1, 5, 0, 2, 4, 6]


@pytest.mark.parametrize("jobs", [1, 2, 3, 7])
@pytest.mark.parametrize("first_failing", [0, 5, 99])
def test_any_number_of_workers_asks_the_same_in_the_same_order(jobs: int, first_failing: int):
    asked: list[int] = []
    with ThreadPoolExecutor(jobs) as executor:
        found = drive(
            lambda: halve(99),
            history(first_failing),
            executor=executor,
            jobs=jobs,
            asked=lambda ask, _: asked.append(ask.point),
        )
    alone: list[int] = []
    with ThreadPoolExecutor(1) as executor:
        drive(
            lambda: halve(99),
            history(first_failing),
            executor=executor,
            jobs=1,
            asked=lambda ask, _: alone.append(ask.point),
        )
    assert found == first_failing
    assert asked == alone


def test_three_workers_take_half_the_rounds():
    def slow(ask: Ask[int]) -> Answer:
        time.sleep(0.05)
        return history(77)(ask)

    took = {}
    for jobs in (1, 3):
        with ThreadPoolExecutor(jobs) as executor:
            started = time.monotonic()
            drive(lambda: halve(255), slow, executor=executor, jobs=jobs)
            took[jobs] = time.monotonic() - started
    assert took[3] < 0.8 * took[1]


def test_known_answers_are_not_tried_and_nothing_is_tried_twice():
    tried: list[int] = []
    guard = threading.Lock()

    def note(ask: Ask[int]) -> Answer:
        with guard:
            tried.append(ask.point)
        return history(40)(ask)

    with ThreadPoolExecutor(3) as executor:
        drive(lambda: halve(99), note, executor=executor, jobs=3, known={Ask(49): Answer.FAILED})
    assert 49 not in tried
    assert len(tried) == len(set(tried))


def test_what_comes_next_is_foreseen_while_a_question_is_open():
    foreseen: list[int] = []
    with ThreadPoolExecutor(1) as executor:
        drive(
            lambda: halve(7),
            history(4),
            executor=executor,
            jobs=1,
            foresee=lambda ask: foreseen.append(ask.point),
        )
    assert foreseen[:2] == [1, 5]


def test_an_error_of_a_trial_ends_the_search():
    def broken(_: Ask[int]) -> Answer:
        raise OSError("no")

    with ThreadPoolExecutor(1) as executor, pytest.raises(OSError, match="no"):
        drive(lambda: halve(7), broken, executor=executor, jobs=1)
