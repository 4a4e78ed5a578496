"""Timelines as JSON documents: what lies in ``results/<study>/timelines``."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Final

from cattrs import ClassValidationError
from cattrs.preconf.json import make_converter

from versect.forensics.timeline import Timeline

SCHEMA: Final = 1
"""Version of the document; it changes only when an older versect could misread it."""
_LONGEST: Final = 180
"""Characters of a file's name; file systems take 255 bytes."""

_CONVERTER: Final = make_converter(detailed_validation=False)


class UnreadableTimelineError(ValueError):
    """A document is no timeline of a schema that this versect knows."""


def timeline_file(folder: Path, cell_id: str) -> Path:
    """Give where a cell's timeline lies in the folder of its study's results.

    An id that cannot name a file, since a value in it has a slash or is very long, ends in a
    digest: ``py3.12-path=_tmp_x~1a2b3c4d.json``.
    """
    name = re.sub(r"[^\w.=,+@-]", "_", cell_id, flags=re.ASCII)
    if name != cell_id or len(name) > _LONGEST:
        digest = hashlib.sha256(cell_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        name = f"{name[:_LONGEST]}~{digest}"
    return folder / "timelines" / f"{name}.json"


def encode(timeline: Timeline, *, fingerprint: str) -> str:
    """Give a timeline as one JSON document, in ASCII.

    Args:
        timeline: The timeline.
        fingerprint: Of the study and reproduction that ran; empty for a command of no study.

    """
    document = {"schema": SCHEMA, "fingerprint": fingerprint, **_CONVERTER.unstructure(timeline)}
    return json.dumps(document, separators=(",", ":")) + "\n"


def fingerprint(text: str) -> str:
    """Give the fingerprint of the study whose run a document tells of; empty for none.

    Raises:
        UnreadableTimelineError: As for ``decode``.

    """
    return str(_document(text).get("fingerprint", ""))


def decode(text: str) -> Timeline:
    """Give the timeline that a document holds.

    Raises:
        UnreadableTimelineError: It is none, or of a later schema.

    """
    document = _document(text)
    try:
        return _CONVERTER.structure(document, Timeline)
    except (ClassValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableTimelineError(str(error)) from error


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UnreadableTimelineError(str(error)) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UnreadableTimelineError(f"no timeline of schema {SCHEMA}")
    return document
