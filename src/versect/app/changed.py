"""What a change of locks does to a study: every cell with the old and with the new one (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from versect.app.check import INCONCLUSIVE, INFRASTRUCTURE, REGRESSION
from versect.model.cell import Cell
from versect.model.change import Effect, Tried, face
from versect.model.study import Need, Selector, Study
from versect.select.matrix import cells
from versect.source.pinned import Pinned


def exit_code(effects: Iterable[Effect]) -> int:
    """Give the exit code, as a check does: what broke weighs most, then what was in the way."""
    seen = set(effects)
    if Effect.BROKE in seen:
        return REGRESSION
    if Effect.LOST in seen:
        return INFRASTRUCTURE
    return INCONCLUSIVE if seen & {Effect.UNTOLD, Effect.FLAKY} else 0


def broken(tried: Iterable[Tried]) -> tuple[tuple[Tried, ...], ...]:
    """Put together what broke with one face: one cause is sought for all of it."""
    groups: dict[tuple[type, str], list[Tried]] = defaultdict(list)
    for one in tried:
        if one.effect is Effect.BROKE:
            groups[type(one.after.outcome), face(one.after.outcome)].append(one)
    return tuple(map(tuple, groups.values()))


def released(study: Study, locks: Sequence[Pinned]) -> Study:
    """Leave it to the locks which release there is of every project that one of them installs.

    What the study says of such a project, as an axis or a requirement, keeps its extras alone.
    """
    locked = {name for lock in locks for name, _ in lock.releases}
    requirements = [
        _any_release(one) if canonicalize_name(one.name) in locked else one
        for one in study.requirements
    ]
    for axis in study.projects:
        if axis.project in locked:
            requirement = Requirement(axis.project)
            requirement.extras = set(axis.extras)
            requirements.append(requirement)
    return replace(
        study,
        projects=tuple(axis for axis in study.projects if axis.project not in locked),
        requirements=tuple(requirements),
        sweeps=(),
        searches=(),
    )


def combinations(study: Study, python: str, new: Pinned) -> Iterator[Cell]:
    """Give the cells of a study for one interpreter, without the releases that locks install.

    What the study includes and excludes is judged by the releases of the new lock; where it speaks
    of a project that the lock has not, that says nothing.
    """
    versions = dict(new.releases)
    missing = {axis.project for axis in study.projects} - versions.keys()
    axes = tuple(axis for axis in study.projects if axis.project in versions)
    narrowed = replace(
        study,
        pythons=(python,),
        projects=axes,
        include=tuple(
            selector
            for selector in study.include
            if missing.isdisjoint(name for name, _ in selector.conditions)
        ),
    )
    one = {(python, axis.project): [versions[axis.project]] for axis in axes}
    for cell in cells(narrowed, one):
        yield replace(cell, pins=replace(cell.pins, releases=()))


def settled(study: Study, cell: Cell) -> Study:
    """Give the study of one combination: what its cell needs is needed, whatever is varied."""
    needs = Need(
        where=Selector(conditions=()), requirements=tuple(map(Requirement, cell.pins.needs))
    )
    return replace(study, needs=(needs,))


def _any_release(requirement: Requirement) -> Requirement:
    loose = Requirement(str(requirement))
    loose.specifier = SpecifierSet()
    return loose
