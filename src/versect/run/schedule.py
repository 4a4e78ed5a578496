"""Asks many probes of an executor: environments are prepared just ahead of the trials in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, TypeVar

Group = TypeVar("Group", bound=Hashable)
Ready = TypeVar("Ready")
Question = TypeVar("Question")
Answer = TypeVar("Answer")


def answers(
    groups: Mapping[Group, Sequence[Question]],
    *,
    prepare: Callable[[Group], Ready],
    ask: Callable[[Question, Ready], Answer],
    executor: Executor,
    jobs: int,
) -> Generator[Answer, None, None]:
    """Ask every question of every group, at most ``jobs`` things going on at once.

    Args:
        groups: The questions that share something which must be prepared first, such as an
            environment. Groups and questions are started in the order given.
        prepare: Makes what a group shares; called once a group, in the executor.
        ask: Answers one question; called in the executor.
        executor: Where both run; its size should be ``jobs``.
        jobs: How many calls may be under way. Preparing goes ahead of asking by as many questions
            as keep every worker busy, and no further, so that answers come from the start.

    Yields:
        Answers in the order in which they are found.

    Raises:
        Exception: Whatever ``prepare`` or ``ask`` raised first. Closing the generator early, as an
            exception in the caller does, cancels what has not been started.

    """
    waiting = deque(groups)
    ready: deque[tuple[Question, Ready]] = deque()
    preparing: dict[Future[Ready], Group] = {}
    asking: set[Future[Answer]] = set()

    def start() -> None:
        while len(preparing) + len(asking) < jobs and (waiting or ready):
            ahead = len(ready) >= jobs or (ready and preparing)
            if waiting and not ahead:
                group = waiting.popleft()
                preparing[executor.submit(prepare, group)] = group
            elif ready:
                asking.add(executor.submit(ask, *ready.popleft()))

    try:
        start()
        while preparing or asking:
            under_way: list[Future[Any]] = [*preparing, *asking]
            wait(under_way, return_when=FIRST_COMPLETED)
            for prepared in [future for future in preparing if future.done()]:
                group = preparing.pop(prepared)
                ready.extend((question, prepared.result()) for question in groups[group])
            answered = [future for future in asking if future.done()]
            asking.difference_update(answered)
            start()  # before the caller spends time on the answers
            for future in answered:
                yield future.result()
    finally:
        unfinished: list[Future[Any]] = [*preparing, *asking]
        for future in unfinished:
            future.cancel()
