"""From axes to cells: every combination, less what the study leaves out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from packaging.utils import NormalizedName
from packaging.version import Version

from versect.model.cell import Cell, Pins
from versect.model.study import ProjectAxis, Study
from versect.select.needs import equipped
from versect.select.selector import matches


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


def combines(study: Study, cell: Cell) -> bool:
    """Whether a cell has the study's axes, and on each of them a value that the study admits.

    A specifier admits every release that it contains: which of them a run takes is only known
    with the index.
    """
    return (
        has_axes(study, cell)
        and cell.pins.python in study.pythons
        and all(map(_admits, study.projects, (version for _, version in cell.pins.releases)))
        and all(
            value in axis.values
            for axis, (_, value) in zip(study.parameters, cell.parameters, strict=True)
        )
        and takes_part(study, cell)
    )


def has_axes(study: Study, cell: Cell) -> bool:
    """Whether a cell has the study's axes, whatever its values, and nothing beside them."""
    pins = cell.pins
    return (
        not pins.preferred
        and pins.cut_off is None
        and not pins.patch
        and [name for name, _ in pins.releases] == [axis.project for axis in study.projects]
        and [name for name, _ in cell.parameters] == [axis.name for axis in study.parameters]
        and equipped(study, cell) == cell
    )


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
                cell = Cell(pins=pins, parameters=tuple(zip(names, combination, strict=True)))
                yield equipped(study, cell)


def _admits(axis: ProjectAxis, version: Version) -> bool:
    return any(
        version == choice
        if isinstance(choice, Version)
        else choice.contains(version, prereleases=True)
        for choice in axis.choices
    )
