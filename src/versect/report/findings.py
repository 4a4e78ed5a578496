"""What outcomes say together: where they change, and which axes mean nothing (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from versect.model.cell import Cell
from versect.model.outcome import Outcome, Unresolved, Word
from versect.model.trial import Trial
from versect.report.grid import axis_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """Two neighbouring values of an axis between which outcomes change."""

    axis: str
    before: str
    after: str
    change: str
    """``passed -> failed``."""
    changed: int
    """Pairs of cells, alike but for this axis, whose outcomes change in this way."""
    comparable: int
    """Pairs of cells in which both are decided."""
    where: str
    """What the changed pairs have in common on the other axes, empty for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inert:
    """A project that was installed and never imported: its axis means nothing in these cells."""

    project: str
    cells: tuple[str, ...]
    """Ids."""
    where: str
    """What these cells have in common, empty for nothing."""


def boundaries(cells: Sequence[Cell], outcomes: Mapping[str, Outcome]) -> tuple[Boundary, ...]:
    """Find where outcomes change between neighbouring values of interpreters and projects."""
    values = axis_values(cells)
    parameters = {name for cell in cells[:1] for name, _ in cell.parameters}
    found: list[Boundary] = []
    for axis in (name for name in values if name not in parameters):
        for before, after in zip(values[axis], values[axis][1:], strict=False):
            found += _between(cells, outcomes, axis, before, after)
    return tuple(found)


def inert(cells: Sequence[Cell], trials: Mapping[str, Trial]) -> tuple[Inert, ...]:
    """Find projects that were never imported by reproductions that could tell."""
    found = []
    for project in (name for cell in cells[:1] for name, _ in cell.pins.releases):
        unused = [cell for cell in cells if is_inert(project, trials.get(cell.id))]
        if unused:
            ids = tuple(cell.id for cell in unused)
            where = common(unused, cells, {str(project)})
            found.append(Inert(project=project, cells=ids, where=where))
    return tuple(found)


def is_inert(project: str, trial: Trial | None) -> bool:
    """Whether a trial ran to its end and never imported a project that its lock installs."""
    if trial is None or trial.observation.imported is None:
        return False
    used = trial.observation.imported
    return bool(used) and project not in used


def common(some: Sequence[Cell], every: Sequence[Cell], but: set[str]) -> str:
    """Say what sets some cells apart: ``openai 3.54.0; strategy sync``.

    Only axes on which they have fewer values than all cells are named.
    """
    mine, all_of = axis_values(some), axis_values(every)
    parts = [
        f"{axis} {', '.join(mine[axis])}"
        for axis in mine
        if axis not in but and set(mine[axis]) < set(all_of[axis])
    ]
    return "; ".join(parts)


def _between(
    cells: Sequence[Cell], outcomes: Mapping[str, Outcome], axis: str, before: str, after: str
) -> list[Boundary]:
    """Compare cells that are alike but for one axis."""
    sides: dict[object, dict[str, Cell]] = {}
    for cell in cells:
        value = cell.value(axis)
        if value in (before, after):
            sides.setdefault(_others(cell, axis), {})[value] = cell
    pairs = [(side[before], side[after]) for side in sides.values() if len(side) == 2]
    decided = [pair for pair in pairs if all(_is_decided(outcomes.get(cell.id)) for cell in pair)]
    changes: dict[str, list[Cell]] = {}
    for one, other in decided:
        names = [Word.of(outcomes[cell.id]).shown for cell in (one, other)]
        if names[0] != names[1]:
            changes.setdefault(" -> ".join(names), []).append(other)
    counts = Counter({change: len(found) for change, found in changes.items()})
    return [
        Boundary(
            axis=axis,
            before=before,
            after=after,
            change=change,
            changed=count,
            comparable=len(decided),
            where=common(changes[change], [other for _, other in decided], {axis}),
        )
        for change, count in counts.most_common()
    ]


def _others(cell: Cell, axis: str) -> tuple[object, ...]:
    pins = tuple(pin for pin in cell.pins.releases if pin[0] != axis)
    parameters = tuple(p for p in cell.parameters if p[0] != axis)
    return (None if axis == "python" else cell.pins.python, pins, parameters)


def _is_decided(outcome: Outcome | None) -> bool:
    return outcome is not None and not isinstance(outcome, Unresolved)
