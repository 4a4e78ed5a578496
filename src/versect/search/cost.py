"""How many trials a search over a series takes, before any is made (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from versect.search.ask import Answer, Ask
from versect.search.bisect import history
from versect.search.history import Plan


@dataclass(frozen=True, slots=True)
class Cost:
    """Trials that a clean history takes: no release unresolved, no window, no flake."""

    worst: int
    expected: float
    """The mean, every release being equally likely the culprit."""


def cost(plan: Plan, known: Mapping[Ask[int], Answer]) -> Cost:
    """Count the trials of a search for every place where the failure may have come in.

    Args:
        plan: The search.
        known: Answers that need no trial; culprits that contradict them are left out.

    """
    passing = [ask.point for ask, answer in known.items() if answer is Answer.PASSED]
    failing = [ask.point for ask, answer in known.items() if answer is Answer.FAILED]
    first = max([0 if plan.good is None else plan.good, *passing]) + 1
    last = min([plan.size - 1 if plan.bad is None else plan.bad, *failing])
    counts = [_trials(plan, culprit, known) for culprit in range(first, last + 1)]
    if not counts:  # the failure is known to come and go
        counts = [_trials(plan, last, known)]
    return Cost(worst=max(counts, default=0), expected=fmean(counts or [0]))


def _trials(plan: Plan, culprit: int, known: Mapping[Ask[int], Answer]) -> int:
    search = history(plan)
    asked: list[Ask[int]] = []
    try:
        question = next(search)
        while True:
            asked.append(question)
            failing = question.point >= culprit
            answer = Answer.FAILED if failing else Answer.PASSED
            question = search.send(known.get(question, answer))
    except StopIteration:
        return sum(question not in known for question in asked)
