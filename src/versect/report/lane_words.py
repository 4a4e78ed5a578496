"""Events of a timeline in words (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from versect.forensics.timeline import Event, Line, What

_BRIEF: Final = 30
"""Characters of a detail above a column."""

_WORDS: Final = {
    What.CREATED: "{subject} created",
    What.SET: "{subject} set",
    What.STARTED: "{subject} runs",
    What.STOPPED: "{subject} stops",
    What.CLOSED: "{subject} closed",
    What.FINALISED: "{subject} finalised",
    What.SCHEDULED: "{subject} → {other}",
    What.REFUSED: "{subject} refuses",
    What.NEVER_RETRIEVED: "{subject}: error unseen",
    What.DROPPED: "{subject} let go",
    What.COLLECTION: "{subject}",
    What.CROSSED: "{subject}: {detail} on {other}",
    What.UNCLOSED: "{subject} unclosed",
}
_SENTENCES: Final = {
    **_WORDS,
    What.SET: "{subject} becomes the current loop of its thread",
    What.STARTED: "{subject} begins to run",
    What.STOPPED: "{subject} stops running",
    What.CLOSED: "{subject} is closed",
    What.FINALISED: "{subject} is finalised",
    What.SCHEDULED: "a finaliser puts work about {subject} on {other}",
    What.REFUSED: "{subject} is closed and refuses",
    What.NEVER_RETRIEVED: "{subject} ended with an exception that nobody retrieved",
    What.DROPPED: "what owned {subject} is let go",
    What.COLLECTION: "{subject}: a garbage collection",
    What.CROSSED: "{subject} is touched while {other} runs",
    What.UNCLOSED: "{subject} was never closed",
}


def brief(event: Event) -> str:
    """Give an event in the few words that stand above its column."""
    words = _WORDS[event.what].format(
        subject=event.subject,
        other=event.other or "?",
        detail=event.detail[:_BRIEF] or "used",
    )
    if event.what is What.DROPPED and not event.certain:
        words += "?"
    detail = " ".join(event.detail.partition(",")[0].split())
    if detail and event.what in (What.REFUSED, What.COLLECTION):
        cut = detail if len(detail) <= _BRIEF else f"{detail[: _BRIEF - 1]}…"
        words += f" {cut}"
    return words


def column_words(events: Sequence[Event]) -> str:
    """Give events that say the same of several objects: ``4 transports created``."""
    names = tuple(dict.fromkeys(event.subject for event in events))
    kinds = {event.what for event in events}
    more = " unclosed" if {What.FINALISED, What.UNCLOSED} <= kinds else ""
    if len(names) == 1:
        return brief(events[0]) + more
    kind = names[0].rpartition("-")[0]
    many = ", ".join(names) if len(names) == 2 else f"{len(names)} {kind}s"
    return brief(events[0]).replace(events[0].subject, many, 1) + more


def sentence(event: Event) -> str:
    """Give an event in a sentence."""
    words = _SENTENCES[event.what].format(
        subject=event.subject, other=event.other or "another loop"
    )
    if event.what is What.DROPPED and not event.certain:
        words += ", it may be here"
    if event.detail:
        words += f": {event.detail}"
    inside = [
        *([f"by {event.by}"] if event.by else []),
        *(
            [f"in {event.collection}"]
            if event.collection and event.subject != event.collection
            else []
        ),
        *(
            [f"while {event.loop} runs"]
            if event.loop and event.loop not in (event.subject, event.other)
            else []
        ),
    ]
    return f"{words} ({', '.join(inside)})" if inside else words


def place(line: Line) -> str:
    """Give a line of a program: ``app.py:7 in main``."""
    return f"{line.file}:{line.line} in {line.function}"


def moment(seconds: float) -> str:
    """Give a time that can be read: ``0.4 ms``, ``240.1 ms``, ``1.250 s``."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.3f} s"
