"""From axes to cells: every combination, less what the study leaves out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from versect.model.cell import Cell, Pins
from versect.model.study import Selector, Study


def cells(
    study: Study,
    versions: Mapping[tuple[str, NormalizedName], Sequence[Version]],
) -> tuple[Cell, ...]:
    """Give the cells of a study in the order of its axes.

    Args:
        study: The study.
        versions: For each interpreter and project axis, its releases, oldest first. An empty
            sequence means that this interpreter has no cells.

    Returns:
        Interpreters change slowest, then the projects in the study's order, parameters fastest.

    """
    return tuple(cell for cell in _product(study, versions) if takes_part(study, cell))


def takes_part(study: Study, cell: Cell) -> bool:
    """Whether ``include`` and ``exclude`` leave this cell in."""
    if any(matches(selector, cell) for selector in study.exclude):
        return False
    return not study.include or any(matches(selector, cell) for selector in study.include)


def matches(selector: Selector, cell: Cell) -> bool:
    """Whether every condition of a selector holds for a cell."""
    return all(_holds(allowed, cell.value(axis)) for axis, allowed in selector.conditions)


def _product(
    study: Study,
    versions: Mapping[tuple[str, NormalizedName], Sequence[Version]],
) -> Iterator[Cell]:
    names = [axis.name for axis in study.parameters]
    values = [axis.values for axis in study.parameters]
    projects = [axis.project for axis in study.projects]
    for python in study.pythons:
        series = [versions[python, project] for project in projects]
        for releases in itertools.product(*series):
            pins = Pins(python=python, releases=tuple(zip(projects, releases, strict=True)))
            for combination in itertools.product(*values):
                yield Cell(pins=pins, parameters=tuple(zip(names, combination, strict=True)))


def _holds(allowed: SpecifierSet | tuple[str, ...], value: str) -> bool:
    if isinstance(allowed, tuple):
        return value in allowed
    try:
        return allowed.contains(Version(value), prereleases=True)
    except InvalidVersion:
        return False
