"""Which cells stand beside which, along the axes that have an order (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from packaging.version import Version

from versect.model.cell import Cell
from versect.select.line import PYTHON

_Line = list[tuple[Version, Cell]]
_PARAMETERS: Final = "parameters"


class Neighbours:
    """The cells of a matrix by their lines; a parameter's values have no order, and no line."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        lines: dict[tuple[str, tuple[object, ...]], _Line] = defaultdict(list)
        for cell in cells:
            for axis in ordered_axes(cell):
                lines[axis, _others(cell, axis)].append((Version(cell.value(axis)), cell))
        self._lines = {
            key: [cell for _, cell in sorted(line, key=lambda pair: pair[0])]
            for key, line in lines.items()
        }

    def older(self, cell: Cell, axis: str) -> Sequence[Cell]:
        """Give the cells that differ on one axis alone and are older there, the nearest first."""
        line = self._line(cell, axis)
        return line[: line.index(cell)][::-1]

    def newer(self, cell: Cell, axis: str) -> Sequence[Cell]:
        """Give the newer ones, the nearest first."""
        line = self._line(cell, axis)
        return line[line.index(cell) + 1 :]

    def _line(self, cell: Cell, axis: str) -> list[Cell]:
        return self._lines[axis, _others(cell, axis)]


def ordered_axes(cell: Cell) -> tuple[str, ...]:
    """Give the axes of a cell whose values have an order: its projects, then its interpreter."""
    return (*(name for name, _ in cell.pins.releases), PYTHON)


def _others(cell: Cell, axis: str) -> tuple[object, ...]:
    kept = [(name, cell.value(name)) for name in ordered_axes(cell) if name != axis]
    return (*kept, (_PARAMETERS, cell.parameters))
