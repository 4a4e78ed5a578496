"""Where the failure changes its face inside the failing range: one fault, or two in a row."""

from __future__ import annotations

from versect.app.inquiry import Inquiry
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Signature
from versect.model.verdict import FaceChange
from versect.search.ask import Answer
from versect.search.bisect import between
from versect.search.history import History
from versect.select.line import Line


def face_changes(line: Line, found: History, inquiry: Inquiry) -> tuple[FaceChange, ...]:
    """Find where the failure stops looking as it did at the boundary.

    Costs one search of the failing range where its two ends look different, else nothing.
    """
    if found.transition is None:
        return ()
    faces = {place: _face(inquiry.result(line.cells[place])[1]) for place in sorted(found.known)}
    first, at_first = found.transition.first, faces[found.transition.first]
    if at_first is None:  # the boundary leads out of the failure
        first, at_first = found.transition.last, faces[found.transition.last]
        run = [place for place in sorted(faces, reverse=True) if place <= first and faces[place]]
    else:
        run = [place for place in faces if place >= first and faces[place]]
    different = [place for place in run if faces[place] != at_first]
    if not different or _varies(line, first, at_first, found.confirmed, inquiry):
        return ()
    nearest = different[0]
    alike = [p for p in run if faces[p] == at_first and abs(p - first) < abs(nearest - first)][-1]

    def lens(outcome: Outcome) -> Answer:
        face = _face(outcome)
        if face is None:
            return Answer.UNRESOLVED
        return Answer.PASSED if face == at_first else Answer.FAILED

    known = {alike: Answer.PASSED, nearest: Answer.FAILED}
    low, high = sorted((alike, nearest))
    turn = inquiry.search(lambda: between(known, low, high), line.cells.__getitem__, lens)
    before, after = (_face(inquiry.result(line.cells[p])[1]) for p in (turn.last, turn.first))
    if before is None or after is None:
        return ()
    return (FaceChange(last=turn.last, first=turn.first, before=before, after=after),)


def _face(outcome: Outcome) -> Signature | None:
    return outcome.signature if isinstance(outcome, Failed | FailedOtherwise) else None


def _varies(line: Line, place: int, face: Signature | None, times: int, inquiry: Inquiry) -> bool:
    """Whether the confirmations of one release looked different: such a face tells nothing."""
    again = (inquiry.result(line.cells[place], repeat)[1] for repeat in range(1, times + 1))
    return any(_face(outcome) != face for outcome in again)
