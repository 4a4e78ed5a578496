"""Where the failure changes its face inside the failing range: one fault, or two in a row."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from versect.app.inquiry import Inquiry
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Signature
from versect.model.verdict import FaceChange
from versect.search.ask import Answer
from versect.search.bisect import between
from versect.search.history import History
from versect.search.series import DECIDED
from versect.select.line import Line

_URL: Final = re.compile(r"https?://[^\s'\"<>)]+")
_NUMBERS: Final = re.compile(r"\d+(?:\.\w+)+")


def face_changes(line: Line, found: History, inquiry: Inquiry) -> tuple[FaceChange, ...]:
    """Find where the failure stops looking as it did at the boundary.

    Costs one search of the failing range where its two ends look different, else nothing.
    """
    if found.transition is None:
        return ()
    releases = frozenset(_with_prefixes(line.names))

    def face_of(place: int, repeat: int = 0) -> Signature | None:
        return _face(inquiry.result(line.cells[place], repeat)[1], releases)

    faces = {place: face_of(place) for place in sorted(found.known)}
    first, at_first = found.transition.first, faces[found.transition.first]
    if at_first is None:  # the boundary leads out of the failure
        first, at_first = found.transition.last, faces[found.transition.last]
        beside = [place for place in reversed(faces) if place <= first]
    else:
        beside = [place for place in faces if place >= first]

    def is_failing(place: int) -> bool:
        return faces[place] is not None or found.known[place] not in DECIDED

    stretch = itertools.takewhile(is_failing, beside)
    run = [place for place in stretch if faces[place] is not None]
    different = [place for place in run if faces[place] != at_first]
    again = (face_of(first, repeat) for repeat in range(1, found.confirmed + 1))
    if not different or any(face != at_first for face in again):
        return ()  # one that looks different every time tells nothing
    nearest = different[0]
    alike = [p for p in run if faces[p] == at_first and abs(p - first) < abs(nearest - first)][-1]

    def lens(outcome: Outcome) -> Answer:
        face = _face(outcome, releases)
        if face is None:
            return Answer.UNRESOLVED
        return Answer.PASSED if face == at_first else Answer.FAILED

    known = {alike: Answer.PASSED, nearest: Answer.FAILED}
    low, high = sorted((alike, nearest))
    turn = inquiry.search(lambda: between(known, low, high), line.cells.__getitem__, lens)
    before, after = face_of(turn.last), face_of(turn.first)
    if before is None or after is None:
        return ()
    return (FaceChange(last=turn.last, first=turn.first, before=before, after=after),)


def _face(outcome: Outcome, releases: Collection[str]) -> Signature | None:
    """Give a failure's signature without what differs from release to release anyway.

    That is the release's own number, and addresses of documentation, which hold it too.
    """
    if not isinstance(outcome, Failed | FailedOtherwise):
        return None
    text = _URL.sub("<url>", outcome.signature.text)
    text = _NUMBERS.sub(lambda found: "<release>" if found[0] in releases else found[0], text)
    return replace(outcome.signature, text=text)


def _with_prefixes(names: Iterable[str]) -> Iterator[str]:
    """Give releases and what documentation calls them: ``2.0.1`` and ``2.0``."""
    for name in names:
        yield name
        yield ".".join(name.split(".")[:2])
