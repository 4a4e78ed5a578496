"""Questions are all answered, never too many at once, and an early end leaves nothing running."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versect.run.schedule import answers

GROUPS = {"a": ["a0", "a1", "a2"], "b": ["b0"], "c": [], "d": ["d0", "d1"]}


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.text("abc", min_size=1), st.lists(st.integers())), st.integers(1, 4))
def test_every_question_is_answered_once_with_what_its_group_shares(groups, jobs):
    with ThreadPoolExecutor(jobs) as executor:
        found = list(
            answers(
                groups,
                prepare=lambda group: group * 2,
                ask=lambda question, shared: (shared, question),
                executor=executor,
                jobs=jobs,
            )
        )
    expected = [(group * 2, question) for group in groups for question in groups[group]]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_no_more_calls_than_jobs_are_under_way(jobs):
    running, most, lock = set(), [0], threading.Lock()

    def busy(*what):
        with lock:
            running.add(what)
            most[0] = max(most[0], len(running))
        time.sleep(0.01)
        with lock:
            running.discard(what)
        return what

    with ThreadPoolExecutor(8) as executor:
        list(answers(GROUPS, prepare=busy, ask=busy, executor=executor, jobs=jobs))
    assert most[0] == jobs


def test_answers_come_before_everything_is_prepared():
    prepared = []
    groups = {group: [group] for group in range(20)}
    with ThreadPoolExecutor(1) as executor:
        stream = answers(
            groups,
            prepare=prepared.append,
            ask=lambda question, _: question,
            executor=executor,
            jobs=1,
        )
        next(stream)
        assert len(prepared) < 5
        stream.close()


def test_workers_go_on_while_an_answer_is_being_used():
    asked = [threading.Event() for _ in range(3)]
    with ThreadPoolExecutor(1) as executor:
        stream = answers(
            {"g": range(3)},
            prepare=lambda group: group,
            ask=lambda question, _: asked[question].set(),
            executor=executor,
            jobs=1,
        )
        next(stream)
        assert asked[1].wait(5)
        assert not asked[2].is_set()
        assert len(list(stream)) == 2


def test_closing_early_cancels_what_has_not_begun():
    asked = []
    with ThreadPoolExecutor(2) as executor:
        stream = answers(
            {"g": list(range(50))},
            prepare=lambda group: group,
            ask=lambda question, _: asked.append(question),
            executor=executor,
            jobs=2,
        )
        next(stream)
        stream.close()
    assert len(asked) < 6


def test_what_goes_wrong_in_a_call_reaches_the_caller():
    def broken(_):
        raise OSError("no space")

    with ThreadPoolExecutor(1) as executor, pytest.raises(OSError, match="no space"):
        list(answers(GROUPS, prepare=broken, ask=broken, executor=executor, jobs=1))
