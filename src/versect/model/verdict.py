"""What a search concludes, beside the places in its series: sides, faces, counterfactuals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from versect.model.outcome import Outcome, Signature
from versect.model.trial import Trial


class Question(StrEnum):
    """What a bisection looks for. The value is what is stored and shown."""

    FIRST_FAILING = "first-failing"
    FIRST_PASSING = "first-passing"
    """The release that mended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question of a search with its answer, in the order in which searches asked."""

    trial: Trial
    outcome: Outcome
    known: bool
    """Whether an earlier run had made the trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a boundary, as anybody can repeat it."""

    step: Step
    lock: str
    """The text of its ``pylock.toml``; empty where it has none."""
    command: tuple[str, ...]
    """What runs it by hand; empty where its environment cannot be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceChange:
    """Neighbouring failing releases whose failures look different."""

    last: int
    """Place of the last one with the older face."""
    first: int
    """Place of the first one with the newer face, no decided one between them."""
    before: Signature
    after: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One project that two locks hold at different releases; empty for not at all."""

    project: str
    before: str
    after: str

    def __str__(self) -> str:
        """``anyio 3.7.1 -> 4.1.0``, ``sniffio added at 1.3.0``, ``six 1.16.0 gone``."""
        if not self.before:
            return f"{self.project} added at {self.after}"
        if not self.after:
            return f"{self.project} {self.before} gone"
        return f"{self.project} {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """A trial of some of the changes between two sides without the others."""

    applied: tuple[Change, ...]
    withheld: tuple[Change, ...]
    moved: tuple[Change, ...]
    """What the resolver had to change all the same."""
    step: Step

    @property
    def inseparable(self) -> tuple[Change, ...]:
        """What of the withheld came along all the same: the trial does not speak of it."""
        moved = {change.project: change.after for change in self.moved}
        return tuple(c for c in self.withheld if moved.get(c.project) == c.after)
