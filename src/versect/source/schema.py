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
    """A range (``">=1.50,<2"``), or a list of versions and specifiers; a specifier in a list is its
    newest release. All releases by default."""
    every: Every = Every.RELEASE
    """How a range is thinned out."""
    limit: int | None = None
    """At most so many releases of a range, evenly spread, both ends kept."""
    pre: bool = False
    """Whether pre-releases take part."""
    yanked: bool = False
    """Whether yanked releases take part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFailure:
    """``[failure]``."""

    exception: str | None = None
    """The type's name, bare or dotted; a base class will do."""
    message: Pattern | None = None
    """A regular expression searched for in the exception's message."""
    places: tuple[Place, ...] = tuple(Place)
    """Where the exception may come to light."""
    text: Pattern | None = None
    """A regular expression searched for in the output, both streams."""
    exit_codes: tuple[int, ...] | None = None
    """Exit statuses that are the failure."""
    signal: SignalName | None = None
    """The signal that ends the process: ``SIGSEGV``."""
    timeout: bool = False
    """Whether running into the time limit is the failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLimits:
    """``[limits]``."""

    timeout: Seconds = _TIMEOUT
    """Seconds of wall-clock time for the whole process tree."""
    memory: Size = _MEMORY
    """Bytes, or ``512M``."""
    processes: int = 256
    """Processes at once."""
    cpus: float = 1.0
    """Processors."""
    output: Size = _OUTPUT
    """Bytes kept of each output stream, half of its start and half of its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawNeed:
    """``[[needs]]``."""

    where: Mapping[str, Any] = field(default_factory=dict)
    """Axes with the values that a cell must have; all of them must hold."""
    requires: tuple[Requirement, ...] = ()
    """What such cells require beside the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSweep:
    """``[sweeps.NAME]``; None stands for what the study itself has."""

    about: str = ""
    """The question that it answers."""
    part: Part = Part.NONE
    """Which part of a diagnosis tells it; none for an empty one."""
    vary: str | None = None
    """The axis under test: a parameter, a project or ``python``; the only one with several values
    by default."""
    full: bool = False
    """Whether only ``--full`` asks it."""
    repeats: int = 1
    """Trials of each cell, at most 1000."""
    trace: bool = False
    """Whether the lives of loops and clients are recorded."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What values of the axis under test mean, for readers."""
    python: tuple[Python, ...] | None = None
    """In the place of the study's."""
    projects: Mapping[str, RawProject] | None = None
    """In the place of the study's."""
    parameters: Mapping[Word, tuple[Value, ...]] | None = None
    """In the place of the study's."""
    include: tuple[Mapping[str, Any], ...] | None = None
    """In the place of the study's."""
    exclude: tuple[Mapping[str, Any], ...] | None = None
    """In the place of the study's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSearch:
    """``[[searches]]``."""

    about: str = ""
    """The question that it answers."""
    project: NormalizedName | None = None
    """The project whose releases are searched, or ``python``."""
    good: Release | None = None
    """A release that passes; found by the search by default."""
    bad: Release | None = None
    """A release that fails; found by the search by default."""
    python: Interpreter | None = None
    """The interpreter; the study's newest by default."""
    parameters: Mapping[Word, Value] = field(default_factory=dict)
    """Values that are held; other parameters keep their first."""
    requires: tuple[Requirement, ...] = ()
    """Requirements beside the study's, or in their place for the same project."""
    full: bool = False
    """Whether only ``--full`` makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawStudy:
    """The top level of a study."""

    name: Word | None = None
    """Names the folder of its results; that of its own folder, or of its script, by default."""
    reproduction: str | None = None
    """The script whose failing is the fault."""
    command: tuple[str, ...] = ()
    """Its command, in the place of ``reproduction``; ``python`` is the cell's."""
    arguments: tuple[str, ...] = ()
    """Further words; ``{axis}`` stands for the cell's value."""
    files: tuple[str, ...] = ()
    """Globs of the files that decide the answer; all beside the reproduction by default."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the reproduction; it sees no others of yours."""
    python: tuple[Python, ...] = ()
    """Interpreters, ``major.minor``."""
    projects: Mapping[str, RawProject] = field(default_factory=dict)
    """Projects whose releases are varied, by name."""
    parameters: Mapping[Word, tuple[Value, ...]] = field(default_factory=dict)
    """Values by name; each reaches the reproduction as ``VERSECT_NAME``."""
    include: tuple[Mapping[str, Any], ...] = ()
    """When there are any, only cells that match one of them take part."""
    exclude: tuple[Mapping[str, Any], ...] = ()
    """Cells that match one of them are left out."""
    requires: tuple[Requirement, ...] = ()
    """Requirements of every cell."""
    needs: tuple[RawNeed, ...] = ()
    """Requirements that only some cells have."""
    sweeps: Mapping[Word, RawSweep] = field(default_factory=dict)
    """Further cells beside the table, by name: one question about one axis each."""
    searches: tuple[RawSearch, ...] = ()
    """Bisections that belong to the study."""
    build: tuple[NormalizedName, ...] = ()
    """Projects that may be built from source."""
    resolution: Resolution = Resolution.PERIOD
    """Which releases the resolver may use for everything that no axis pins."""
    cut_off: Moment | None = None
    """No file uploaded later is used anywhere; a date means its last instant."""
    failure: RawFailure = RawFailure()
    """What the failure looks like; any exit status from 1 to 127 but 125 by default."""
    limits: RawLimits = RawLimits()
    """What a cell may use."""


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
