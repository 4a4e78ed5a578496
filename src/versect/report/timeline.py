"""A timeline as text: what went wrong first, then everything that happened, a line an event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from versect.forensics.story import Sentence, Story, alike, stories
from versect.forensics.timeline import Event, Kind, Timeline, What
from versect.forensics.timeline_codec import encode
from versect.report.lane_words import place, sentence

SCHEMA_VERSION: Final = 1

_BARE, _RUNNING, _GONE, _NOT_YET = "│", "┃", "×", " "
_QUIET: Final = frozenset({What.CREATED, What.CLOSED, What.FINALISED, What.UNCLOSED})
"""Events that are told once for several lives of a kind, when they follow one another."""


def told(timeline: Timeline) -> tuple[str, ...]:
    """Give what went wrong in a run, one story after another, as lines of text.

    Stories that take the same lines are told once, with their number.
    """
    lines: list[str] = []
    found = alike(stories(timeline))
    for number, (story, times) in enumerate(found, 1):
        more = f" (and {times - 1} more like it)" if times > 1 else ""
        lines.append(f"{number}. [{story.plot}] {story.headline}{more}")
        lines.extend(_sentences(story))
    if not found:
        lines.append("no client outlived its loop, and none was left unclosed")
    if timeline.cut:
        lines.append("there were too many events to record: later ones are missing")
    return (*lines, *(f"note: {note}" for note in timeline.notes))


def lanes(timeline: Timeline) -> tuple[str, ...]:
    """Give all events, a line each, beside a column for each loop.

    A loop's column shows whether it is there, running or closed. Transports that are created,
    closed or finalised one after another share a line.
    """
    loops = [life.name for life in timeline.lives if life.kind is Kind.LOOP]
    state = dict.fromkeys(loops, _NOT_YET)
    lines = []
    if loops:
        lines.append("   ".join((" ".join(name.rpartition("-")[2] for name in loops), "loop")))
    for events in _together(timeline.events):
        event = events[0]
        for one in events:
            _step(state, one)
        words = sentence(event)
        subjects = list(dict.fromkeys(one.subject for one in events))
        if len(subjects) > 1:
            words = words.replace(event.subject, ", ".join(subjects), 1)
            words = words.replace(" is ", " are ", 1).replace(" was ", " were ", 1)
        if event.what is not What.UNCLOSED and events[-1].what is What.UNCLOSED:
            words = words.replace("finalised", "finalised unclosed", 1)
        line = event.line or (event.stack[-1] if event.stack else None)
        columns = " ".join(sign.ljust(len(name.rpartition("-")[2])) for name, sign in state.items())
        where = f"  [{place(line)}]" if line else ""
        lines.append(f"{columns}   {event.at:9.4f}  {words}{where}")
    return tuple(lines)


def document(timeline: Timeline) -> dict[str, Any]:
    """Give a timeline and its stories as a JSON object."""
    whole = json.loads(encode(timeline, fingerprint=""))
    found = [
        {
            "plot": story.plot,
            "headline": story.headline,
            "lives": story.lives,
            "times": times,
            "sentences": [_sentence(one) for one in story.sentences],
        }
        for story, times in alike(stories(timeline))
    ]
    return {"stories": found, **{k: whole[k] for k in ("lives", "events", "notes", "cut")}}


def _sentences(story: Story) -> Iterator[str]:
    for one in story.sentences:
        yield f"   - {one.text}"
        if one.line is not None:
            source = f": {one.line.text}" if one.line.text else ""
            yield f"       {place(one.line)}{source}"


def _sentence(one: Sentence) -> dict[str, Any]:
    line = one.line
    return {
        "role": one.role,
        "text": one.text,
        "file": line and line.file,
        "line": line and line.line,
        "function": line and line.function,
        "source": line and line.text,
        "certain": one.certain,
        "events": one.events,
    }


def _together(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Give events in groups: one that is told alone, or several of transports that say the same.

    That something was finalised and that it had not been closed is one thing to tell.
    """
    group: list[Event] = []
    for event in events:
        if group and not (_repeated(group, event) or _finished(group[-1], event)):
            yield group
            group = []
        group.append(event)
    if group:
        yield group


def _repeated(group: Sequence[Event], event: Event) -> bool:
    first = group[0]
    return (
        all(one.what in _QUIET and one.subject.startswith("transport-") for one in (first, event))
        and (first.what is event.what)
        and (first.loop, first.collection, first.line) == (event.loop, event.collection, event.line)
    )


def _finished(before: Event, event: Event) -> bool:
    return (before.what, event.what, before.subject) == (
        (What.FINALISED, What.UNCLOSED, event.subject)
    )


def _step(state: dict[str, str], event: Event) -> None:
    """Bring the loops' columns up to an event."""
    if event.subject not in state:
        return
    match event.what:
        case What.CREATED | What.STOPPED:
            state[event.subject] = _BARE
        case What.STARTED:
            state[event.subject] = _RUNNING
        case What.CLOSED:
            state[event.subject] = _GONE
        case _:
            pass
