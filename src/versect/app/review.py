"""The table again from stored trials: nothing is run, everything is judged anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from versect.app.plan import Result, finished
from versect.errors import UsageError
from versect.model.cell import Cell
from versect.model.study import Study, Symptom
from versect.model.trial import Trial
from versect.select.matrix import combines


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The cells that have trials, in the order of the study's axes, with their results."""

    cells: tuple[Cell, ...]
    results: dict[str, Result]


def review(study: Study, trials: Iterable[Trial], symptom: Symptom) -> Review:
    """Judge the trials of the newest fingerprint and engine under a symptom.

    Raises:
        UsageError: There are no trials.

    """
    stored = tuple(trial for trial in trials if combines(study, trial.probe.cell))
    if not stored:
        raise UsageError(
            f"no trial of {study.name} is stored", remedy=f"run it: versect run {study.name}"
        )
    newest = stored[-1]
    results = finished(
        stored, symptom, fingerprint=newest.fingerprint, engine=newest.setting.engine
    )
    cells = {trial.probe.cell.id: trial.probe.cell for trial, _ in results.values()}
    return Review(
        cells=tuple(sorted(cells.values(), key=lambda c: _place(study, c))), results=results
    )


def changes(before: dict[str, Result], after: dict[str, Result]) -> tuple[str, ...]:
    """Say which cells mean something else now, a line each."""
    names = (
        (name, type(before[name][1]).__name__, type(after[name][1]).__name__) for name in after
    )
    return tuple(f"{name}: {old} -> {new}" for name, old, new in names if old != new)


def _place(study: Study, cell: Cell) -> tuple[object, ...]:
    """Give what sorts cells as the study does: axes in order, parameters by their own order."""
    orders = {axis.name: axis.values for axis in study.parameters}
    return (
        int(cell.pins.python.partition(".")[2]),
        *(version for _, version in cell.pins.releases),
        *(
            orders[name].index(value) if value in orders.get(name, ()) else len(value)
            for name, value in cell.parameters
        ),
    )
