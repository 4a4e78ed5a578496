"""Where in a series a rate of failure changes, by Bayes' rule over all places (pure).

For failures that come and go: one trial decides nothing, and halving by repeats wastes trials where
a doubt would do no harm. Here every answer shifts the odds of all places at once, and the release
tried next is the one whose answer is expected to tell most about the place (Lindley 1956; noisy
binary search: Horstein 1963, Ben-Or and Hassidim 2008). Unlike theirs, the two rates of failure
need not be known: they are integrated out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaln, entr  # type: ignore[import-untyped]

from versect.search.ask import Answer, Ask, Search
from versect.search.sprt import hopeless

Array = npt.NDArray[np.float64]

TINY = 1e-300
"""Keeps logarithms finite. A likelihood this small is no part of any sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePrior:
    """What is held of the two rates before any trial: two Beta densities, cut at a threshold.

    The threshold says what is meant by a failing release, and makes the rate before the change
    smaller than the one after it. Without it "nothing fails" and "all fail, but hardly ever" could
    not be told apart.

    Below the threshold all rates are alike. Above it low rates are held to be likelier than high
    ones: a search that expects clear failures soon takes the passes of an unclear one for those of
    a good release. Expecting unclear ones costs a trial or two where the failure is clear. Of 2,000
    simulated histories 98 % of the verdicts stated at 95 % held; where failing releases showed the
    failure in 10 to 30 % of their trials, 92 %. ``bench/calibration.py`` compares other densities.
    """

    threshold: float = 0.08
    """A release fails if more than this share of its trials show the failure sought."""
    before: tuple[float, float] = (1.0, 1.0)
    """Beta parameters of the rate before the change, on ``(0, threshold)``."""
    after: tuple[float, float] = (0.3, 1.0)
    """Beta parameters of the rate from the change on, on ``(threshold, 1)``."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1 or min(*self.before, *self.after) <= 0:
            raise ValueError(f"not a prior for two rates: {self}")


RATES = RatePrior()


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A rate of failure as the trials leave it."""

    mean: float
    low: float
    """The rate lies above this with a probability of 97.5 %."""
    high: float
    """The rate lies below this with a probability of 97.5 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """The places where the failure may have come in, with their probabilities.

    Place ``c`` of a series of ``size`` releases means that ``c`` is the first that fails: with 0
    all fail, with ``size`` none does.
    """

    posterior: tuple[float, ...]
    """The probability of every place, ``size + 1`` of them, sums to 1."""
    best: int
    """The likeliest place, the first of several."""
    suspects: tuple[int, ...]
    """The fewest places that hold the confidence asked for; one as likely as another is in too."""
    mass: float
    """The probability that the place is among the suspects."""
    before: Estimate | None
    """The rate of the releases before the change; None where the best place has none before it."""
    after: Estimate | None
    """The rate of the releases from the change on; None where the best place has none."""
    trials: int
    """How many were used, unresolved ones included."""
    given_up: tuple[int, ...]
    """Releases that hardly ever resolved and were not asked any more."""
    decided: bool
    """Whether there is one suspect, or several that no release which resolves lies between.

    False where the budget ran out first.
    """
    assumptions: tuple[str, ...]
    """What the probabilities rest on, in plain words."""


class _Tally(NamedTuple):
    """The answers of one release."""

    failures: int = 0
    passes: int = 0
    unresolved: int = 0

    @property
    def resolved(self) -> int:
        return self.failures + self.passes

    def and_(self, answer: Answer) -> _Tally:
        match answer:
            case Answer.FAILED:
                return self._replace(failures=self.failures + 1)
            case Answer.PASSED:
                return self._replace(passes=self.passes + 1)
            case Answer.OTHER | Answer.UNRESOLVED:
                return self._replace(unresolved=self.unresolved + 1)


_Evidence = tuple[tuple[int, _Tally], ...]
"""The answers of every release tried, oldest release first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """Everything that the probabilities depend on except the trials."""

    prior: tuple[float, ...]
    rates: RatePrior
    confidence: float


