"""From a study as written to a ``Study``: what the parts of it say of one another is checked."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from versect.errors import Fault, StudyError
from versect.model.study import (
    Limits,
    ParameterAxis,
    Place,
    ProjectAxis,
    Selector,
    Study,
    Symptom,
)
from versect.source import files
from versect.source.schema import RawFailure, RawStudy, read

RESERVED: Final = frozenset({"cache", "engine", "python", "python-image", "record", "recorder"})
"""Names that a parameter may not have: versect's own variables and placeholders."""


def build(source: str, root: Path, document: Mapping[str, Any], *, default_name: str) -> Study:
    """Make a ``Study`` of a table.

    Args:
        source: What the table was read from, for messages.
        root: The folder that holds the reproduction.
        document: The table.
        default_name: The study's name when the table gives none.

    Raises:
        StudyError: The table has faults; all of them are in the error.

    """
    raw, read_faults = read(document)
    faults = list(read_faults)
    projects = tuple(_projects(raw, faults))
    parameters = tuple(_parameters(raw, projects, faults))
    command = _command(raw, root, faults)
    names = {"python", *(p.project for p in projects), *(p.name for p in parameters)}
    faults.extend(_placeholder_faults(raw, command, names))
    include = _selectors("include", raw.include, names, parameters, faults)
    exclude = _selectors("exclude", raw.exclude, names, parameters, faults)
    if not raw.python and not any(fault.path.startswith("python") for fault in faults):
        faults.append(Fault("python", "name at least one interpreter, such as ['3.12']"))
    chosen = files.chosen(root, raw, command, faults)
    if faults:
        raise StudyError(source, tuple(faults))
    return Study(
        name=raw.name or default_name,
        root=root,
        command=command,
        files=chosen,
        variables=tuple(sorted(raw.variables.items())),
        pythons=tuple(sorted(set(raw.python), key=_minor)),
        projects=projects,
        parameters=parameters,
        include=include,
        exclude=exclude,
        requirements=raw.requires,
        build=frozenset(raw.build),
        resolution=raw.resolution,
        cut_off=raw.cut_off,
        symptom=_symptom(raw.failure),
        limits=Limits(
            timeout=raw.limits.timeout,
            memory=raw.limits.memory,
            processes=raw.limits.processes,
            cpus=raw.limits.cpus,
            output=raw.limits.output,
        ),
    )


def _minor(python: str) -> int:
    return int(python.split(".")[1])


def _projects(raw: RawStudy, faults: list[Fault]) -> Iterator[ProjectAxis]:
    seen: set[NormalizedName] = set()
    for written, project in raw.projects.items():
        path = f"projects.{written}"
        try:
            parsed = Requirement(written)
        except InvalidRequirement:
            faults.append(Fault(path, "not a project's name"))
            continue
        name = canonicalize_name(parsed.name)
        if parsed.specifier or parsed.marker or parsed.url:
            faults.append(Fault(path, "put the specifier into 'versions'"))
        if name in seen:
            faults.append(Fault(path, f"a second axis for {name}"))
        if project.limit is not None and project.limit < 1:
            faults.append(Fault(f"{path}.limit", f"at least 1, not {project.limit}"))
        seen.add(name)
        yield ProjectAxis(
            project=name,
            extras=frozenset(canonicalize_name(extra) for extra in parsed.extras),
            choices=project.versions,
            every=project.every,
            limit=project.limit,
            pre=project.pre,
            yanked=project.yanked,
        )


def _parameters(
    raw: RawStudy, projects: Sequence[ProjectAxis], faults: list[Fault]
) -> Iterator[ParameterAxis]:
    taken = {project.project for project in projects}
    for name, values in raw.parameters.items():
        path = f"parameters.{name}"
        if name.lower() in RESERVED:
            faults.append(Fault(path, "this name is versect's own; choose another"))
        if canonicalize_name(name) in taken:
            faults.append(Fault(path, "there is a project axis of this name"))
        if not values:
            faults.append(Fault(path, "give at least one value"))
        if len(set(values)) != len(values):
            faults.append(Fault(path, "a value is given twice"))
        yield ParameterAxis(name=name, values=values)


