"""How a search asks: a generator yields questions, is sent answers, and returns its verdict.

A search never acts, so it can be replayed from the answers that it has had. That is how several
workers serve a search that asks one question at a time (``drive``): while a question is open, the
questions that would follow each of its answers are found by replaying, and are tried ahead. The
search only ever sees the answers that it asked for, in its own order, so that the number of
workers cannot change a verdict. With 3 workers this is a 4-section of a series, with 7 an
8-section.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Point = TypeVar("Point", bound=Hashable)
Verdict = TypeVar("Verdict")


class Answer(StrEnum):
    """What a search needs to know of a trial's outcome."""

    PASSED = "passed"
    FAILED = "failed"
    """The failure sought appeared."""
    OTHER = "other"
    """Another failure appeared; whether the one sought hides behind it, nobody can tell."""
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Ask(Generic[Point]):
    """One question of a search. No search asks an equal question twice."""

    point: Point
    """What is tried: the place of a release in its series, a set of changes."""
    repeat: int = 0
    """How often this point was tried before."""


Search = Generator[Ask[Point], Answer, Verdict]
Start = Callable[[], Search[Point, Verdict]]
"""Starts a search from its beginning; every start must ask alike."""


@dataclass(frozen=True, slots=True)
class Found(Generic[Verdict]):
    """A search that has come to its end."""

    verdict: Verdict


def replay(start: Start[Point, Verdict], answers: Sequence[Answer]) -> Ask[Point] | Found[Verdict]:
    """Give what a search does after these answers: its next question, or its verdict."""
    search = start()
    try:
        question = next(search)
        for answer in answers:
            question = search.send(answer)
    except StopIteration as end:
        return Found(end.value)
    finally:
        search.close()
    return question


def ahead(
    start: Start[Point, Verdict], answers: Sequence[Answer], width: int
) -> Iterator[Ask[Point]]:
    """Give the questions that a search may come to ask, the present one first, nearest first.

    Follows both plain answers of every question; gives at most ``width`` different questions.
    Costs one replay a question.
    """
    given: set[Ask[Point]] = set()
    paths = deque([tuple(answers)])
    while paths and len(given) < width:
        path = paths.popleft()
        question = replay(start, path)
        if isinstance(question, Found):
            continue
        if question not in given:
            given.add(question)
            yield question
        paths.extend((*path, answer) for answer in (Answer.FAILED, Answer.PASSED))


def drive(  # noqa: PLR0913 - a search, who answers it, and with how many hands
    start: Start[Point, Verdict],
    try_: Callable[[Ask[Point]], Answer],
    *,
    executor: Executor,
    jobs: int,
    known: Mapping[Ask[Point], Answer] | None = None,
    foresee: Callable[[Ask[Point]], None] = lambda _: None,
    asked: Callable[[Ask[Point], Answer], None] = lambda _question, _answer: None,
) -> Verdict:
    """Run a search to its verdict.

    Args:
        start: The search.
        try_: Answers a question; called in the executor.
        executor: Where questions are tried; its size should be ``jobs``.
        jobs: How many questions may be tried at once. More than one tries questions that may
            turn out not to be asked; their answers are dropped unless they are.
        known: Answers that need no trial.
        foresee: Told of questions that may be asked soon, nearest first, so that what they need
            can be made ready; must return at once.
        asked: Told of every answer that the search has been sent, in its own order.

    Raises:
        Exception: Whatever ``try_`` raised for a question that was asked.

    """
    had = dict(known or {})
    answers: list[Answer] = []
    trying: dict[Ask[Point], Future[Answer]] = {}
    try:
        while True:
            question = replay(start, answers)
            if isinstance(question, Found):
                return question.verdict
            if question in trying and trying[question].done():
                had[question] = trying.pop(question).result()
            if question in had:
                answers.append(had[question])
                asked(question, had[question])
                continue
            free = jobs - sum(not future.done() for future in trying.values())
            for soon in ahead(start, answers, 2 * jobs + 1):
                if soon in had or soon in trying:
                    continue
                if free > 0:
                    trying[soon] = executor.submit(try_, soon)
                    free -= 1
                else:
                    foresee(soon)
            mine = trying.get(question)
            others = [future for future in trying.values() if not future.done()]
            wait([mine] if mine else others, return_when=FIRST_COMPLETED)
    finally:
        for future in trying.values():
            future.cancel()
