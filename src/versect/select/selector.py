"""Which cells a pattern over axes speaks of."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from versect.model.cell import Cell
from versect.model.study import Selector


def matches(selector: Selector, cell: Cell) -> bool:
    """Whether every condition of a selector holds for a cell; none holds on an axis it lacks."""
    return all(_holds(allowed, cell, axis) for axis, allowed in selector.conditions)


def _holds(allowed: SpecifierSet | tuple[str, ...], cell: Cell, axis: str) -> bool:
    try:
        value = cell.value(axis)
    except KeyError:
        return False
    if isinstance(allowed, tuple):
        return value in allowed
    try:
        return allowed.contains(Version(value), prereleases=True)
    except InvalidVersion:
        return False
