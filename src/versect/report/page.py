"""The page beside its data: reads what a study's results hold, writes ``report.html``."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from versect.forensics.timeline import Timeline
from versect.forensics.timeline_codec import decode, fingerprint
from versect.report.html import Beside, page, timeline_page
from versect.report.html_bisection import Search, search_of
from versect.report.html_blame import Comparison, comparison_of
from versect.report.html_diagnosis import Diagnosis, diagnosis_of
from versect.report.html_timeline import Sight, sight
from versect.report.lane_choice import TROUBLE
from versect.report.view import MatrixView
from versect.report.write import write

NAME: Final = "report.html"
_SIGHTS: Final = 24
"""Timelines on a page; of more, those that tell of trouble."""

_Read = TypeVar("_Read")
Say = Callable[[str], None]


def publish(folder: Path, view: MatrixView, *, made: str, say: Say) -> Path:
    """Write the page of a study and give its path.

    Args:
        folder: The study's results.
        view: Its matrix.
        made: By which versect, and when.
        say: Is told of files that cannot be read; the page is made without them.

    Raises:
        StorageError: The folder cannot be written.

    """
    path = folder / NAME
    write(path, text(folder, view, made=made, say=say))
    return path


def text(folder: Path, view: MatrixView, *, made: str, say: Say) -> str:
    """Give the page of a study; see ``publish``."""
    digests = frozenset(trial.fingerprint for trial, _ in view.results.values())
    return page(view, beside(folder, say, digests), made=made)


def publish_timeline(folder: Path, title: str, timeline: Timeline, *, made: str) -> Path:
    """Write the page of one timeline that belongs to no study, and give its path.

    Args:
        folder: Where.
        title: What ran.
        timeline: What the recorder saw.
        made: By which versect, and when.

    Raises:
        StorageError: The folder cannot be written.

    """
    path = folder / NAME
    write(path, timeline_page(sight(1, title, timeline), made=made))
    return path


def beside(folder: Path, say: Say, digests: Collection[str] = ()) -> Beside:
    """Read what a page shows beside its matrix: searches, comparisons, timelines, by name.

    Args:
        folder: The study's results.
        say: Is told of files that cannot be read.
        digests: Fingerprints of the matrix's trials; timelines of others tell of another program.

    """
    sights, unseen = _sights(folder, say, digests)
    return Beside(
        searches=tuple(_each(folder, "bisect/*/verdict.json", _search, say)),
        comparisons=tuple(_each(folder, "bisect/*/blame.json", _comparison, say)),
        diagnosis=next(_each(folder, "diagnosis.json", _diagnosis, say), None),
        sights=sights,
        unseen=unseen,
    )


def _each(folder: Path, pattern: str, read: Callable[[Path], _Read], say: Say) -> Iterator[_Read]:
    for path in sorted(folder.glob(pattern)):
        try:
            yield read(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            say(f"{path} is left out of the page: {type(error).__name__}: {error}")


def _document(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _search(path: Path) -> Search:
    explained = path.with_name("explanation.json")
    return search_of(
        path.parent.name, _document(path), _document(explained) if explained.exists() else None
    )


def _comparison(path: Path) -> Comparison:
    return comparison_of(_document(path))


def _diagnosis(path: Path) -> Diagnosis:
    return diagnosis_of(_document(path))


def _timeline(path: Path) -> tuple[str, str, Timeline]:
    text = path.read_text(encoding="utf-8")
    return fingerprint(text), path.stem, decode(text)


def _sights(
    folder: Path, say: Say, digests: Collection[str]
) -> tuple[tuple[Sight, ...], tuple[str, ...]]:
    """Give what is shown of timelines, those that tell of trouble first, and the cells left out."""
    read = tuple(
        (cell, one)
        for digest, cell, one in _each(folder, "timelines/*.json", _timeline, say)
        if not digests or digest in ("", *digests)
    )
    ordered = sorted(read, key=lambda one: -_troubles(one[1]))
    seen, unseen = ordered[:_SIGHTS], ordered[_SIGHTS:]
    return (
        tuple(sight(number, cell, one) for number, (cell, one) in enumerate(seen, 1)),
        tuple(cell for cell, _ in unseen),
    )


def _troubles(timeline: Timeline) -> int:
    return sum(event.what in TROUBLE for event in timeline.events)
