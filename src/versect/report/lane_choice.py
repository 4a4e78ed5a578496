"""What of a timeline is drawn, and what of it in one stroke (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from versect.forensics.timeline import Event, Kind, Life, Timeline, What

COLUMNS: Final = 60
"""Columns of a picture; of more, those are drawn that tell of trouble."""
ROWS: Final = 40
"""Lives in a picture beside the loops."""
TROUBLE: Final = frozenset(
    {What.SCHEDULED, What.REFUSED, What.NEVER_RETRIEVED, What.DROPPED, What.CROSSED}
)
_BLINK: Final = 0.01
"""Seconds for which a loop may stand still without being said to stop."""

Group = tuple[Life, ...]
"""A loop and what belongs to it."""
Beat = tuple[int, ...]
"""Events of one column, by their places in the timeline: several that say the same of objects of
one kind, one after another."""


def chosen(timeline: Timeline) -> tuple[tuple[Group, ...], tuple[Beat, ...]]:
    """Choose what is drawn: lives that tell of trouble first, as many as there is room for.

    Returns:
        The lanes from above to below, and the columns from left to right.

    """
    choice = _Choice(timeline)
    shown: frozenset[str] = frozenset()
    for life in sorted(timeline.lives, key=choice.weight, reverse=True):
        if life.kind is Kind.COLLECTION or not choice.events[life.name]:
            continue
        wider = shown | {life.name} | choice.loops_of(life)
        if not shown or choice.fits(wider):
            shown = wider
    return tuple(_groups(timeline.lives, shown)), choice.beats(shown)


class _Choice:
    """A timeline by its lives."""

    def __init__(self, timeline: Timeline) -> None:
        self._all = timeline.events
        self._lives = timeline.by_name()
        self.events: dict[str, list[int]] = {name: [] for name in self._lives}
        """Of each life the places of its events."""
        for place, event in enumerate(timeline.events):
            if event.what is not What.SET and event.subject in self.events:
                self.events[event.subject].append(place)
        self._met = {event.other for event in timeline.events if event.what in TROUBLE}

    def weight(self, life: Life) -> int:
        """Say how much a life has to tell."""
        found = {self._all[place].what for place in self.events[life.name]}
        troubled = life.name in self._met or bool(found & TROUBLE)
        large = life.kind in (Kind.LOOP, Kind.CLIENT)
        return 4 * troubled + 2 * (What.UNCLOSED in found) + large

    def loops_of(self, life: Life) -> frozenset[str]:
        """Give the loops without which a life cannot be drawn: its own, and those it met."""
        mine = [self._all[place] for place in self.events[life.name]]
        met = {life.loop, *(event.other for event in mine), *(event.loop for event in mine)}
        known = (self._lives[name] for name in met if name is not None and name in self._lives)
        return frozenset(one.name for one in known if one.kind is Kind.LOOP)

    def fits(self, shown: Collection[str]) -> bool:
        """Whether there is room for so many lives and what they have to tell."""
        others = sum(self._lives[name].kind is not Kind.LOOP for name in shown)
        return others <= ROWS and len(self.beats(shown)) <= COLUMNS

    def beats(self, shown: Collection[str]) -> tuple[Beat, ...]:
        """Give the columns of some lives, and of the collections in which something happened."""
        mine = [place for name in shown for place in self.events[name]]
        collections = {self._all[place].collection for place in mine}
        mine += [p for name in collections if name is not None for p in self.events.get(name, ())]
        told = _without_blinks(self._all, sorted(mine))
        return tuple(_together(self._all, self._lives, told))


def _without_blinks(events: Sequence[Event], places: Sequence[int]) -> Iterator[int]:
    """Leave out where a loop stops and runs on at once, as at every end of ``asyncio.run``."""
    kept: list[int] = []
    for place in places:
        before, event = events[kept[-1]] if kept else None, events[place]
        if (
            before is not None
            and (before.what, event.what) == (What.STOPPED, What.STARTED)
            and before.subject == event.subject
            and event.at - before.at < _BLINK
        ):
            kept.pop()
        else:
            kept.append(place)
    yield from kept


def _together(
    events: Sequence[Event], lives: Mapping[str, Life], places: Iterable[int]
) -> Iterator[Beat]:
    """Put what is one thing to a reader into one column."""
    beat: list[int] = []
    for place in places:
        if beat and _joins(events, lives, beat, place):
            beat.append(place)
            continue
        if beat:
            yield tuple(beat)
        beat = [place]
    if beat:
        yield tuple(beat)


def _joins(
    events: Sequence[Event], lives: Mapping[str, Life], beat: Sequence[int], place: int
) -> bool:
    """Whether an event goes on with a column: it ends what was just begun, or says it of another.

    That an object was finalised and that it had not been closed is one thing to tell.
    """
    first, before, event = events[beat[0]], events[beat[-1]], events[place]
    if event.what in (What.CROSSED, What.REFUSED) and _same(before, event):
        return True
    if event.what is What.UNCLOSED and before.what is What.FINALISED:
        return event.subject == before.subject
    kinds = {lives[one.subject].kind for one in (first, event)}
    return (
        len(kinds) == 1
        and not kinds & {Kind.LOOP, Kind.COLLECTION}
        and event.what not in (What.REFUSED, What.SCHEDULED, What.CROSSED)
        and event.subject not in {events[one].subject for one in beat}
        and (first.what, first.loop, first.collection, first.other, lives[first.subject].loop)
        == (event.what, event.loop, event.collection, event.other, lives[event.subject].loop)
    )


def _same(one: Event, other: Event) -> bool:
    return (one.what, one.subject, one.other, one.loop, one.detail) == (
        other.what,
        other.subject,
        other.other,
        other.loop,
        other.detail,
    )


def _groups(lives: Sequence[Life], shown: Collection[str]) -> Iterator[Group]:
    """Give each loop with what belongs to it; what has no loop comes last."""
    kept = [life for life in lives if life.name in shown]
    loops = [life for life in kept if life.kind is Kind.LOOP]
    others = [life for life in kept if life.kind is not Kind.LOOP]
    names = {loop.name for loop in loops}
    for loop in loops:
        yield (loop, *(life for life in others if life.loop == loop.name))
    stray = tuple(life for life in others if life.loop not in names)
    if stray:
        yield stray
