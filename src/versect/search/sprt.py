"""Whether one point fails, decided by repeats: Wald's sequential probability ratio test (pure).

A point that is good shows the failure by chance now and then; one that is bad does not show it
every time. The test (Wald 1945, "Sequential Tests of Statistical Hypotheses") tries the point
until one of the two is so much likelier than the other that the error rates asked for are kept.
No test with the same error rates needs fewer trials on average (Wald and Wolfowitz 1948).
"""

from __future__ import annotations

import math
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

from versect.search.ask import Answer, Ask, Point, Search, Verdict

PATIENCE = 3
"""After how many unresolved answers in a row a point that never resolved is given up."""


def hopeless(resolved: int, unresolved: int) -> bool:
    """Whether a point that was tried so often is given up: it hardly ever resolves.

    Three unresolved answers are enough where nothing else was answered. Nearly every cause (no
    wheel, nothing that meets the requirements, an import that fails) comes back each time, and
    then each trial is wasted. The rest is a matter of chance (a time limit): where it strikes three
    trials in ten, 3 % of such points are given up. One that has resolved is let off for longer.
    """
    return unresolved >= PATIENCE * (resolved + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often one trial shows the failure sought; ``0 < passing < failing < 1``.

    Neither end is allowed: with a rate of exactly 0 or 1 a single odd trial would be proof.
    """

    passing: float
    """The chance that a trial of a good point shows it."""
    failing: float
    """The chance that a trial of a bad point shows it."""

    def __post_init__(self) -> None:
        if not 0 < self.passing < self.failing < 1:
            raise ValueError(
                f"rates must be 0 < passing < failing < 1, not {self.passing} and {self.failing}"
            )

    @property
    def steps(self) -> tuple[float, float]:
        """What a failure, and what a pass, adds to the log-likelihood ratio of bad to good."""
        return (
            math.log(self.failing / self.passing),
            math.log1p(-self.failing) - math.log1p(-self.passing),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How often a decision may be wrong; both above 0 and below one half."""

    alpha: float
    """The chance that a good point is called failed."""
    beta: float
    """The chance that a bad point is called passed."""

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 0.5 and 0 < self.beta < 0.5):
            raise ValueError(f"error rates must lie in (0, 0.5), not {self.alpha} and {self.beta}")

    @property
    def bounds(self) -> tuple[float, float]:
        """The log-likelihood ratios of bad to good at which a point is called passed, failed.

        Wald's are ``log(beta / (1 - alpha))`` and ``log((1 - beta) / alpha)`` and keep the error
        rates nearly. These lie a little further out and keep them always, by his inequalities, for
        a fraction of a trial more.
        """
        return math.log(self.beta), -math.log(self.alpha)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What repeats of one point came to."""

    answer: Answer
    """Passed or failed; unresolved where the trials did not tell."""
    failures: int
    """Trials that showed the failure sought."""
    passes: int
    unresolved: int
    """Trials that told nothing, those with another failure among them."""
    log_ratio: float
    """The log-likelihood ratio of bad to good."""
    decided: bool
    """False where ``most`` trials did not suffice; a point that does not resolve is decided."""

    @property
    def trials(self) -> int:
        """How many trials it took."""
        return self.failures + self.passes + self.unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Mean numbers of trials until a decision."""

    passing: float
    """Of a good point."""
    failing: float
    """Of a bad point."""


def decide(
    point: Point, *, rates: Rates, errors: Errors, most: int, first_repeat: int = 0
) -> Search[Point, Decision]:
    """Decide whether a point fails.

    Args:
        point: What is tried again and again.
        rates: How often a good and a bad point show the failure. A point whose rate lies between
            the two gets either answer, after more trials; one beyond either is decided with fewer
            errors than asked for.
        errors: How often the decision may be wrong. Kept whatever ``most`` is.
        most: How many trials may be spent, those that tell nothing included.
        first_repeat: How often the point was tried before.

    Yields:
        The point, its repeats numbered from ``first_repeat``.

    Returns:
        The decision. A point that is ``hopeless``, after three unresolved answers or more, is
        unresolved.

    """
    on_failure, on_pass = rates.steps
    passed_at, failed_at = errors.bounds
    counts: Counter[Answer] = Counter()
    log_ratio = 0.0

    def conclude(answer: Answer, *, decided: bool = True) -> Decision:
        return Decision(
            answer=answer,
            failures=counts[Answer.FAILED],
            passes=counts[Answer.PASSED],
            unresolved=counts[Answer.OTHER] + counts[Answer.UNRESOLVED],
            log_ratio=log_ratio,
            decided=decided,
        )

    for repeat in range(first_repeat, first_repeat + most):
        answer = yield Ask(point, repeat)
        counts[answer] += 1
        match answer:
            case Answer.FAILED:
                log_ratio += on_failure
                if log_ratio >= failed_at:
                    return conclude(Answer.FAILED)
            case Answer.PASSED:
                log_ratio += on_pass
                if log_ratio <= passed_at:
                    return conclude(Answer.PASSED)
            case Answer.OTHER | Answer.UNRESOLVED:
                resolved = counts[Answer.FAILED] + counts[Answer.PASSED]
                if hopeless(resolved, counts.total() - resolved):
                    return conclude(Answer.UNRESOLVED)
    return conclude(Answer.UNRESOLVED, decided=False)


def expected_trials(rates: Rates, errors: Errors) -> Expected:
    """Estimate how many trials ``decide`` takes on average when every trial resolves.

    Wald's approximation (1945): the mean way to a bound over the mean step. It takes the ratio to
    end on the bound, not beyond it, and so is somewhat low where a single trial tells much.
    """
    on_failure, on_pass = rates.steps
    passed_at, failed_at = errors.bounds

    def mean(failing: float, called_failed: float) -> float:
        way = called_failed * failed_at + (1 - called_failed) * passed_at
        return max(1.0, way / (failing * on_failure + (1 - failing) * on_pass))

    return Expected(
        passing=mean(rates.passing, errors.alpha), failing=mean(rates.failing, 1 - errors.beta)
    )


def repeated(
    inner: Search[Point, Verdict], *, rates: Rates, errors: Errors, most: int
) -> Search[Point, Verdict]:
    """Lift a search that takes every answer at its word into one under noise.

    Each question of the inner search is decided by repeats; when it asks about a point again, the
    point is decided afresh, by further trials. The error rates hold for each decision: of a search
    that asks ``k`` questions at most ``k * max(alpha, beta)`` go wrong.

    Args:
        inner: The search, not yet started.
        rates: As for ``decide``.
        errors: As for ``decide``, of each decision.
        most: How many trials a decision may take; without one the inner search is told that the
            point is unresolved.

    Yields:
        Points, the repeats of each numbered from 0.

    Returns:
        What the inner search returns.

    """
    tried: Counter[Point] = Counter()
    with closing(inner):
        try:
            question = next(inner)
            while True:
                point = question.point
                decision = yield from decide(
                    point, rates=rates, errors=errors, most=most, first_repeat=tried[point]
                )
                tried[point] += decision.trials
                question = inner.send(decision.answer)
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict
