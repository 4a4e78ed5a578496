"""What a change of locks does to a cell: it is tried with the old one and with the new one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from versect.model.cell import Cell
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Passed, Unresolved
from versect.model.verdict import Step


class Effect(StrEnum):
    """What a change does to a cell. The value is what is stored and shown."""

    BROKE = "broke"
    MENDED = "mended"
    PASSES = "passes-with-both"
    FAILS = "fails-with-both"
    OTHER = "fails-in-another-way"
    FLAKY = "flaky"
    """It broke, and one side did otherwise when it was asked again."""
    UNTOLD = "could-not-be-told"
    LOST = "infrastructure"
    """Could not be tried, for a reason that lies in this machine or its network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One cell on both sides of a change."""

    cell: Cell
    """Without what the locks install."""
    before: Step
    after: Step
    effect: Effect


def effect(before: Outcome, after: Outcome) -> Effect:
    """Say what a change does where one side did this and the other that."""
    unresolved = [one for one in (before, after) if isinstance(one, Unresolved)]
    if unresolved:
        lost = any(one.cause.transient for one in unresolved)
        return Effect.LOST if lost else Effect.UNTOLD
    if isinstance(before, Passed):
        return Effect.PASSES if isinstance(after, Passed) else Effect.BROKE
    if isinstance(after, Passed):
        return Effect.MENDED
    return Effect.FAILS if face(before) == face(after) else Effect.OTHER


def face(outcome: Outcome) -> str:
    """Give the signature of a failure; empty for what did not fail."""
    match outcome:
        case Failed(signature=signature) | FailedOtherwise(signature=signature):
            return str(signature)
        case Passed() | Unresolved():
            return ""
