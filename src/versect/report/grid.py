"""The cells of a study as rows and columns in which the boundary is seen at once (pure).

Rows are the releases of the project with the most values, columns the parameters. What is left,
interpreters and other projects, is merged wherever every outcome agrees: a row then says
``3.11, 3.12, 3.13`` instead of standing there three times.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from versect.model.cell import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Cells that differ only along merged axes and the columns."""

    labels: tuple[str, ...]
    """What the row stands for, on each row axis."""
    entries: tuple[tuple[Cell, ...], ...]
    """The cells behind each column; empty where the study has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Rows and columns; every cell stands in exactly one entry."""

    row_axes: tuple[str, ...]
    column_axes: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    """The values of each column on the column axes."""
    rows: tuple[Row, ...]


def axis_values(cells: Sequence[Cell]) -> dict[str, tuple[str, ...]]:
    """Give the values of every axis, in the order of the cells."""
    found: dict[str, dict[str, None]] = {}
    for cell in cells:
        pins = [(name, str(version)) for name, version in cell.pins.releases]
        for name, value in (("python", cell.pins.python), *pins, *cell.parameters):
            found.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in found.items()}


def arrange(cells: Sequence[Cell], face: Callable[[Cell], object]) -> Grid:
    """Arrange cells.

    Args:
        cells: The cells of a study, in its order.
        face: What is shown for a cell; cells with equal faces may be merged.

    """
    if not cells:
        return Grid(row_axes=(), column_axes=(), columns=(), rows=())
    values = axis_values(cells)
    columns_of, rows_of = _roles(cells[0], values)
    columns = tuple(dict.fromkeys(_values(cell, columns_of) for cell in cells))
    places: dict[tuple[str, ...], dict[tuple[str, ...], Cell]] = {}
    for cell in cells:
        places.setdefault(_values(cell, rows_of), {})[_values(cell, columns_of)] = cell
    drafts = [
        _Draft(
            sets=tuple((value,) for value in key),
            faces=tuple(face(by_column[c]) if c in by_column else None for c in columns),
            cells=tuple((by_column[c],) if c in by_column else () for c in columns),
        )
        for key, by_column in places.items()
    ]
    order = [values[axis].index for axis in rows_of]
    drafts.sort(key=lambda d: tuple(rank(s[0]) for rank, s in zip(order, d.sets, strict=True)))
    for axis in range(len(rows_of) - 1, 0, -1):
        drafts = _merged(drafts, axis)
    return Grid(
        row_axes=tuple(rows_of),
        column_axes=tuple(columns_of),
        columns=columns,
        rows=tuple(
            Row(labels=tuple(", ".join(s) for s in draft.sets), entries=draft.cells)
            for draft in drafts
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    sets: tuple[tuple[str, ...], ...]
    faces: tuple[object, ...]
    cells: tuple[tuple[Cell, ...], ...]


def _roles(cell: Cell, values: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Say which axes are columns and which are rows, the main one first.

    Columns are the parameters; without any, the interpreters, or failing those the last project.
    """
    projects = sorted((str(name) for name, _ in cell.pins.releases), key=lambda n: -len(values[n]))
    parameters = [name for name, _ in cell.parameters]
    if parameters:
        return parameters, [*projects, "python"]
    if len(values["python"]) > 1 or len(projects) < 2:
        return (["python"], projects) if projects else ([], ["python"])
    return projects[-1:], [*projects[:-1], "python"]


def _values(cell: Cell, axes: Iterable[str]) -> tuple[str, ...]:
    return tuple(cell.value(axis) for axis in axes)


def _merged(drafts: Sequence[_Draft], axis: int) -> list[_Draft]:
    """Merge rows that differ on one axis only and look the same."""
    found: dict[object, list[_Draft]] = {}
    for draft in drafts:
        others = tuple(s for i, s in enumerate(draft.sets) if i != axis)
        found.setdefault((others, draft.faces), []).append(draft)
    merged = []
    for same in found.values():
        values = tuple(itertools.chain.from_iterable(d.sets[axis] for d in same))
        first = same[0]
        merged.append(
            _Draft(
                sets=(*first.sets[:axis], values, *first.sets[axis + 1 :]),
                faces=first.faces,
                cells=tuple(
                    tuple(itertools.chain.from_iterable(column))
                    for column in zip(*(d.cells for d in same), strict=True)
                ),
            )
        )
    return merged
