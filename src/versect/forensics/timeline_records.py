"""What the tracer wrote, as a timeline; read with suspicion: the program may have written it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from versect.forensics.timeline import Event, Kind, Life, Line, Ownership, Step, Timeline, What

_MOST_EVENTS: Final = 20000
_MOST_LINES: Final = 40
_MOST_STEPS: Final = 20
_MOST_TEXT: Final = 300

_Key = tuple[int, int]
"""A process, and the number that its tracer gave to a life."""


@dataclass(slots=True)
class _Seen:
    """What has been read so far."""

    lives: dict[_Key, Mapping[str, Any]] = field(default_factory=dict)
    loops: dict[_Key, int] = field(default_factory=dict)
    owners: dict[_Key, Mapping[str, Any]] = field(default_factory=dict)
    details: dict[_Key, str] = field(default_factory=dict)
    sources: dict[tuple[str, int], str] = field(default_factory=dict)
    events: list[tuple[float, int, Mapping[str, Any]]] = field(default_factory=list)
    processes: dict[int, int] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    cut: bool = False


def timeline(records: Iterable[Mapping[str, Any]]) -> Timeline:
    """Give the timeline that records tell of; whatever is no record of a tracer is passed over."""
    seen = _Seen()
    for record in records:
        try:
            _take(record, seen)
        except (KeyError, TypeError, ValueError, OverflowError):
            seen.notes["unreadable records were left out"] = None
    names = _names(seen)
    first = min((at for at, _, _ in seen.events), default=0.0)
    events = []
    for at, process, record in sorted(seen.events, key=lambda event: event[0]):
        event = _event(record, process, at - first, names, seen)
        if event is not None:
            events.append(event)
    return Timeline(
        lives=tuple(_lives(names, seen)),
        events=tuple(events),
        notes=tuple(seen.notes),
        cut=seen.cut,
    )


def _take(record: Mapping[str, Any], seen: _Seen) -> None:
    process = int(record["pid"])
    match record["k"]:
        case "life":
            Kind(record["kind"])
            seen.lives[process, int(record["n"])] = record
        case "loop":
            seen.loops[process, int(record["n"])] = int(record["loop"])
        case "owner":
            seen.owners[process, int(record["n"])] = record
        case "detail":
            seen.details[process, int(record["n"])] = _text(record["detail"])
        case "source":
            seen.sources[_text(record["file"]), int(record["line"])] = _text(record["text"])
        case "event" if len(seen.events) < _MOST_EVENTS:
            What(record["what"])
            at = float(record["t"])
            if not math.isfinite(at):
                raise ValueError(at)
            seen.events.append((at, process, record))
        case "event" | "cut":
            seen.cut = True
        case "note":
            seen.notes[_text(record["text"])] = None
        case other:
            raise ValueError(other)
    seen.processes.setdefault(process, len(seen.processes))


def _names(seen: _Seen) -> dict[_Key, str]:
    counts: Counter[str] = Counter()
    names = {}
    for key, record in seen.lives.items():
        kind = Kind(record["kind"])
        counts[kind] += 1
        names[key] = f"{kind}-{counts[kind]}"
    return names


def _lives(names: Mapping[_Key, str], seen: _Seen) -> Iterable[Life]:
    for key, name in names.items():
        record = seen.lives[key]
        loop = seen.loops.get(key, record.get("loop"))
        yield Life(
            name=name,
            kind=Kind(record["kind"]),
            type=_text(record.get("type", "")),
            loop=_named(names, key[0], loop),
            owner=_owner(seen.owners.get(key), seen),
            process=seen.processes[key[0]],
        )


def _owner(record: Mapping[str, Any] | None, seen: _Seen) -> Ownership | None:
    if record is None:
        return None
    try:
        return Ownership(
            variable=_text(record["variable"]),
            type=_text(record["type"]),
            at=_line(record["at"], seen),
            steps=tuple(
                Step(attribute=_text(attribute), type=_text(kind))
                for attribute, kind in record["steps"][:_MOST_STEPS]
            ),
        )
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _event(
    record: Mapping[str, Any], process: int, at: float, names: Mapping[_Key, str], seen: _Seen
) -> Event | None:
    subject = _named(names, process, record.get("n"))
    if subject is None:
        return None
    by = record.get("by")
    try:
        stack = tuple(_line(line, seen) for line in record.get("stack", ())[-_MOST_LINES:])
    except (TypeError, ValueError, IndexError):
        stack = ()
    event = Event(
        at=at,
        what=What(record["what"]),
        subject=subject,
        loop=_named(names, process, record.get("loop")),
        thread=_text(record.get("thread", "")),
        stack=stack,
        collection=_named(names, process, record.get("gc")),
        by=None if by is None else _text(by),
        detail=_text(record.get("detail", "")),
        other=_named(names, process, record.get("other")),
        certain=bool(record.get("certain", True)),
    )
    if event.what is What.COLLECTION:
        return replace(event, detail=seen.details.get((process, record["n"]), event.detail))
    return event


def _named(names: Mapping[_Key, str], process: int, number: object) -> str | None:
    return names.get((process, number)) if isinstance(number, int) else None


def _line(line: list[Any], seen: _Seen) -> Line:
    file, number, function, own = line
    return Line(
        file=_text(file),
        line=int(number),
        function=_text(function),
        text=seen.sources.get((_text(file), int(number)), ""),
        own=bool(own),
    )


def _text(value: object) -> str:
    return str(value)[:_MOST_TEXT]
