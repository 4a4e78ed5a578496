"""Flags laid over a study's table, before it is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from versect.errors import Fault, StudyError


def lay(
    table: Mapping[str, Any],
    *,
    keys: Mapping[str, Any],
    parameters: Sequence[str],
    axes: Sequence[str],
    thinning: Mapping[str, Any],
) -> dict[str, Any]:
    """Lay flags over a study's table.

    Args:
        table: The table as written.
        keys: Keys that replace the table's; tables are merged key by key, lists are replaced, but
            for requirements, which come to the table's and replace those of the same projects.
        parameters: ``NAME=VALUE,VALUE`` each.
        axes: ``NAME=CHOICES`` each: interpreters for ``python``, values of a known parameter,
            else releases of a project, as a specifier or as versions separated by commas.
        thinning: Keys (``every``, ``limit``, ``pre``, ``yanked``) for the projects that ``axes``
            names, or for all projects where it names none.

    Raises:
        StudyError: A flag is not of its form; all that are not are in the error.

    """
    merged: dict[str, Any] = deepcopy(dict(table))
    for key, value in keys.items():
        old = merged.get(key)
        if key == "requires":
            merged[key] = _required(old or (), value)
        else:
            merged[key] = {**old, **value} if isinstance(old, dict) else value
    faults: list[Fault] = []
    for name, text in _pairs("--parameter", parameters, faults):
        merged["parameters"] = {**merged.get("parameters", {}), name: _values(text)}
    named = {_lay_axis(merged, name, text) for name, text in _pairs("--axis", axes, faults)}
    if faults:
        raise StudyError("command line", tuple(faults))
    for rows in ("include", "exclude"):
        if rows in merged and rows not in keys:
            merged[rows] = list(_still_speaking(merged[rows], _taken_away(table, merged)))
    projects = merged.get("projects", {})
    for name in (named & projects.keys()) or projects:
        projects[name] = {**projects[name], **thinning}
    return merged


def _required(written: Sequence[Any], added: Sequence[str]) -> list[Any]:
    """Add requirements to a table's own, in place of those that speak of the same projects."""
    named = {_project(one) for one in added}
    return [*(one for one in written if _project(one) not in named), *added]


def _project(requirement: object) -> str:
    """Give the project of a requirement; one that is none stands for itself until it is checked."""
    try:
        return canonicalize_name(Requirement(str(requirement)).name)
    except InvalidRequirement:
        return str(requirement)


def _taken_away(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Give parameters with the values that flags have taken off their axes."""

    def pairs(table: Mapping[str, Any]) -> set[tuple[str, str]]:
        axes = table.get("parameters", {})
        lists = ((n, v) for n, v in axes.items() if isinstance(v, list)) if axes else ()
        return {(name, str(value)) for name, values in lists for value in values}

    return pairs(before) - pairs(after)


def _still_speaking(rows: Sequence[Any], gone: set[tuple[str, str]]) -> Iterator[Any]:
    """Leave out of include and exclude what speaks only of values that are not asked any more."""
    for row in rows:
        kept = dict(row)
        for name, value in row.items():
            words = value if isinstance(value, list) else [value]
            left = [word for word in words if (name, str(word)) not in gone]
            if len(left) < len(words):
                kept[name] = left
        if [] not in kept.values():
            yield kept


def selector(text: str) -> dict[str, Any]:
    """Read ``strategy=sync,global-loop;openai=<1.5`` as a row of include or exclude."""
    row: dict[str, Any] = {}
    for condition in filter(None, text.split(";")):
        name, _, value = condition.partition("=")
        row[name.strip()] = value if is_specifier(value) else _values(value)
    return row


def is_specifier(text: str) -> bool:
    """Whether a text is meant as a specifier: ``>=1.50,<2`` is, ``1.3.7,1.3.8`` is not."""
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return text[:1] in {"<", ">", "=", "!", "~"}
    return True


def bare_name(written: str) -> str:
    """Give a project's normalised name without its extras: ``OpenAI[aiohttp]`` -> ``openai``."""
    return canonicalize_name(written.split("[", maxsplit=1)[0])


def _pairs(flag: str, texts: Sequence[str], faults: list[Fault]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if name and value:
            yield name, value
        else:
            faults.append(Fault(flag, f"{text!r} is not of the form NAME=VALUES"))


def _lay_axis(table: dict[str, Any], name: str, text: str) -> str:
    """Set one axis and give the key under which the table has it."""
    if name == "python":
        table["python"] = _values(text)
        return name
    if name in table.get("parameters", {}):
        table["parameters"] = {**table["parameters"], name: _values(text)}
        return name
    projects = table.get("projects", {})
    written = next((w for w in projects if bare_name(w) == bare_name(name)), name)
    chosen = text if is_specifier(text) else _values(text)
    table["projects"] = {**projects, written: {**projects.get(written, {}), "versions": chosen}}
    return written


def _values(text: str) -> list[str]:
    return [value.strip() for value in text.split(",") if value.strip()]
