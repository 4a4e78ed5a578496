"""The keys of a study as written, and every fault with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, get_type_hints

from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from versect.errors import Fault
from versect.model.study import Every, Part, Place, Resolution
from versect.source.values import (
    Choices,
    Interpreter,
    Moment,
    Pattern,
    Python,
    Release,
    Seconds,
    SignalName,
    Size,
    Value,
    Word,
    converter,
)

_ALL: Final = Choices((SpecifierSet(),))
_TIMEOUT: Final = Seconds(120.0)
_MEMORY: Final = Size(2 << 30)
_OUTPUT: Final = Size(64 << 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawProject:
    """``[projects.NAME]``."""

    versions: Choices = _ALL
    every: Every = Every.RELEASE
    limit: int | None = None
    pre: bool = False
    yanked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFailure:
    """``[failure]``."""

    exception: str | None = None
    message: Pattern | None = None
    places: tuple[Place, ...] = tuple(Place)
    text: Pattern | None = None
    exit_codes: tuple[int, ...] | None = None
    signal: SignalName | None = None
    timeout: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLimits:
    """``[limits]``."""

    timeout: Seconds = _TIMEOUT
    memory: Size = _MEMORY
    processes: int = 256
    cpus: float = 1.0
    output: Size = _OUTPUT


@dataclass(frozen=True, slots=True, kw_only=True)
class RawNeed:
    """``[[needs]]``."""

    where: Mapping[str, Any] = field(default_factory=dict)
    requires: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSweep:
    """``[sweeps.NAME]``; None stands for what the study itself has."""

    about: str = ""
    part: Part = Part.NONE
    vary: str | None = None
    full: bool = False
    repeats: int = 1
    trace: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    python: tuple[Python, ...] | None = None
    projects: Mapping[str, RawProject] | None = None
    parameters: Mapping[Word, tuple[Value, ...]] | None = None
    include: tuple[Mapping[str, Any], ...] | None = None
    exclude: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSearch:
    """``[[searches]]``."""

    about: str = ""
    project: NormalizedName | None = None
    good: Release | None = None
    bad: Release | None = None
    python: Interpreter | None = None
    parameters: Mapping[Word, Value] = field(default_factory=dict)
    requires: tuple[Requirement, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RawStudy:
    """The top level of a study."""

    name: Word | None = None
    reproduction: str | None = None
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    python: tuple[Python, ...] = ()
    projects: Mapping[str, RawProject] = field(default_factory=dict)
    parameters: Mapping[Word, tuple[Value, ...]] = field(default_factory=dict)
    include: tuple[Mapping[str, Any], ...] = ()
    exclude: tuple[Mapping[str, Any], ...] = ()
    requires: tuple[Requirement, ...] = ()
    needs: tuple[RawNeed, ...] = ()
    sweeps: Mapping[Word, RawSweep] = field(default_factory=dict)
    searches: tuple[RawSearch, ...] = ()
    build: tuple[NormalizedName, ...] = ()
    resolution: Resolution = Resolution.PERIOD
    cut_off: Moment | None = None
    failure: RawFailure = RawFailure()
    limits: RawLimits = RawLimits()


def read(document: Mapping[str, Any]) -> tuple[RawStudy, tuple[Fault, ...]]:
    """Read a study's table key by key.

    Returns:
        What could be read, with defaults for what could not, and every fault found.

    """
    hints = get_type_hints(RawStudy)
    known = {_written(f.name): f.name for f in fields(RawStudy)}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, value in document.items():
        if key not in known:
            faults.append(Fault(key, f"unknown key; known are {', '.join(sorted(known))}"))
        elif key == "sweeps" and isinstance(value, Mapping):
            values[key] = dict(_sweeps(value, faults))
        else:
            values.update(_one(known[key], key, value, hints[known[key]], faults))
    return RawStudy(**values), tuple(faults)


def _sweeps(table: Mapping[str, Any], faults: list[Fault]) -> Iterator[tuple[str, RawSweep]]:
    """Read sweeps one by one: what is wrong with one hides nothing of the others."""
    for name, value in table.items():
        found = _one("", "sweeps", {name: value}, Mapping[Word, RawSweep], faults)
        yield from found.get("", {}).items()


def _one(name: str, path: str, value: object, kind: Any, faults: list[Fault]) -> dict[str, Any]:
    """Read one key; empty where that is not possible."""
    try:
        return {name: _CONVERTER.structure(value, kind)}
    except Exception as error:  # noqa: BLE001 - cattrs groups whatever the hooks raised
        faults.extend(_faults(error, path))
        return {}


def _converter() -> Converter:
    made = converter()
    for table in (RawProject, RawFailure, RawLimits, RawNeed, RawSweep, RawSearch):
        renamed = {f.name: override(rename=_written(f.name)) for f in fields(table)}
        hook = make_dict_structure_fn(
            table,
            made,
            _cattrs_forbid_extra_keys=True,
            **renamed,  # type: ignore[arg-type]
        )
        made.register_structure_hook(table, hook)
    return made


def _written(name: str) -> str:
    """Give a key as users write it: ``exit_codes`` -> ``exit-codes``."""
    return name.replace("_", "-")


def _faults(error: BaseException, path: str) -> list[Fault]:
    """Flatten the groups that cattrs raises into one fault a place."""
    if isinstance(error, ForbiddenExtraKeysError):
        return [Fault(f"{path}.{key}", "unknown key") for key in sorted(error.extra_fields)]
    ours = str(error).startswith("expected")
    if isinstance(error, AttributeError | TypeError) and not ours:  # cattrs wanted its keys
        return [Fault(path, "expected a table")]
    if not isinstance(error, BaseValidationError):
        return [Fault(path, str(error) or type(error).__name__)]
    found: list[Fault] = []
    for part in error.exceptions:
        where = "".join(_step(note) for note in getattr(part, "__notes__", ()))
        found.extend(_faults(part, path + where))
    return found


def _step(note: object) -> str:
    """Give one step of a path from what cattrs notes on an exception."""
    match note:
        case AttributeValidationNote(name=name):
            return f".{_written(name)}"
        case IterableValidationNote(index=int(index)):
            return f"[{index}]"
        case IterableValidationNote(index=index):
            return f".{index}"
        case _:
            return ""


_CONVERTER: Final = _converter()
