"""A study narrowed to one series: every other axis is held still, and what was held is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from versect.errors import UsageError
from versect.model.cell import Cell, Pins
from versect.model.study import Every, Need, ProjectAxis, Study
from versect.select.line import PYTHON
from versect.select.needs import equipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """What stays when all axes but those searched are held still."""

    study: Study
    """The study whose only project axes are those searched and those held at one release."""
    cell: Cell
    """The cell that every one of the search is like, the axes searched left out."""
    notes: tuple[str, ...]
    """What was held still though the study varies it, a sentence each."""
    picked: tuple[tuple[NormalizedName, Version], ...] = ()
    """Releases of the projects searched that the study names; the index says if there are any."""


def focus(
    study: Study, searched: Sequence[str], *, pre: bool, yanked: bool, thinned: bool = False
) -> Focus:
    """Hold every axis still but those searched.

    An interpreter or parameter with several values keeps its last or its first one; a project with
    several releases is left to the resolver, inside the study's range.

    Args:
        study: The study as written.
        searched: Normalised project names, or ``python``.
        pre: Whether pre-releases of the projects searched take part, whatever the study says.
        yanked: Likewise yanked releases.
        thinned: Whether ranges stay thinned as for a table: who asks for it wants a coarse answer.

    Raises:
        UsageError: No interpreter is named, or an axis is searched twice.

    """
    if len(set(searched)) != len(searched):
        twice = next(name for name in searched if searched.count(name) > 1)
        raise UsageError(f"--project {twice} is given twice", remedy="name each project once")
    notes: list[str] = []
    python = study.pythons[-1]
    if len(study.pythons) > 1 and PYTHON not in searched:
        notes.append(f"only Python {python} of {', '.join(study.pythons)}; choose with --python")
    axes: list[ProjectAxis] = []
    requirements = list(study.requirements)
    for axis in study.projects:
        if axis.project in searched:
            axes.append(_whole(axis, thinned=thinned))
            if axes[-1] != axis:
                notes.append(f"{axis.project}: all releases are searched, not only those picked")
        elif len(axis.choices) == 1 and isinstance(axis.choices[0], Version):
            axes.append(axis)
        else:
            requirements.append(_left_open(axis))
            notes.append(
                f"{axis.project} is left to the resolver ({requirements[-1]}); "
                f"pin it with --axis {axis.project}=VERSION"
            )
    for name in searched:
        if name != PYTHON and name not in {axis.project for axis in axes}:
            axes.append(_of_requirements(canonicalize_name(name), requirements))
    axes = [
        replace(axis, pre=axis.pre or pre, yanked=axis.yanked or yanked)
        if axis.project in searched
        else axis
        for axis in axes
    ]
    parameters = tuple((axis.name, axis.values[0]) for axis in study.parameters)
    notes += [
        f"only {axis.name} {axis.values[0]} of {', '.join(axis.values)}; "
        f"choose with --axis {axis.name}=VALUE"
        for axis in study.parameters
        if len(axis.values) > 1
    ]
    left_open = {axis.project for axis in study.projects} - {axis.project for axis in axes}
    notes += [
        f"not required: {', '.join(map(str, need.requirements))}, needed by some releases of {name}"
        for need in study.needs
        for name, _ in need.where.conditions
        if name in left_open
    ]
    kept = tuple(r for r in requirements if canonicalize_name(r.name) not in searched)
    pins = tuple(
        (axis.project, axis.choices[0])
        for axis in axes
        if axis.project not in searched and isinstance(axis.choices[0], Version)
    )
    narrowed = replace(
        study,
        projects=tuple(axes),
        requirements=kept,
        needs=tuple(_needing(study.needs, searched)),
        sweeps=(),
        searches=(),
    )
    cell = Cell(pins=Pins(python=python, releases=pins), parameters=parameters)
    picked = tuple(
        (axis.project, choice)
        for axis in study.projects
        for choice in axis.choices
        if axis.project in searched and isinstance(choice, Version)
    )
    return Focus(study=narrowed, cell=equipped(narrowed, cell), picked=picked, notes=tuple(notes))


def _needing(needs: Sequence[Need], searched: Sequence[str]) -> Iterator[Need]:
    """Give needs that leave the releases of the projects searched open; extras stay needed."""
    for need in needs:
        kept = [r for r in need.requirements if canonicalize_name(r.name) not in searched]
        for bound in need.requirements:
            if bound not in kept and bound.extras:
                kept.append(Requirement(f"{bound.name}[{','.join(sorted(bound.extras))}]"))
        yield replace(need, requirements=tuple(kept))


def _whole(axis: ProjectAxis, *, thinned: bool) -> ProjectAxis:
    """Give an axis with every release of its range: releases picked out leave others unsearched."""
    if len(axis.choices) == 1 and isinstance(axis.choices[0], SpecifierSet):
        return axis if thinned else replace(axis, every=Every.RELEASE, limit=None)
    return replace(axis, choices=(SpecifierSet(),), every=Every.RELEASE, limit=None)


def _left_open(axis: ProjectAxis) -> Requirement:
    requirement = Requirement(axis.project)
    requirement.extras = set(axis.extras)
    if len(axis.choices) == 1 and isinstance(axis.choices[0], SpecifierSet):
        requirement.specifier = axis.choices[0]
    return requirement


def _of_requirements(project: NormalizedName, requirements: Sequence[Requirement]) -> ProjectAxis:
    """Make an axis of a project that the study only requires, inside what it requires.

    A release that it names with ``==`` is put aside: others are what is searched.
    """
    found = [r for r in requirements if canonicalize_name(r.name) == project]
    bounds = [str(one) for r in found for one in r.specifier if not one.operator.startswith("==")]
    return ProjectAxis(
        project=project,
        extras=frozenset(canonicalize_name(extra) for r in found for extra in r.extras),
        choices=(SpecifierSet(",".join(bounds)),),
        every=Every.RELEASE,
        limit=None,
        pre=False,
        yanked=False,
    )
