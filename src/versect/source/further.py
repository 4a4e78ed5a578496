"""What a study has beside its table: needs of some cells, sweeps, and searches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from versect.errors import Fault
from versect.model.study import (
    Bisection,
    Need,
    ProjectAxis,
    Selector,
    Study,
    Sweep,
)
from versect.source.axes import (
    Axes,
    ordered,
    parameters,
    placeholders,
    projects,
    selector,
    selectors,
)
from versect.source.schema import RawSearch, RawStudy, RawSweep

_MOST_REPEATS: Final = 1000
"""Trials of one cell; more of them is a slip of the pen, and all are listed before any is made."""


def added(study: Study, raw: RawStudy, faults: list[Fault]) -> Study:
    """Give a study with its needs, sweeps and searches.

    Args:
        study: The study without them.
        raw: What is written.
        faults: What is wrong with them is added here.

    """
    sweeps = [_sweep(study, name, written, faults) for name, written in raw.sweeps.items()]
    unread = any(fault.path.startswith("sweeps") for fault in faults)
    known = _known([study, *(sweep.study for sweep in sweeps)])
    needs = () if unread else tuple(_needs(raw, known, faults))
    searches = tuple(
        _search(number, one, known, faults, unread=unread)
        for number, one in enumerate(raw.searches)
    )
    names = [search.name for search in searches]
    faults.extend(
        Fault(f"searches[{number}]", "holds what another search does, so their verdicts would mix")
        for number, name in enumerate(names)
        if name in names[:number]
    )
    return replace(
        study,
        needs=needs,
        sweeps=tuple(_needing(sweep, needs) for sweep in sweeps),
        searches=searches,
    )


def _known(studies: Sequence[Study]) -> dict[str, Collection[str] | None]:
    """Give every axis of some studies with every value that a parameter has in one of them."""
    found: dict[str, Collection[str] | None] = {}
    for study in studies:
        for name, values in _axes(study).known.items():
            found[name] = None if values is None else (*(found.get(name) or ()), *values)
    return {name: values and tuple(dict.fromkeys(values)) for name, values in found.items()}


def _axes(study: Study) -> Axes:
    return Axes(projects=study.projects, parameters=study.parameters)


def _needs(
    raw: RawStudy, known: dict[str, Collection[str] | None], faults: list[Fault]
) -> Iterator[Need]:
    for number, need in enumerate(raw.needs):
        path = f"needs[{number}]"
        if not need.where:
            words = "say which cells; what all cells need belongs into the study's 'requires'"
            faults.append(Fault(f"{path}.where", words))
        if not need.requires:
            faults.append(Fault(f"{path}.requires", "name at least one requirement"))
        where = selector(f"{path}.where", need.where, known, faults)
        yield Need(where=where, requirements=need.requires)


def _needing(sweep: Sweep, needs: tuple[Need, ...]) -> Sweep:
    return replace(sweep, study=replace(sweep.study, needs=(*needs, *sweep.study.needs)))


def _sweep(study: Study, name: str, raw: RawSweep, faults: list[Fault]) -> Sweep:
    path = f"sweeps.{name}"
    if not raw.about.strip():
        faults.append(Fault(f"{path}.about", "say which question it answers"))
    if not 1 <= raw.repeats <= _MOST_REPEATS:
        words = f"at least 1 and at most {_MOST_REPEATS}, not {raw.repeats}"
        faults.append(Fault(f"{path}.repeats", words))
    own = _own(study, path, raw, faults)
    vary = raw.vary if raw.vary is not None else _only_varied(own)
    if vary is None or vary not in _axes(own).names:
        words = f"name the axis under test, one of {', '.join(_axes(own).names)}"
        faults.append(Fault(f"{path}.vary", words))
    of_axis = next((axis.values for axis in own.parameters if axis.name == vary), tuple(raw.words))
    faults.extend(
        Fault(
            f"{path}.words.{value}", f"{vary} never is {value}; it is one of {', '.join(of_axis)}"
        )
        for value in raw.words
        if value not in of_axis
    )
    for word in (*study.command, *(value for _, value in study.variables)):
        faults.extend(
            Fault(f"{path}.parameters", f"the reproduction is called with {{{missing}}}; give it")
            for missing in placeholders(word)
            if missing not in _axes(own).names and missing in _axes(study).names
        )
    return Sweep(
        name=name,
        about=raw.about.strip(),
        part=raw.part,
        vary=vary or "",
        full=raw.full,
        repeats=raw.repeats,
        trace=raw.trace,
        words=tuple(raw.words.items()),
        study=own,
    )


def _own(study: Study, path: str, raw: RawSweep, faults: list[Fault]) -> Study:
    """Give the study with a sweep's own axes, and those of the study where it has none."""
    chosen, needs = study.projects, tuple[Need, ...]()
    if raw.projects is not None:
        chosen, needs = _with_extras_of(study, tuple(projects(raw.projects, f"{path}.", faults)))
    varied = study.parameters
    if raw.parameters is not None:
        beside = [axis.project for axis in chosen]
        varied = tuple(parameters(raw.parameters, beside, f"{path}.", faults))
    axes = Axes(projects=chosen, parameters=varied)
    include = _still_speaking(study.include, axes)
    if raw.include is not None:
        include = selectors(f"{path}.include", raw.include, axes.known, faults)
    exclude = _still_speaking(study.exclude, axes)
    if raw.exclude is not None:
        exclude = selectors(f"{path}.exclude", raw.exclude, axes.known, faults)
    return replace(
        study,
        pythons=study.pythons if raw.python is None else ordered(raw.python),
        projects=chosen,
        parameters=varied,
        include=include,
        exclude=exclude,
        needs=needs,
    )


