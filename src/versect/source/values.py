"""Single values as a study writes them, and how each is read."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final, NewType, TypeVar, get_origin

import cattrs
from cattrs import BaseConverter, Converter
from cattrs.cols import homogenous_tuple_structure_factory
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from versect.model.study import Every, Part, Place, Resolution

Pattern = NewType("Pattern", str)
"""A regular expression that compiles."""
Python = NewType("Python", str)
"""``major.minor`` of an interpreter."""
Interpreter = NewType("Interpreter", str)
"""``major.minor`` of one; empty where flags chose others, which leave an empty list."""
Seconds = NewType("Seconds", float)
Size = NewType("Size", int)
"""Bytes; written as a number or as ``512M``."""
SignalName = NewType("SignalName", str)
Word = NewType("Word", str)
"""A name that can stand in a cell's id and in an environment variable's name."""
Value = NewType("Value", str)
"""A parameter's value: a string, number or boolean, kept as text."""
Choice = SpecifierSet | Version
Choices = NewType("Choices", tuple[Choice, ...])
"""One specifier, or a list of versions and specifiers."""
Moment = NewType("Moment", datetime)
Release = NewType("Release", str)
"""A version, as written; or ``major.minor`` of an interpreter."""
_Words = TypeVar("_Words", Every, Part, Place, Resolution)


def moment(value: object) -> Moment:
    """Read a date or a time; a date alone means its last instant, no zone means UTC.

    Raises:
        ValueError: It is neither.

    """
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a date such as 2026-01-31") from None
    if isinstance(value, datetime):
        return Moment(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return Moment(datetime.combine(value, time.max, UTC))
    raise ValueError("not a date such as 2026-01-31")


def choices(value: object) -> Choices:
    """Read the releases of a project axis.

    ``">=1.50,<2"`` -> one range; ``["1.3.7", ">=2"]`` -> a version and the newest of a range.

    Raises:
        ValueError: Something in it is neither a version nor a specifier.

    """
    if isinstance(value, str):
        return Choices((_choice(value),))
    if isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
        return Choices(tuple(_choice(v) for v in value))
    raise ValueError("not a specifier such as '>=1.50,<2' nor a list of versions")


def _choice(text: str) -> Choice:
    try:
        return Version(text)
    except InvalidVersion:
        pass
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f"{text!r} is neither a version nor a specifier") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {value!r}")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"expected a whole number, not {value!r}")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, not {value!r}")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"expected a number, not {value!r}")
    return float(value)


def _seconds(value: object) -> Seconds:
    seconds = _number(value)
    if not 0 < seconds <= 86400:
        raise ValueError(f"expected seconds, more than 0 and at most 86400, not {value!r}")
    return Seconds(seconds)


def _size(value: object) -> Size:
    match = re.fullmatch(r"(\d+)\s*([KMG]?)i?B?", str(value).strip(), re.IGNORECASE)
    if match is None or isinstance(value, bool):
        raise ValueError(f"expected a size such as '512M', not {value!r}")
    size = int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2].upper()]
    if size < 1 << 10:
        raise ValueError(f"{value!r} is too small: at least 1K")
    return Size(size)


def _pattern(value: object) -> Pattern:
    try:
        re.compile(_text(value))
    except re.error as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from None
    return Pattern(_text(value))


def _python(value: object) -> Python:
    if not re.fullmatch(r"3\.\d+", _text(value)):
        raise ValueError(f"{value!r} is not an interpreter such as '3.12'")
    return Python(_text(value))


def _interpreter(value: object) -> Interpreter:
    return Interpreter("" if value == [] else _python(value))


def _signal(value: object) -> SignalName:
    if _text(value) not in signal.Signals.__members__:
        raise ValueError(f"{value!r} is not a signal such as 'SIGSEGV'")
    return SignalName(_text(value))


def word(value: object) -> Word:
    """Read a name that may name a folder.

    Raises:
        TypeError: It is no string.
        ValueError: It holds something else than a name does.

    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", _text(value)):
        raise ValueError(
            f"{value!r} may hold only letters, digits, '_', '.' and '-', a letter first"
        )
    return Word(_text(value))


def _value(value: object) -> Value:
    if not isinstance(value, str | int | float | bool):
        raise TypeError(f"expected a string, number or boolean, not {value!r}")
    return Value(str(value).lower() if isinstance(value, bool) else str(value))


def _requirement(value: object) -> Requirement:
    try:
        return Requirement(_text(value))
    except InvalidRequirement as error:
        first = str(error).splitlines()[0]
        raise ValueError(f"{value!r} is not a requirement: {first}") from None


def _project(value: object) -> NormalizedName:
    try:
        return canonicalize_name(_text(value), validate=True)
    except InvalidName:
        raise ValueError(f"{value!r} is not a project's name") from None


def _release(value: object) -> Release:
    try:
        Version(_text(value))
    except InvalidVersion:
        raise ValueError(f"{value!r} is not a release such as '1.4.0'") from None
    return Release(_text(value))


def _one_of(kind: type[_Words]) -> Callable[[object, Any], _Words]:
    def read_one(value: object, _: Any) -> _Words:
        try:
            return kind(_text(value))
        except ValueError:
            known = ", ".join(filter(None, kind))
            raise ValueError(f"{value!r} is not one of {known}") from None

    return read_one


_READERS: Final[Mapping[Any, Callable[[object], Any]]] = {
    str: _text,
    int: _whole,
    bool: _truth,
    float: _number,
    Seconds: _seconds,
    Size: _size,
    Pattern: _pattern,
    Python: _python,
    Interpreter: _interpreter,
    SignalName: _signal,
    Word: word,
    Value: _value,
    Choices: choices,
    Moment: moment,
    Release: _release,
    Requirement: _requirement,
    NormalizedName: _project,
}


def _ignoring_type(reader: Callable[[object], Any]) -> Callable[[object, Any], Any]:
    """Fit a reader to cattrs, which also hands over the type it wants."""
    return lambda value, _: reader(value)


def _is_tuple(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is tuple


def _list_hook(kind: type[Any], converter: BaseConverter) -> Callable[[Any, type[Any]], Any]:
    """Read a list; a lone string is not taken for the list of its letters."""
    read_list = homogenous_tuple_structure_factory(kind, converter)

    def hook(value: Any, _: type[Any]) -> Any:
        if not isinstance(value, list | tuple):
            raise TypeError(f"expected a list, not {value!r}")
        return read_list(value, kind)

    return hook


def converter() -> Converter:
    """Give what reads single values and lists of them; tables are registered with it."""
    made = cattrs.Converter(forbid_extra_keys=True)
    for kind, reader in _READERS.items():
        made.register_structure_hook(kind, _ignoring_type(reader))
    made.register_structure_hook(Every, _one_of(Every))
    made.register_structure_hook(Part, _one_of(Part))
    made.register_structure_hook(Place, _one_of(Place))
    made.register_structure_hook(Resolution, _one_of(Resolution))
    made.register_structure_hook_factory(_is_tuple, _list_hook)
    return made
