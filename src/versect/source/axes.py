"""The axes of a study as written, and what its selectors say of them."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from versect.errors import Fault
from versect.model.study import ParameterAxis, ProjectAxis, Selector
from versect.source.schema import RawProject
from versect.source.values import Value, Word

RESERVED: Final = frozenset(
    {"cache", "engine", "python", "python-image", "record", "recorder", "trace", "tracer"}
)
"""Names that a parameter may not have: versect's own variables and placeholders."""

Known = Mapping[str, Collection[str] | None]
"""Every axis that a selector may speak of, and its values; None where they are releases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """The axes of a table's cells, interpreters apart."""

    projects: tuple[ProjectAxis, ...]
    parameters: tuple[ParameterAxis, ...]

    @property
    def known(self) -> dict[str, tuple[str, ...] | None]:
        """What selectors may speak of."""
        return {
            "python": None,
            **dict.fromkeys((axis.project for axis in self.projects), None),
            **{axis.name: axis.values for axis in self.parameters},
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all axes."""
        return tuple(self.known)


def ordered(pythons: Iterable[str]) -> tuple[str, ...]:
    """Give interpreters oldest first, each once."""
    return tuple(sorted(set(pythons), key=lambda python: int(python.split(".")[1])))


def projects(
    written: Mapping[str, RawProject], prefix: str, faults: list[Fault]
) -> Iterator[ProjectAxis]:
    """Give the project axes of a table, whose path is the prefix; faults are added to the list."""
    seen: set[NormalizedName] = set()
    for name, project in written.items():
        path = f"{prefix}projects.{name}"
        try:
            parsed = Requirement(name)
        except InvalidRequirement:
            faults.append(Fault(path, "not a project's name"))
            continue
        normal = canonicalize_name(parsed.name)
        if parsed.specifier or parsed.marker or parsed.url:
            faults.append(Fault(path, "put the specifier into 'versions'"))
        if normal in seen:
            faults.append(Fault(path, f"a second axis for {normal}"))
        if project.limit is not None and project.limit < 1:
            faults.append(Fault(f"{path}.limit", f"at least 1, not {project.limit}"))
        seen.add(normal)
        yield ProjectAxis(
            project=normal,
            extras=frozenset(canonicalize_name(extra) for extra in parsed.extras),
            choices=project.versions,
            every=project.every,
            limit=project.limit,
            pre=project.pre,
            yanked=project.yanked,
        )


def parameters(
    written: Mapping[Word, tuple[Value, ...]],
    beside: Iterable[str],
    prefix: str,
    faults: list[Fault],
) -> Iterator[ParameterAxis]:
    """Give the parameter axes of a table that stand beside project axes, as ``projects`` does."""
    taken = {canonicalize_name(name.split("[", maxsplit=1)[0]) for name in beside}
    for name, values in written.items():
        path = f"{prefix}parameters.{name}"
        if name.lower() in RESERVED:
            faults.append(Fault(path, "this name is versect's own; choose another"))
        if canonicalize_name(name) in taken:
            faults.append(Fault(path, "there is a project axis of this name"))
        if not values:
            faults.append(Fault(path, "give at least one value"))
        if len(set(values)) != len(values):
            faults.append(Fault(path, "a value is given twice"))
        yield ParameterAxis(name=name, values=values)


def placeholders(template: str) -> tuple[str, ...]:
    """Give the axis names in a template: ``"--x={strategy}"`` -> ``("strategy",)``.

    Only ``{name}`` is a placeholder: other braces, as in JSON or code, stand for themselves.
    """
    return tuple(re.findall(r"\{([A-Za-z][A-Za-z0-9_.-]*)\}", template))


def selectors(
    key: str, tables: Sequence[Mapping[str, Any]], known: Known, faults: list[Fault]
) -> tuple[Selector, ...]:
    """Read a list of selectors that stands under a key."""
    return tuple(
        selector(f"{key}[{number}]", table, known, faults) for number, table in enumerate(tables)
    )


def selector(path: str, table: Mapping[str, Any], known: Known, faults: list[Fault]) -> Selector:
    """Read a selector; conditions that are none are left out and added to the faults."""
    conditions: list[tuple[str, SpecifierSet | tuple[str, ...]]] = []
    for written, value in table.items():
        axis = written if written in known else canonicalize_name(written)
        where = f"{path}.{written}"
        if axis not in known:
            faults.append(Fault(where, f"no such axis; known: {', '.join(sorted(known))}"))
            continue
        try:
            conditions.append((axis, _condition(axis, value, known[axis])))
        except ValueError as error:
            faults.append(Fault(where, str(error)))
    return Selector(conditions=tuple(conditions))


def _condition(
    axis: str, value: object, known: Collection[str] | None
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