def _with_extras_of(
    study: Study, axes: tuple[ProjectAxis, ...]
) -> tuple[tuple[ProjectAxis, ...], tuple[Need, ...]]:
    """Give axes with the extras that the study's have, and what more of them a sweep wants.

    Extras of an axis are in no cell's id but in the study's fingerprint, which sweeps share.
    """
    common = {axis.project: axis.extras for axis in study.projects}
    alike, needs = [], []
    for axis in axes:
        extras = common.get(axis.project, frozenset())
        alike.append(replace(axis, extras=extras))
        if axis.extras - extras:
            requirement = Requirement(axis.project)
            requirement.extras = set(axis.extras)
            needs.append(Need(where=Selector(conditions=()), requirements=(requirement,)))
    return tuple(alike), tuple(needs)


def _only_varied(study: Study) -> str | None:
    """Give the axis that has more than one value, if only one has."""
    several: list[str] = [axis.project for axis in study.projects if not _is_one(axis)]
    several += [axis.name for axis in study.parameters if len(axis.values) > 1]
    several += ["python"] * (len(study.pythons) > 1)
    return several[0] if len(several) == 1 else None


def _is_one(axis: ProjectAxis) -> bool:
    return len(axis.choices) == 1 and isinstance(axis.choices[0], Version)


def _still_speaking(selectors: Sequence[Selector], axes: Axes) -> tuple[Selector, ...]:
    """Leave out of the study's selectors those that speak of what a sweep does not have."""
    return tuple(kept for one in selectors if (kept := _narrowed(one, axes)) is not None)


def _narrowed(selector: Selector, axes: Axes) -> Selector | None:
    values = {axis.name: axis.values for axis in axes.parameters}
    kept: list[tuple[str, SpecifierSet | tuple[str, ...]]] = []
    for name, allowed in selector.conditions:
        if name not in axes.names:
            return None
        left = allowed
        if name in values and isinstance(allowed, tuple):
            left = tuple(value for value in allowed if value in values[name])
            if not left:
                return None
        kept.append((name, left))
    return Selector(conditions=tuple(kept))


def _search(
    number: int,
    raw: RawSearch,
    known: dict[str, Collection[str] | None],
    faults: list[Fault],
    *,
    unread: bool,
) -> Bisection:
    path = f"searches[{number}]"
    if not raw.about.strip():
        faults.append(Fault(f"{path}.about", "say which question it answers"))
    if raw.project is None:
        faults.append(Fault(f"{path}.project", "name the project whose releases are searched"))
    named = [name for name, values in known.items() if values is not None]
    faults.extend(
        Fault(f"{path}.parameters.{name}", f"no such parameter; known: {', '.join(named)}")
        for name in raw.parameters
        if name not in named and not unread
    )
    return Bisection(
        about=raw.about.strip(),
        project=raw.project or "",
        good=raw.good,
        bad=raw.bad,
        python=raw.python,
        parameters=tuple(raw.parameters.items()),
        requirements=raw.requires,
        full=raw.full,
    )
