"""The one model behind every format of a bisection; its words are in ``bisection_words``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from versect.model.outcome import Outcome
from versect.model.study import Symptom
from versect.model.verdict import Change, Counterfactual, FaceChange, Question, Side, Step
from versect.search.ask import Answer
from versect.search.history import History, Kind
from versect.select.line import DATE, PYTHON, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What a search under noise states beside its verdict."""

    posterior: tuple[tuple[str, float], ...]
    """Releases that may have brought the failure, with their probability, likeliest first."""
    confidence: float
    """What was asked for."""
    mass: float
    """Probability of the suspects together."""
    before: tuple[float, float, float] | None
    """How often releases fail before the change: mean, and ends of a 95 % interval."""
    after: tuple[float, float, float] | None
    """How often they fail from it on."""
    trials: int
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BisectionView:
    """A bisection as every format shows it."""

    study: str
    symptom: Symptom
    question: Question
    line: Line
    good: int | None
    """The place that was named as passing (as failing, for the fix); None for none."""
    bad: int | None
    """The place that was named as failing (as passing, for the fix)."""
    fixed: str
    """What is the same in all trials: the cell's id without the axis searched."""
    history: History
    steps: tuple[Step, ...]
    """Every trial that led to the verdict, in order."""
    made: int
    """Trials that this run made."""
    before: Side | None
    after: Side | None
    faces: tuple[FaceChange, ...]
    changes: tuple[Change, ...]
    counterfactuals: tuple[Counterfactual, ...]
    noise: Noise | None
    notes: tuple[str, ...]
    """What was held still or left out, a sentence each."""

    @property
    def suspects(self) -> tuple[str, ...]:
        """The releases that may have made the change, oldest first."""
        found = self.history.transition
        return () if found is None else tuple(self.line.names[place] for place in found.suspects)

    @property
    def kind(self) -> Kind:
        """What was concluded, in the words of users: for the fix a search turns answers round."""
        kind = self.history.kind
        return kind if self.question is Question.FIRST_FAILING else _TURNED.get(kind, kind)

    @property
    def outcomes(self) -> dict[int, Outcome]:
        """What each place that was tried did the first time."""
        first = {step.trial.probe.cell.id: step.outcome for step in reversed(self.steps)}
        cells = enumerate(self.line.cells)
        return {place: first[cell.id] for place, cell in cells if cell.id in first}

    def name(self, place: int) -> str:
        """Give a release with its project: ``openai 1.3.8``; of a day its date alone."""
        name = self.line.names[place]
        return name if self.line.axis == DATE else f"{self.line.axis} {name}"

    @property
    def noun(self) -> str:
        """What a place in the series is."""
        return {DATE: "day", PYTHON: "interpreter"}.get(self.line.axis, "release")

    def verb(self, answer: Answer) -> str:
        """Say what a release does, in the words of users."""
        failing = Answer.FAILED if self.question is Question.FIRST_FAILING else Answer.PASSED
        words = {Answer.OTHER: "fails in another way", Answer.UNRESOLVED: "cannot be decided"}
        return words.get(answer, "fails" if answer is failing else "passes")


_TURNED: Final = {
    Kind.PASSES: Kind.FAILS,
    Kind.FAILS: Kind.PASSES,
    Kind.GOOD_FAILS: Kind.BAD_PASSES,
    Kind.BAD_PASSES: Kind.GOOD_FAILS,
}
