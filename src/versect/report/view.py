"""The one model behind every format: a number that is not here is in no report (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from versect.model.cell import Cell
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Passed, Unresolved
from versect.model.study import Study, Symptom
from versect.model.trial import Trial
from versect.report.findings import Boundary, Inert, boundaries, inert, is_inert
from versect.report.grid import Grid, arrange

if TYPE_CHECKING:
    from versect.report.sweep import SweepView


class Glyph(StrEnum):
    """One sign an outcome; the words beside it say the same."""

    PASSED = "✓"
    FAILED = "✗"
    OTHERWISE = "!"
    UNRESOLVED = "?"
    OPEN = "·"


WORDS = {
    Glyph.PASSED: "passed",
    Glyph.FAILED: "failed: the failure sought",
    Glyph.OTHERWISE: "failed otherwise: the number leads to the failure below",
    Glyph.UNRESOLVED: "unresolved: the letter leads to the reason below",
    Glyph.OPEN: "not tried yet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Cells that failed, or stayed unresolved, in the same way."""

    mark: str
    """``1``, ``2``, ... for failures, ``a``, ``b``, ... for causes; empty for what is sought."""
    title: str
    detail: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixView:
    """A matrix as every format shows it."""

    study: Study
    cells: tuple[Cell, ...]
    results: Mapping[str, tuple[Trial, Outcome]]
    counts: Mapping[Glyph, int]
    grid: Grid
    sought: tuple[Class, ...]
    otherwise: tuple[Class, ...]
    unresolved: tuple[Class, ...]
    marks: Mapping[str, str]
    """The mark of each cell that belongs to a class with one, by id."""
    inert: tuple[Inert, ...]
    boundaries: tuple[Boundary, ...]
    settings: tuple[str, ...]
    """Engines and interpreters, a line each."""
    notes: tuple[str, ...]
    """What trials had to say of how they were made, each once."""
    sweeps: tuple[SweepView, ...] = ()
    """Those that have trials; no number above counts them."""

    def face(self, cell: Cell) -> str:
        """Give what a table shows for a cell: ``✗``, ``! 1``, ``? a``; ``°`` marks inert axes."""
        return face(cell, self.results, self.marks)


def matrix_view(
    study: Study, cells: Sequence[Cell], results: Mapping[str, tuple[Trial, Outcome]]
) -> MatrixView:
    """Make the view of a study's cells and whatever results there are."""
    outcomes = {cell.id: results[cell.id][1] for cell in cells if cell.id in results}
    trials = {cell.id: results[cell.id][0] for cell in cells if cell.id in results}
    sought, otherwise, unresolved = _classes(cells, outcomes)
    marks = {name: c.mark for c in (*otherwise, *unresolved) for name in c.cells}
    counts = dict.fromkeys(Glyph, 0)
    for cell in cells:
        counts[glyph(outcomes.get(cell.id))] += 1
    return MatrixView(
        study=study,
        cells=tuple(cells),
        results=dict(results),
        counts=counts,
        grid=arrange(cells, lambda cell: face(cell, results, marks)),
        sought=sought,
        otherwise=otherwise,
        unresolved=unresolved,
        marks=marks,
        inert=inert(cells, trials),
        boundaries=boundaries(cells, outcomes),
        settings=_settings(cells, trials),
        notes=tuple(dict.fromkeys(n for t in trials.values() for n in t.observation.notes)),
    )


def glyph(outcome: Outcome | None) -> Glyph:
    """Give the sign of an outcome, or of a cell without one."""
    match outcome:
        case None:
            return Glyph.OPEN
        case Passed():
            return Glyph.PASSED
        case Failed():
            return Glyph.FAILED
        case FailedOtherwise():
            return Glyph.OTHERWISE
        case Unresolved():
            return Glyph.UNRESOLVED
        case other:
            assert_never(other)


def face(cell: Cell, results: Mapping[str, tuple[Trial, Outcome]], marks: Mapping[str, str]) -> str:
    """Give what a table shows for a cell."""
    if cell.id not in results:
        return str(Glyph.OPEN)
    trial, outcome = results[cell.id]
    sign = f"{glyph(outcome)} {marks.get(cell.id, '')}".rstrip()
    unused = any(is_inert(project, trial) for project, _ in cell.pins.releases)
    return f"{sign} °" if unused else sign


def sought_words(symptom: Symptom) -> str:
    """Say in words what the failure sought looks like."""
    parts = []
    if symptom.exception or symptom.message:
        parts.append(symptom.exception or "any exception")
    if symptom.message:
        parts.append(f"with a message like /{symptom.message}/")
    if parts:
        parts.append(f"({', '.join(sorted(symptom.places))})")
    if symptom.text:
        parts.append(f"output like /{symptom.text}/")
    if symptom.exit_codes:
        parts.append(f"exit status {', '.join(map(str, sorted(symptom.exit_codes)))}")
    if symptom.signal:
        parts.append(f"death by {symptom.signal}")
    if symptom.timeout:
        parts.append("running into the time limit")
    return " ".join(parts) or "any exit status from 1 to 127 but 125"


def _classes(
    cells: Sequence[Cell], outcomes: Mapping[str, Outcome]
) -> tuple[tuple[Class, ...], tuple[Class, ...], tuple[Class, ...]]:
    """Group failures by signature and unresolved cells by cause, in the order of the cells."""
    sought: dict[str, list[str]] = {}
    otherwise: dict[str, list[str]] = {}
    unresolved: dict[tuple[str, str], list[str]] = {}
    details: dict[tuple[str, str], str] = {}
    for cell in cells:
        match outcomes.get(cell.id):
            case Failed(signature=signature):
                sought.setdefault(str(signature), []).append(cell.id)
            case FailedOtherwise(signature=signature):
                otherwise.setdefault(str(signature), []).append(cell.id)
            case Unresolved(cause=cause, detail=detail):
                key = (str(cause), gist(detail))
                unresolved.setdefault(key, []).append(cell.id)
                details.setdefault(key, detail)
            case Passed() | None:
                pass
    return (
        tuple(Class(mark="", title=t, detail="", cells=tuple(c)) for t, c in sought.items()),
        tuple(
            Class(mark=str(number), title=title, detail="", cells=tuple(ids))
            for number, (title, ids) in enumerate(otherwise.items(), 1)
        ),
        tuple(
            Class(mark=_letters(number), title=key[0], detail=details[key], cells=tuple(ids))
            for number, (key, ids) in enumerate(unresolved.items())
        ),
    )


def gist(detail: str) -> str:
    """Give the line of a reason that tells it from others: uv's ``cause:``, else the first one.

    A first line that only opens a list is given with the rest.
    """
    lines = [line.strip() for line in detail.splitlines() if line.strip()]
    causes = [line.removeprefix("cause:").strip() for line in lines if line.startswith("cause:")]
    if not causes and lines and lines[0].endswith(":"):
        return " ".join(lines)
    return next(iter(causes or lines), "")


def _letters(number: int) -> str:
    """Count in letters: ``a``, ..., ``z``, ``aa``, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def _settings(cells: Sequence[Cell], trials: Mapping[str, Trial]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for cell in cells:
        trial = trials.get(cell.id)
        if trial is not None and trial.setting.version is not None:
            where = trial.setting.interpreter or "unknown"
            engine = trial.setting.engine
            found[f"py{cell.pins.python}: {engine}, Python {trial.setting.version}, {where}"] = None
    return tuple(found)
