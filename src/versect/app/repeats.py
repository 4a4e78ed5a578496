"""Whether an answer is taken at its word or decided by repeats (Wald 1945)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from versect.app.inquiry import Inquiry, Lens
from versect.model.cell import Cell
from versect.model.verdict import Step
from versect.search.ask import Answer, Ask, Search
from versect.search.sprt import Errors, Rates, expected_trials, repeated

Point = TypeVar("Point", bound=Hashable)
Verdict = TypeVar("Verdict")

SPURIOUS: Final = 0.02
"""How often a good environment is held to fail by chance, where nobody has measured it."""
_ERRORS: Final = Errors(alpha=0.01, beta=0.01)
_MOST: Final = 80
"""Trials of one point, after which it is undecided."""
_MEASURED: Final = 12
"""Trials from which the rate of a failing environment is estimated."""
_CAUTION: Final = 0.6
"""A measured rate is taken for so much of itself: a mix may fail less often than a side."""
_RAREST: Final = 0.06


class Lift(Protocol):
    """Makes of a search one whose every question is decided in some way."""

    def __call__(self, inner: Search[Point, Verdict]) -> Search[Point, Verdict]:
        """Give the search with its questions decided; ``inner`` has not been started."""


def at_its_word(inner: Search[Point, Verdict]) -> Search[Point, Verdict]:
    """Take every answer at its word: one trial a question."""
    return inner


@dataclass(frozen=True, slots=True)
class Repeats:
    """Decides every question by a sequential test; a ``Lift``."""

    rates: Rates

    def __call__(self, inner: Search[Point, Verdict]) -> Search[Point, Verdict]:
        """Repeat each question until it is decided."""
        return repeated(inner, rates=self.rates, errors=_ERRORS, most=_MOST)

    def __str__(self) -> str:
        """Say what is assumed."""
        return (
            f"each point is repeated until it is told, with {_ERRORS.alpha:.0%} of wrong answers "
            f"each way, whether {self.rates.passing:.0%} or {self.rates.failing:.0%} of trials fail"
        )


def of_rates(passing: float, failing: float) -> Repeats:
    """Make the test for two rates of failure, put as far apart as a test can tell them."""
    low = min(max(passing, SPURIOUS), 0.5)
    return Repeats(Rates(passing=low, failing=min(max(failing, 2 * low, _RAREST), 0.99)))


def telling(rate: float, confidence: float) -> float:
    """Estimate the trials that tell a point that fails at a rate from one that passes.

    On average, for whichever of the two takes longer (Wald 1945, as ``expected_trials``).

    Args:
        rate: How often a failing point shows its failure.
        confidence: How often the answer is to be right, above one half.

    """
    wrong = 1 - confidence
    found = expected_trials(of_rates(SPURIOUS, rate).rates, Errors(alpha=wrong, beta=wrong))
    return max(found.passing, found.failing)


def measured(cell: Cell, inquiry: Inquiry, lens: Lens) -> Repeats:
    """Make the test for what fails as often as this cell does, from a dozen trials of it."""
    answers = [lens(inquiry.note(cell, repeat).outcome) for repeat in range(_MEASURED)]
    decided = [answer for answer in answers if answer in (Answer.PASSED, Answer.FAILED)]
    failures = decided.count(Answer.FAILED)
    return of_rates(SPURIOUS, _CAUTION * (failures + 0.5) / (len(decided) + 1))


def single(point: Point) -> Search[Point, Answer]:
    """Ask a single question."""
    answer = yield Ask(point)
    return answer


def typical(inquiry: Inquiry, cell: Cell, answer: Answer, lens: Lens) -> Step:
    """Give a trial of a cell that answered so, of those that were made; the first one otherwise."""
    mine = [step for step in inquiry.steps if step.trial.probe.cell.id == cell.id]
    return next((step for step in mine if lens(step.outcome) is answer), mine[0])
