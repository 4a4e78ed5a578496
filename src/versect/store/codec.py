"""Trials as lines of JSON: the only place that knows field names on disk."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from cattrs import ClassValidationError
from cattrs.preconf.json import JsonConverter, make_converter
from cattrs.strategies import configure_tagged_union
from packaging.version import Version

from versect.model.trial import Ending, Trial

SCHEMA: Final = 2
"""Newest version of the lines; it changes only when an older versect could misread them."""
PLAIN: Final = 1
"""Version of lines that every versect can read: 2 names needs, without which a cell is another."""

_TAGS: Final = {
    "Exited": "exited",
    "Signalled": "signalled",
    "TimedOut": "timed-out",
    "OutOfMemory": "out-of-memory",
    "NotRun": "not-run",
}


class UnreadableLineError(ValueError):
    """A line is not a trial of a schema that this versect knows."""


class NewerSchemaError(ValueError):
    """A line was written by a newer versect."""


def encode(trial: Trial) -> str:
    """Give a trial as one line of ASCII JSON, without the line's end.

    ASCII keeps even lone surrogates, which a hostile program may print, as they were.
    """
    schema = SCHEMA if trial.probe.cell.pins.needs else PLAIN
    document = {"schema": schema, **_CONVERTER.unstructure(trial)}
    return json.dumps(document, separators=(",", ":"))


def decode(line: str) -> Trial:
    """Give the trial that a line holds.

    Raises:
        NewerSchemaError: The line is of a later schema.
        UnreadableLineError: It is cut short or no trial at all.

    """
    try:
        document = json.loads(line)
    except ValueError as error:
        raise UnreadableLineError(str(error)) from error
    if not isinstance(document, dict):
        raise UnreadableLineError("not an object")
    check_schema(document)
    try:
        return _CONVERTER.structure(document, Trial)
    except (ClassValidationError, ValueError, KeyError, TypeError) as error:
        raise UnreadableLineError(str(error)) from error


def check_schema(document: dict[str, Any]) -> None:
    """Refuse a document of a schema that this versect does not know.

    Raises:
        NewerSchemaError: It is of a later schema.
        UnreadableLineError: It names none.

    """
    schema = document.get("schema")
    if not isinstance(schema, int):
        raise UnreadableLineError("no schema version")
    if schema > SCHEMA:
        raise NewerSchemaError(f"schema {schema}, this versect knows {SCHEMA}")


def _converter() -> JsonConverter:
    converter = make_converter(detailed_validation=False)
    converter.register_unstructure_hook(Version, str)
    converter.register_structure_hook(Version, lambda value, _: Version(value))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_unstructure_hook_func(
        lambda cls: getattr(cls, "__origin__", None) is frozenset, sorted
    )
    configure_tagged_union(
        Ending, converter, tag_name="kind", tag_generator=lambda cls: _TAGS[cls.__name__]
    )
    return converter


_CONVERTER: Final = _converter()