def change_point(  # noqa: PLR0913 - what is known before, and when it is enough
    size: int,
    *,
    budget: int,
    confidence: float = 0.95,
    prior: Sequence[float] | None = None,
    good: int | None = None,
    bad: int | None = None,
    rates: RatePrior = RATES,
) -> Search[int, ChangePoint]:
    """Find the first failing release where single trials cannot be trusted.

    Answers that are unresolved, or another failure, tell nothing: they leave all odds as they are.
    A release that hardly ever resolves (``hopeless``: three unresolved answers and no other) is
    not asked again, and the places on its two sides stay suspects alike.

    Args:
        size: How many releases the series has, at least 1.
        budget: How many trials may be spent.
        confidence: When it is enough: the probability that the suspects must reach, below 1.
        prior: How likely each of the ``size + 1`` places is held to be, up to a factor; all alike
            without it.
        good: A release that the caller knows to pass: no place up to it is possible.
        bad: A release that the caller knows to fail: no place after it is possible.
        rates: What is held of the two rates.

    Yields:
        Releases by their place in the series, the repeats of each numbered from 0. Choosing one
        costs about a millisecond.

    Returns:
        The probabilities. They are those of Bayes' rule whenever the search stops; looking at
        them to decide when to stop does them no harm.

    Raises:
        ValueError: The arguments leave no place possible, or are out of range.

    """
    if not 0 < confidence < 1:
        raise ValueError(f"the confidence must lie between 0 and 1, not be {confidence}")
    model = _Model(prior=_places(size, prior, good, bad), rates=rates, confidence=confidence)
    tallies: dict[int, _Tally] = {}
    for _ in range(budget):
        release = _next(model, tuple(sorted(tallies.items())))
        if release is None:
            break
        tally = tallies.get(release, _Tally())
        answer = yield Ask(release, sum(tally))
        tallies[release] = tally.and_(answer)
    evidence = tuple(sorted(tallies.items()))
    return _conclude(model, evidence, vouched=(good is not None, bad is not None))


def _places(
    size: int, prior: Sequence[float] | None, good: int | None, bad: int | None
) -> tuple[float, ...]:
    """Give the probability of every place before any trial."""
    first, last = (0 if good is None else good + 1), (size if bad is None else bad)
    outside = [end for end in (good, bad) if end is not None and not 0 <= end < size]
    if size < 1 or outside or first > last:
        raise ValueError(f"no place is possible among {size} releases: good {good}, bad {bad}")
    given = (1.0,) * (size + 1) if prior is None else tuple(prior)
    if len(given) != size + 1 or min(given) < 0:
        raise ValueError(f"a prior of {size} releases is {size + 1} numbers, none negative")
    held = [weight if first <= place <= last else 0.0 for place, weight in enumerate(given)]
    total = sum(held)
    if not 0 < total < math.inf:
        raise ValueError("the prior leaves no place possible")
    return tuple(weight / total for weight in held)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """The releases on one side of every place: the Beta density of their rate, cut on one side.

    Places with no release tried between them have the same densities and form a group.
    """

    a: Array
    """Shape (groups,), as is ``b``."""
    b: Array
    groups: npt.NDArray[np.intp]
    """How many places each group has."""
    threshold: float
    above: bool
    """Whether the rate lies above the threshold, not below it."""

    def log_evidence(self) -> Array:
        """Give the log-likelihood of the answers, up to a constant, the rate integrated out.

        Shape (places,).
        """
        return self._log_evidence(0).repeat(self.groups)

    def mean(self) -> Array:
        """Give the expected rate, which is the chance that the next trial fails.

        Shape (places,).
        """
        return np.exp(self._log_evidence(1) - self._log_evidence(0)).repeat(self.groups)

    def estimate(self, weights: Array) -> Estimate:
        """Give the rate over all places, each with its weight; shape (places,)."""
        weights = weights / weights.sum()
        starts = self.groups.cumsum() - self.groups
        shares = np.add.reduceat(weights, starts) / self._beyond(self.a, self.threshold)

        def quantile(below: float) -> float:
            low, high = (self.threshold, 1.0) if self.above else (0.0, self.threshold)
            while high - low > 1e-6:
                middle = (low + high) / 2
                mass = float(shares @ self._beyond(self.a, middle))
                if (1 - mass if self.above else mass) < below:
                    low = middle
                else:
                    high = middle
            return (low + high) / 2

        mean = float(weights @ self.mean())
        return Estimate(mean=mean, low=quantile(0.025), high=quantile(0.975))

    def _log_evidence(self, failures: int) -> Array:
        """Give the log-likelihood of each group after so many more failures."""
        a = self.a + failures
        return np.asarray(betaln(a, self.b) + np.log(self._beyond(a, self.threshold)))

    def _beyond(self, a: Array, rate: float) -> Array:
        """Give the uncut density's mass on the far side of ``rate``, seen from the threshold."""
        # The mirrored betainc is betaincc, in a fortieth of its time.
        mass = betainc(self.b, a, 1 - rate) if self.above else betainc(a, self.b, rate)
        return np.asarray(np.maximum(mass, TINY))


def _sides(model: _Model, evidence: _Evidence) -> tuple[_Side, _Side]:
    """Give what is held of the rates before and after every place."""
    groups = np.diff([0, *(release + 1 for release, _ in evidence), len(model.prior)])
    counts = np.array([(0, 0), *((tally.failures, tally.passes) for _, tally in evidence)])
    before = counts.T.cumsum(axis=1)
    after = before[:, -1:] - before

    def side(prior: tuple[float, float], counted: npt.NDArray[np.int_], *, above: bool) -> _Side:
        a, b = counted + np.array(prior)[:, None]
        return _Side(a=a, b=b, groups=groups, threshold=model.rates.threshold, above=above)

    return (
        side(model.rates.before, before, above=False),
        side(model.rates.after, after, above=True),
    )


