"""A timeline as the page shows it: its stories, its picture, its events as a list (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from versect.forensics.story import Sentence, Story, alike, stories
from versect.forensics.timeline import Event, Line, Timeline, What
from versect.report.lane_choice import TROUBLE
from versect.report.lane_words import moment, place, sentence
from versect.report.lanes import Picture, picture

EVENTS: Final = 400
"""Events in the list of one timeline; those of the picture and those of trouble before others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event of the list."""

    number: str
    """That of the picture; empty for one that is not drawn."""
    at: str
    sentence: str
    trouble: bool
    place: str
    """The line of the user's own code, or the innermost one."""
    text: str
    stack: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One sentence of a tale."""

    words: str
    numbers: str
    """Of the events in the picture that say so; empty for none."""
    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """One thing that went wrong, and how often it did at the same lines."""

    plot: str
    headline: str
    count: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A timeline with all that is shown of it."""

    place: int
    """On the page, the first being 1."""
    cell: str
    tales: tuple[Tale, ...]
    picture: Picture | None
    told: tuple[Told, ...]
    more: int
    """Events that the list leaves out."""
    notes: tuple[str, ...]


def sight(number: int, cell: str, timeline: Timeline) -> Sight:
    """Make what is shown of a timeline.

    Args:
        number: Its place on the page, from 1 on.
        cell: Whose trial it tells of.
        timeline: The timeline.

    """
    drawn = picture(timeline)
    columns = () if drawn is None else drawn.columns
    numbers = {place: str(column.number) for column in columns for place in column.places}
    every = range(len(timeline.events))
    first = [n for n in every if n in numbers or timeline.events[n].what in TROUBLE]
    rest = [n for n in every if n not in set(first)]
    listed = sorted([*first, *rest][:EVENTS])
    cut = ("the recorder left events out: there were too many",) if timeline.cut else ()
    return Sight(
        place=number,
        cell=cell,
        tales=tuple(_tale(*one, numbers) for one in alike(stories(timeline))),
        picture=drawn,
        told=tuple(_told(numbers.get(n, ""), timeline.events[n]) for n in listed),
        more=len(timeline.events) - len(listed),
        notes=(*timeline.notes, *cut),
    )


def _tale(story: Story, count: int, numbers: Mapping[int, str]) -> Tale:
    return Tale(
        plot=story.plot.replace("-", " "),
        headline=story.headline,
        count=count,
        parts=tuple(_part(one, numbers) for one in story.sentences),
    )


def _part(one: Sentence, numbers: Mapping[int, str]) -> Part:
    return Part(
        words=one.text,
        numbers=", ".join(dict.fromkeys(numbers[n] for n in one.events if n in numbers)),
        place="" if one.line is None else place(one.line),
        text="" if one.line is None else one.line.text,
    )


def _told(number: str, event: Event) -> Told:
    line = event.line or (event.stack[-1] if event.stack else None)
    if event.what is What.DROPPED and event.stack:
        line = event.stack[-1]
    return Told(
        number=number,
        at=moment(event.at),
        sentence=sentence(event),
        trouble=event.what in TROUBLE,
        place="" if line is None else place(line),
        text="" if line is None else line.text,
        stack=event.stack,
    )
