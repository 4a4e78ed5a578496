"""Flags laid over a study's table, before it is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from versect.errors import Fault, StudyError

_AXES: Final = frozenset({"projects", "parameters"})


def lay(
    table: Mapping[str, Any],
    *,
    keys: Mapping[str, Any],
    parameters: Sequence[str],
    axes: Sequence[str],
    thinning: Mapping[str, Any],
) -> dict[str, Any]:
    """Lay flags over a study's table.

    Interpreters hold for sweeps and searches too; other axes are the table's alone. What is
    included and excluded holds for the sweeps that do not say it themselves.

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
    if parameters or axes or thinning or _AXES & keys.keys():
        merged |= _sweeps_apart(merged, keys)
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
    merged |= _agreeing(table, merged, keys)
    if "python" in named or "python" in keys:
        merged |= _only_on(merged, set(merged["python"]))
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


def _agreeing(
    before: Mapping[str, Any], after: Mapping[str, Any], keys: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what speaks of the axes, without what speaks only of values that flags took away."""
    gone = _values_of(before) - _values_of(after)
    found = {
        rows: list(_still_speaking(after[rows], gone))
        for rows in ("include", "exclude")
        if isinstance(after.get(rows), list) and rows not in keys
    }
    if isinstance(after.get("needs"), list):
        gone -= {pair for one in _tables(after.get("sweeps")) for pair in _values_of(one)}
        found["needs"] = list(_still_needed(after["needs"], gone))
    return found


def _sweeps_apart(table: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    """Give sweeps what is the study's where they have none of their own, before flags change it."""
    if not isinstance(table.get("sweeps"), dict):
        return {}
    return {
        "sweeps": {
            name: _apart(table, one, keys) if isinstance(one, dict) else one
            for name, one in table["sweeps"].items()
        }
    }


def _apart(
    table: Mapping[str, Any], sweep: Mapping[str, Any], keys: Mapping[str, Any]
) -> dict[str, Any]:
    own = {**{axis: deepcopy(table[axis]) for axis in sorted(_AXES) if axis in table}, **sweep}
    names = (name for axis in _AXES if isinstance(own.get(axis), dict) for name in own[axis])
    known = {"python", *map(bare_name, names)}
    gone = _values_of(table) - _values_of(own)
    for rows in ("include", "exclude"):
        if isinstance(table.get(rows), list) and rows not in keys:
            tables = (row for row in table[rows] if isinstance(row, dict))
            speaking = [row for row in tables if known >= set(map(bare_name, row))]
            own.setdefault(rows, list(_still_speaking(speaking, gone)))
    return own


def _only_on(table: Mapping[str, Any], pythons: set[Any]) -> dict[str, Any]:
    """Leave sweeps and searches no interpreter but those that flags chose."""

    def left(one: Any) -> Any:
        if not isinstance(one, dict) or "python" not in one:
            return one
        own = one["python"] if isinstance(one["python"], list) else [one["python"]]
        kept = [python for python in own if python in pythons]
        return {**one, "python": kept if isinstance(one["python"], list) or not kept else kept[0]}

    found: dict[str, Any] = {}
    if isinstance(table.get("sweeps"), dict):
        found["sweeps"] = {name: left(one) for name, one in table["sweeps"].items()}
    if isinstance(table.get("searches"), list):
        found["searches"] = [left(one) for one in table["searches"]]
    return found


def _tables(written: Any) -> Iterator[Mapping[str, Any]]:
    """Give the tables of a table, and pass over what is none: it is a fault, found later."""
    if isinstance(written, dict):
        yield from (one for one in written.values() if isinstance(one, dict))


def _values_of(table: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Give the parameters of a table, each with each of its values."""
    axes = table.get("parameters")
    pairs = axes.items() if isinstance(axes, dict) else ()
    lists = ((name, values) for name, values in pairs if isinstance(values, list))
    return {(name, str(value)) for name, values in lists for value in values}


def _still_needed(rows: Sequence[Any], gone: set[tuple[str, str]]) -> Iterator[Any]:
    """Likewise of needs."""
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("where"), dict):
            yield row
            continue
        yield from ({**row, "where": where} for where in _still_speaking([row["where"]], gone))


def _still_speaking(rows: Sequence[Any], gone: set[tuple[str, str]]) -> Iterator[Any]:
    """Leave out of include and exclude what speaks only of values that are not asked any more."""
    for row in rows:
        if not isinstance(row, dict):
            yield row
            continue
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