def _posterior(model: _Model, before: _Side, after: _Side) -> Array:
    prior = np.array(model.prior)
    possible = prior > 0
    logs = before.log_evidence() + after.log_evidence()
    logs -= logs[possible].max()
    weights = prior * np.exp(np.where(possible, logs, 0.0))
    return np.asarray(weights / weights.sum())


def _suspects(posterior: Array, confidence: float) -> npt.NDArray[np.intp]:
    """Give the fewest places that hold the confidence, and those as likely as the last of them."""
    falling = np.sort(posterior)[::-1]
    held = falling.cumsum()
    least = falling[np.searchsorted(held, min(confidence, held[-1]))]
    return np.flatnonzero(posterior >= least * (1 - 1e-9))


def _given_up(evidence: _Evidence) -> tuple[int, ...]:
    return tuple(at for at, tally in evidence if hopeless(tally.resolved, tally.unresolved))


@lru_cache(maxsize=1 << 10)
def _next(model: _Model, evidence: _Evidence) -> int | None:
    """Give the release to try next, or None when no trial can split the suspects.

    Remembered, because a search is replayed from its beginning for every question (``drive``).
    """
    before, after = _sides(model, evidence)
    posterior = _posterior(model, before, after)
    given_up = np.array(_given_up(evidence), dtype=np.intp)
    splits = np.ones(len(posterior) - 1, dtype=bool)
    splits[given_up] = False
    suspects = _suspects(posterior, model.confidence)
    if not splits[suspects[0] : suspects[-1]].any():
        return None
    worth = _information(posterior, before.mean(), after.mean()) * _resolves(len(splits), evidence)
    worth[given_up] = -np.inf
    # Rounding must not choose between releases that tell the same.
    return int(np.flatnonzero(worth >= worth.max() - 1e-12)[0])


def _information(posterior: Array, before: Array, after: Array) -> Array:
    """Give the expected fall of the entropy of the place after a trial of each release, in nats.

    The mutual information of answer and place: the entropy of the answer less what remains of it
    when the place is known (Lindley 1956).
    """

    def over_places(if_good: Array, if_bad: Array) -> Array:
        good, bad = (posterior * if_good).cumsum(), (posterior * if_bad).cumsum()
        return np.asarray(good[-1] - good[:-1] + bad[:-1])

    fails = np.clip(over_places(before, after), 0.0, 1.0)
    return _entropy(fails) - over_places(_entropy(before), _entropy(after))


def _entropy(chance: Array) -> Array:
    return np.asarray(entr(chance) + entr(1 - chance))


def _resolves(size: int, evidence: _Evidence) -> Array:
    """Guess for every release whether it resolves, from 0 to 1.

    Broken releases come in blocks. Each unresolved answer speaks against a release the more the
    nearer it was, so that a search leaves a block by growing strides.
    """
    places = np.arange(size)
    guess = np.ones(size)
    for release, tally in evidence:
        if not tally.resolved:
            distance = np.abs(places - release)
            guess *= ((distance + 0.5) / (distance + 1.5)) ** tally.unresolved
    guess[[release for release, tally in evidence if tally.resolved]] = 1.0
    return guess


def _conclude(model: _Model, evidence: _Evidence, *, vouched: tuple[bool, bool]) -> ChangePoint:
    before, after = _sides(model, evidence)
    posterior = _posterior(model, before, after)
    suspects = _suspects(posterior, model.confidence)
    best, last = int(posterior.argmax()), len(posterior) - 1
    has_before, has_after = np.arange(last + 1) > 0, np.arange(last + 1) < last
    return ChangePoint(
        posterior=tuple(posterior.tolist()),
        best=best,
        suspects=tuple(suspects.tolist()),
        mass=float(posterior[suspects].sum()),
        before=before.estimate(posterior * has_before) if has_before[best] else None,
        after=after.estimate(posterior * has_after) if has_after[best] else None,
        trials=sum(sum(tally) for _, tally in evidence),
        given_up=_given_up(evidence),
        decided=_next(model, evidence) is None,
        assumptions=_assumptions(model, vouched),
    )


def _assumptions(model: _Model, vouched: tuple[bool, bool]) -> tuple[str, ...]:
    limit = f"{100 * model.rates.threshold:g} %"
    alike = len({weight for weight in model.prior if weight}) == 1
    known = [word for word, said in zip(("pass", "fail"), vouched, strict=True) if said]
    return (
        "The failure came in once and stayed.",
        "All releases before that show it at one rate, all from there on at another, higher one.",
        f"A release that shows it in more than {limit} of its trials fails, any other passes.",
        "Beyond that the two rates are not known, but learned from the trials.",
        "Trials are independent of one another.",
        "Whether a trial resolves has nothing to do with whether the release fails.",
        "Before any trial all places were equally likely."
        if alike
        else "Before any trial the places were as likely as the caller held them to be.",
        *(f"The release that was said to {word} does; it was not doubted." for word in known),
    )
