"""What a study's cells did when somebody accepted it: the state that later checks compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from versect.model.cell import Cell
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Passed, Unresolved, Word
from versect.model.trial import Trial
from versect.model.verdict import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What one cell did, and all that its answer may depend on beside the cell itself."""

    word: Word
    face: str
    """The failure's signature, or the cause that left the cell unresolved; empty if it passed."""
    fingerprint: str
    """Of the study and its reproduction."""
    version: str | None
    """The interpreter's whole version."""
    interpreter: str | None
    """Its image digest or path."""
    lock: str | None
    packages: tuple[tuple[str, str], ...]
    """Names and versions that were installed, sorted."""

    def __str__(self) -> str:
        """``passed``, ``failed: ValueError: boom``, ``unresolved: no-wheel``."""
        return f"{self.word}: {self.face}" if self.face else str(self.word)

    @property
    def shown(self) -> tuple[Word, str]:
        """What two stands have in common when nothing changed for a reader."""
        return self.word, self.face


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The accepted state of a study."""

    engine: str
    fingerprint: str
    """Of the study when it was accepted."""
    accepted: datetime
    cells: Mapping[str, Stand]
    """By cell id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A cell that is not what it was, or a new one that is not like its older neighbour."""

    at: datetime
    run: str
    cell: Cell
    beside: Cell | None
    """The neighbour it is unlike; None where it is unlike itself, or nothing is beside it."""
    before: Stand | None
    """What the cell, or its neighbour, did; None for a cell of which nothing was known."""
    after: Stand
    because: tuple[str, ...]
    """What else differs, a phrase each."""


def stand(trial: Trial, outcome: Outcome) -> Stand:
    """Give what a trial says of its cell."""
    setting = trial.setting
    return Stand(
        word=Word.of(outcome),
        face=_face(outcome),
        fingerprint=trial.fingerprint,
        version=setting.version,
        interpreter=setting.interpreter,
        lock=setting.lock,
        packages=setting.packages,
    )


def differences(before: Stand, after: Stand) -> tuple[str, ...]:
    """Say what else is not as it was: reproduction, interpreter, packages; a phrase each."""
    found: list[str] = []
    if before.fingerprint != after.fingerprint:
        found.append("the study or its reproduction changed")
    if before.version != after.version:
        found.append(f"Python {before.version or 'unknown'} -> {after.version or 'unknown'}")
    if before.interpreter != after.interpreter:
        found.append(f"interpreter {before.interpreter} -> {after.interpreter}")
    found += map(str, package_changes(before, after))
    if before.packages == after.packages and before.lock != after.lock:
        found.append("the lock: other files of the same releases")
    return tuple(found)


def package_changes(before: Stand, after: Stand) -> tuple[Change, ...]:
    """Give the packages that two stands have at different releases, by name."""
    old, new = dict(before.packages), dict(after.packages)
    return tuple(
        Change(project=name, before=old.get(name, ""), after=new.get(name, ""))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def _face(outcome: Outcome) -> str:
    match outcome:
        case Passed():
            return ""
        case Failed(signature=signature) | FailedOtherwise(signature=signature):
            return str(signature)
        case Unresolved(cause=cause):
            return str(cause)