def _command(raw: RawStudy, root: Path, faults: list[Fault]) -> tuple[str, ...]:
    if raw.reproduction is not None and raw.command:
        faults.append(Fault("command", "give either 'reproduction' or 'command', not both"))
    if raw.reproduction is None:
        if not raw.command and not any(f.path.startswith(("command", "repro")) for f in faults):
            faults.append(Fault("reproduction", "name the script whose failing is the fault"))
        faults.extend(
            Fault("command", f"there is no file {word} in {root}")
            for word in raw.command
            if re.fullmatch(r"[\w./-]+\.py", word) and not (root / word).exists()
        )
        return (*raw.command, *raw.arguments)
    fault = files.reproduction_fault(root, raw.reproduction)
    if fault:
        faults.append(Fault("reproduction", fault))
    return ("python", raw.reproduction, *raw.arguments)


def _placeholder_faults(raw: RawStudy, command: Sequence[str], names: set[str]) -> Iterator[Fault]:
    places = [("reproduction" if raw.reproduction else "command", word) for word in command]
    places += [(f"variables.{name}", value) for name, value in raw.variables.items()]
    for path, template in places:
        if re.search(r"[\s(]", template):
            continue  # code or a shell line: its braces are its own
        for name in placeholders(template):
            if name not in names:
                known = ", ".join(sorted(names))
                yield Fault(path, f"no axis is called {{{name}}} in {template!r}; known: {known}")
    for name in raw.variables:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name.startswith("VERSECT_"):
            yield Fault(f"variables.{name}", "not a name for an environment variable of yours")


def placeholders(template: str) -> tuple[str, ...]:
    """Give the axis names in a template: ``"--x={strategy}"`` -> ``("strategy",)``.

    Only ``{name}`` is a placeholder: other braces, as in JSON or code, stand for themselves.
    """
    return tuple(re.findall(r"\{([A-Za-z][A-Za-z0-9_.-]*)\}", template))


def _selectors(
    key: str,
    tables: Sequence[Mapping[str, Any]],
    names: set[str],
    parameters: Sequence[ParameterAxis],
    faults: list[Fault],
) -> tuple[Selector, ...]:
    values = {axis.name: axis.values for axis in parameters}
    found = []
    for number, table in enumerate(tables):
        conditions: list[tuple[str, SpecifierSet | tuple[str, ...]]] = []
        for written, value in table.items():
            axis = written if written in names else canonicalize_name(written)
            path = f"{key}[{number}].{written}"
            if axis not in names:
                faults.append(Fault(path, f"no such axis; known: {', '.join(sorted(names))}"))
                continue
            try:
                conditions.append((axis, _condition(axis, value, values.get(axis))))
            except ValueError as error:
                faults.append(Fault(path, str(error)))
        found.append(Selector(conditions=tuple(conditions)))
    return tuple(found)


def _condition(
    axis: str, value: object, known: tuple[str, ...] | None
) -> SpecifierSet | tuple[str, ...]:
    words = [value] if isinstance(value, str | int | float | bool) else value
    if not isinstance(words, list | tuple) or not words:
        raise ValueError("expected a string or a list of them")
    texts = [str(w).lower() if isinstance(w, bool) else str(w) for w in words]
    if known is not None:
        strange = [text for text in texts if text not in known]
        if strange:
            raise ValueError(
                f"{axis} never is {', '.join(strange)}; it is one of {', '.join(known)}"
            )
        return tuple(texts)
    if all(text[:1] in string.digits for text in texts):
        return tuple(texts)
    try:
        return SpecifierSet(",".join(texts))
    except InvalidSpecifier:
        raise ValueError(f"{value!r} is neither versions nor a specifier") from None


def _symptom(failure: RawFailure) -> Symptom:
    return Symptom(
        exception=failure.exception,
        message=failure.message,
        places=frozenset(Place(place) for place in failure.places),
        text=failure.text,
        exit_codes=None if failure.exit_codes is None else frozenset(failure.exit_codes),
        signal=failure.signal,
        timeout=failure.timeout,
    )
