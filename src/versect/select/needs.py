"""What only some cells need installed: the one place that knows which cells, and what."""

from __future__ import annotations

from dataclasses import replace

from versect.model.cell import Cell
from versect.model.study import Study
from versect.select.selector import matches


def equipped(study: Study, cell: Cell) -> Cell:
    """Give a cell with what the study says that such cells need, in place of what it needed.

    Whoever makes a cell of other values on its axes passes it through here: needs may hang on
    any of them.
    """
    needs = {
        str(requirement)
        for need in study.needs
        if matches(need.where, cell)
        for requirement in need.requirements
    }
    return replace(cell, pins=replace(cell.pins, needs=tuple(sorted(needs))))
