"""What the recorder wrote, read with suspicion: the program under test may have written it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from versect.model.study import Place
from versect.model.trial import Frame, Link, RaisedException, SeenFailure

_MOST_FAILURES: Final = 200
"""Failures kept of one trial; the first ones tell what there is to tell."""
_MOST_LINKS: Final = 20
_MOST_FRAMES: Final = 40
_MOST_TEXT: Final = 4000


def decode_failures(records: Iterable[Mapping[str, Any]]) -> tuple[SeenFailure, ...]:
    """Give the failures among the records, in order; whatever is no record is passed over."""
    found: list[SeenFailure] = []
    for record in records:
        if record.get("kind") == "failure" and len(found) < _MOST_FAILURES:
            failure = _failure(record)
            if failure is not None:
                found.append(failure)
    return tuple(found)


def imported_files(records: Iterable[Mapping[str, Any]]) -> frozenset[str] | None:
    """Give the installed files that were imported, relative to site-packages.

    Returns:
        The union over all processes; None when no process lived to tell.

    """
    lists = [record.get("files") for record in records if record.get("kind") == "imported"]
    told = [files for files in lists if isinstance(files, list)]
    if not told:
        return None
    return frozenset(file for files in told for file in files if isinstance(file, str))


def _failure(record: Mapping[str, Any]) -> SeenFailure | None:
    try:
        place = Place(record["place"])
        chain = tuple(_links(record["chain"]))
    except (KeyError, TypeError, ValueError):
        return None
    return SeenFailure(place=place, note=_text(record.get("note", "")), chain=chain)


def _links(chain: list[Mapping[str, Any]]) -> Iterator[RaisedException]:
    for link in chain[:_MOST_LINKS]:
        yield RaisedException(
            link=Link(link["link"]),
            type=_text(link["type"]),
            bases=tuple(_text(base) for base in link["bases"][:_MOST_LINKS]),
            message=_text(link["message"]),
            frames=tuple(_frames(link["frames"])),
        )


def _frames(frames: list[list[Any]]) -> Iterator[Frame]:
    for file, line, function in frames[:_MOST_FRAMES]:
        yield Frame(file=_text(file), line=int(line), function=_text(function))


def _text(value: object) -> str:
    return str(value)[:_MOST_TEXT]
