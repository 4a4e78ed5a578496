"""Bisecting a series: the culprit is always a suspect, and nothing is asked for nothing."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versect.search.ask import Answer, drive
from versect.search.bisect import history
from versect.search.history import History, Kind, Plan
from versect.search.series import Transition, gaps, transitions

LETTERS = {
    "P": Answer.PASSED,
    "F": Answer.FAILED,
    "O": Answer.OTHER,
    "U": Answer.UNRESOLVED,
}


def plan(size, **changes):
    plain = {"good": 0, "bad": size - 1, "confirm": 0, "checks": 0, "scan": False}
    return Plan(size=size, **{**plain, **changes})


def search(text: str, jobs: int = 1, **changes) -> tuple[History, list[tuple[int, int]]]:
    """Search a series written as letters; give what was found and what was asked."""
    asked: list[tuple[int, int]] = []
    wanted = plan(len(text), **changes)
    with ThreadPoolExecutor(jobs) as executor:
        found = drive(
            lambda: history(wanted),
            lambda ask: LETTERS[text[ask.point]],
            executor=executor,
            jobs=jobs,
            asked=lambda ask, _: asked.append((ask.point, ask.repeat)),
        )
    return found, asked


def suspects(found: History) -> list[int]:
    return list(found.transition.suspects) if found.transition else []


@pytest.mark.parametrize(
    ("text", "kind", "blamed"),
    [
        ("PF", Kind.FOUND, [1]),
        ("PPPPPFFF", Kind.FOUND, [5]),
        ("PUF", Kind.SUSPECTS, [1, 2]),
        ("PPUUUFFF", Kind.SUSPECTS, [2, 3, 4, 5]),
        ("PPOOFFFF", Kind.SUSPECTS, [2, 3, 4]),
        ("PPPPFOOO", Kind.FOUND, [4]),
        ("PPPPPOOO", Kind.OTHER, []),
        ("PPPFFUUU", Kind.FOUND, [3]),
        ("UUUPPFFF", Kind.FOUND, [5]),
        ("OUOPFFFF", Kind.FOUND, [4]),
        ("FFFFFFFF", Kind.GOOD_FAILS, []),
        ("FFFFPPPP", Kind.GOOD_FAILS, []),
        ("PPPPPPPP", Kind.BAD_PASSES, []),
        ("UUUUUUUU", Kind.INCONCLUSIVE, []),
        ("UUUUFFFF", Kind.FAILS, []),
        ("PPPPUUUU", Kind.INCONCLUSIVE, []),
    ],
)
def test_each_history_has_its_verdict(text: str, kind: Kind, blamed: list[int]):
    found, _ = search(text)
    assert (found.kind, suspects(found)) == (kind, blamed)


def test_a_missing_good_end_is_sought_backwards_with_growing_strides():
    found, asked = search("PPPPPPPPPPFFFF", good=None)
    assert suspects(found) == [10]
    assert [place for place, _ in asked] == [13, 12, 11, 9, 10]


@pytest.mark.parametrize(("text", "kind"), [("FFFFF", Kind.FAILS), ("PPPPP", Kind.PASSES)])
def test_without_ends_all_alike_is_a_verdict_of_its_own(text: str, kind: Kind):
    assert search(text, good=None, bad=None)[0].kind is kind


def test_a_window_is_found_by_a_scan_with_both_of_its_edges():
    found, _ = search("PPPPPPPPPPPFPPPPPPPPPP", good=None, bad=None, scan=True)
    assert found.kind is Kind.TRANSITIONS
    assert found.transition == Transition(10, 11, Answer.FAILED)
    assert found.transitions[1] == Transition(11, 12, Answer.PASSED)


def test_without_a_scan_a_window_between_passing_ends_is_not_excluded():
    text = "PPPPPPPPPPPPPPPPPPPPPPPPFPPPPPPPPPPP"
    found, asked = search(text, good=None, bad=None)
    assert found.kind is Kind.PASSES
    assert sum(map(len, found.unexplored)) == len(text) - len(asked)
    assert len(asked) <= 2 + math.ceil(math.log2(len(text)))


def test_a_wide_window_is_found_without_a_scan_where_nobody_named_a_failing_release():
    text = "UUUUUUUUPPPPPPPPPPPPPPFFFFFFFFFFFFFFPPPP"
    found, _ = search(text, good=None, bad=None)
    assert [t.first for t in found.transitions] == [22, 36]
    assert found.transition == found.transitions[0]
    assert search(text, good=None)[0].kind is Kind.BAD_PASSES


def test_passing_releases_between_two_failing_stretches_are_found_before_all_are_said_to_fail():
    text = "F" * 50 + "P" * 46 + "U" + "F" * 74
    found, asked = search(text, good=None, bad=None)
    assert found.kind is Kind.TRANSITIONS
    assert suspects(found) == [96, 97]
    assert len(asked) <= 4 * math.ceil(math.log2(len(text)))


def test_checks_find_what_the_ends_do_not_show():
    text = "PPPPFFFFPPPPPPPPPPPPFFFF"
    assert search(text)[0].kind is Kind.FOUND
    found, _ = search(text, checks=2)
    assert found.kind is Kind.TRANSITIONS
    assert [t.first for t in found.transitions] == [4, 8, 20]
    assert found.transition == found.transitions[-1]


# Four releases of each of two lines; 1.3 and 1.4 were published after 2.1 and 2.2.
LINES = (1, 1, 1, 1, 2, 2, 2, 2)
RANKS = (0, 1, 4, 5, 2, 3, 6, 7)


@pytest.mark.parametrize(
    ("text", "firsts"),
    [
        ("PPPFPPPF", [3, 4, 7]),  # carried back: 1.4 and 2.4 fail
        ("PPPPPPPF", [7]),  # 1.4 was published before 2.4: nothing to look for
        ("PPPPPFFF", [5]),
        ("PPFFPPFF", [2, 4, 6]),
        ("PPFFFFFF", [2]),
    ],
)
def test_lines_published_side_by_side_are_looked_into(text: str, firsts: list[int]):
    found, _ = search(text, lines=LINES, ranks=RANKS, checks=0)
    assert [t.first for t in found.transitions] == firsts


def test_the_first_release_of_a_fault_carried_back_is_sought_also_without_a_good_end():
    ranks = (0, 1, 4, 6, 2, 3, 5, 7)
    found, _ = search("PPPFPPFF", lines=LINES, ranks=ranks, good=None, bad=None)
    assert [t.first for t in found.transitions] == [3, 4, 6]


def test_where_order_and_publication_agree_nothing_more_is_asked():
    agreeing = {"lines": LINES, "ranks": tuple(range(8))}
    assert search("PPPPFFFF", **agreeing)[1] == search("PPPPFFFF")[1]


def test_where_the_failure_turns_into_another_one_is_found_too():
    found, _ = search("PPPPPPPPFFFOOOOO")
    assert suspects(found) == [8]
    assert found.known[10] is Answer.FAILED
    assert found.known[11] is Answer.OTHER


def test_a_side_that_answers_differently_when_asked_again_is_unstable():
    asked = []

    def flaky(ask):
        asked.append(ask)
        return Answer.FAILED if ask.point >= 3 and ask.repeat == 0 else Answer.PASSED

    with ThreadPoolExecutor(1) as executor:
        found = drive(lambda: history(plan(8, confirm=1)), flaky, executor=executor, jobs=1)
    assert (found.kind, found.unstable, found.confirmed) == (Kind.UNSTABLE, 3, 0)
    assert [(ask.point, ask.repeat) for ask in asked[-2:]] == [(2, 1), (3, 1)]


def test_a_block_that_was_given_up_is_not_asked_again():
    _, asked = search("P" + "U" * 60 + "F", checks=3)
    places = [place for place, _ in asked]
    both_edges = max(places.index(1), places.index(60))
    assert len(places[both_edges + 1 :]) == 8


@given(size=st.integers(2, 300), data=st.data())
def test_clean_histories_take_no_more_questions_than_information_theory_asks_for(size, data):
    culprit = data.draw(st.integers(1, size - 1))
    found, asked = search("P" * culprit + "F" * (size - culprit), confirm=1)
    assert suspects(found) == [culprit]
    assert found.confirmed == 1
    assert len(asked) <= math.ceil(math.log2(size)) + 2 + 2


@st.composite
def histories(draw):
    """Give a culprit and a series in which any release may be unresolved or fail otherwise."""
    size = draw(st.integers(2, 120))
    culprit = draw(st.integers(1, size - 1))
    text = ["P"] * culprit + ["F"] * (size - culprit)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, size - 1))
        for place in range(start, min(size, start + draw(st.integers(1, 30)))):
            text[place] = draw(st.sampled_from("UO"))
    return culprit, "".join(text)


@settings(max_examples=300)
@given(histories(), st.booleans(), st.booleans())
def test_the_culprit_is_always_a_suspect(case, given_good, given_bad):
    culprit, text = case
    found, asked = search(
        text, good=0 if given_good else None, bad=len(text) - 1 if given_bad else None
    )
    assert len(asked) == len(set(asked))
    if found.transition is not None:
        assert culprit in found.transition.suspects
        assert found.transition.into is Answer.FAILED
        if found.kind is Kind.FOUND:
            assert found.transition.suspects == range(culprit, culprit + 1)
    else:
        assert found.kind in {Kind.PASSES, Kind.FAILS, Kind.INCONCLUSIVE, Kind.OTHER}


@settings(max_examples=200)
@given(histories())
def test_suspects_that_were_asked_could_not_be_decided(case):
    _, text = case
    found, _ = search(text)
    if found.transition is not None:
        assert all(text[place] in "UO" for place in found.transition.suspects[:-1]
                   if place in found.known)  # fmt: skip


@given(
    size=st.integers(20, 400),
    block=st.integers(1, 300),
    data=st.data(),
)
def test_a_block_of_broken_releases_never_turns_the_search_linear(size, block, data):
    culprit = data.draw(st.integers(1, size - 1))
    start = data.draw(st.integers(1, size - 2))
    text = ["P"] * culprit + ["F"] * (size - culprit)
    for place in range(start, min(size - 1, start + block)):
        text[place] = "U"
    found, asked = search("".join(text))
    assert culprit in suspects(found)
    logarithm = math.ceil(math.log2(size))
    assert len(asked) <= 6 * logarithm + 12


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="PFUO", min_size=2, max_size=40), st.sampled_from([2, 3, 5]))
def test_any_number_of_workers_comes_to_the_same_verdict_by_the_same_questions(text, jobs):
    options = {"good": None, "bad": None, "scan": True, "checks": 3, "confirm": 1}
    assert search(text, jobs, **options) == search(text, 1, **options)


@given(st.text(alphabet="PFUO", min_size=1, max_size=30), st.data())
def test_every_release_is_asked_or_a_suspect_or_in_a_gap(text, data):
    places = data.draw(st.sets(st.sampled_from(range(len(text)))))
    known = {place: LETTERS[text[place]] for place in places}
    suspected = {place for t in transitions(known) for place in t.suspects}
    hidden = {place for gap in gaps(known, range(len(text))) for place in gap}
    assert hidden == set(range(len(text))) - places - suspected
