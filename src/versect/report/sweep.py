"""A sweep as every format shows it: one axis across, what else it varies down (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from versect.model.cell import Cell
from versect.model.outcome import Outcome
from versect.model.study import Sweep
from versect.model.trial import Trial
from versect.report.grid import axis_values
from versect.report.view import Class, Glyph, glyph, matrix_view

Result = tuple[Trial, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The cells of a sweep that are alike but for the axis under test."""

    labels: tuple[str, ...]
    """Their values on the other axes that vary."""
    entries: tuple[tuple[Cell, ...], ...]
    """The cells behind each value of the axis under test; empty where the sweep has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepView:
    """A sweep with the trials of its cells."""

    sweep: Sweep
    cells: tuple[Cell, ...]
    results: Mapping[str, tuple[Result, ...]]
    """By cell id, in the order of repeats."""
    held: tuple[tuple[str, str], ...]
    """Axes with one value, and it."""
    values: tuple[str, ...]
    """Of the axis under test."""
    row_axes: tuple[str, ...]
    lines: tuple[Line, ...]
    otherwise: tuple[Class, ...]
    """Failures of first trials that are not the one sought."""
    unresolved: tuple[Class, ...]
    marks: Mapping[str, str]
    """The mark of each cell that belongs to one of these, by id."""

    @property
    def extent(self) -> str:
        """What it rests on: ``5 cells, 20 trials``."""
        cells, trials = len(self.cells), sum(map(len, self.results.values()))
        return f"{cells} cell{'s' * (cells != 1)}, {trials} trial{'s' * (trials != 1)}"

    def count(self, cells: Sequence[Cell]) -> Counter[Glyph]:
        """Count the outcomes of all trials of some cells."""
        return Counter(glyph(o) for cell in cells for _, o in self.results.get(cell.id, ()))

    def face(self, cells: Sequence[Cell]) -> str:
        """Give what a table shows for cells: ``✗``, ``! 1``, or of several trials ``✗ 3, ✓ 17``."""
        found = self.count(cells)
        if len(found) == 1 and found.total() == 1:
            mark = self.marks.get(cells[0].id, "")
            return f"{next(iter(found))} {mark}".rstrip()
        return ", ".join(f"{sign} {found[sign]}" for sign in Glyph if found[sign]) or Glyph.OPEN


def sweep_view(
    sweep: Sweep, cells: Sequence[Cell], results: Mapping[str, tuple[Result, ...]]
) -> SweepView:
    """Make the view of a sweep's cells and whatever trials there are."""
    values = axis_values(cells)
    across = values.get(sweep.vary, ())
    down = [axis for axis in values if axis != sweep.vary and len(values[axis]) > 1]
    lines: dict[tuple[str, ...], dict[str, Cell]] = {}
    for cell in cells:
        lines.setdefault(tuple(map(cell.value, down)), {})[cell.value(sweep.vary)] = cell
    first = {name: found[0] for name, found in results.items() if found}
    table = matrix_view(sweep.study, cells, first)
    return SweepView(
        sweep=sweep,
        cells=tuple(cells),
        results=dict(results),
        held=tuple((axis, each[0]) for axis, each in values.items() if len(each) == 1),
        values=across,
        row_axes=tuple(down),
        lines=tuple(
            Line(
                labels=labels,
                entries=tuple((line[v],) if v in line else () for v in across),
            )
            for labels, line in lines.items()
        ),
        otherwise=table.otherwise,
        unresolved=table.unresolved,
        marks=table.marks,
    )


def line(view: SweepView) -> str:
    """Say a sweep in one line: ``concurrency: max_concurrent 1 ✗ 4; 10 ✗ 3, ✓ 1 (8 trials)``."""
    parts = []
    for place, value in enumerate(view.values):
        cells = [cell for row in view.lines for cell in row.entries[place]]
        parts.append(f"{value} {view.face(cells)}")
    return f"{view.sweep.name}: {view.sweep.vary} {'; '.join(parts)} ({view.extent})"
