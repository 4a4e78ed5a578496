"""From a study as written to a ``Study``: what the parts of it say of one another is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from versect.errors import Fault, StudyError
from versect.model.study import Limits, Place, Study, Symptom
from versect.source import files, further
from versect.source.axes import Axes, ordered, parameters, placeholders, projects, selectors
from versect.source.schema import RawFailure, RawStudy, read


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
    axes = Axes(
        projects=tuple(projects(raw.projects, "", faults)),
        parameters=tuple(parameters(raw.parameters, raw.projects, "", faults)),
    )
    command = _command(raw, root, faults)
    faults.extend(_placeholder_faults(raw, command, set(axes.names)))
    if not raw.python and not any(fault.path.startswith("python") for fault in faults):
        faults.append(Fault("python", "name at least one interpreter, such as ['3.12']"))
    study = Study(
        name=raw.name or default_name,
        root=root,
        command=command,
        files=files.chosen(root, raw, command, faults),
        variables=tuple(sorted(raw.variables.items())),
        pythons=ordered(raw.python),
        projects=axes.projects,
        parameters=axes.parameters,
        include=selectors("include", raw.include, axes.known, faults),
        exclude=selectors("exclude", raw.exclude, axes.known, faults),
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
    study = further.added(study, raw, faults)
    if faults:
        raise StudyError(source, tuple(faults))
    return study


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
