"""A timeline as swim lanes: where everything stands in the picture (pure; the page draws it).

One lane a loop, with what belongs to it below. Events stand in their order, a column each, and
not to scale: in these programs most of what matters happens within milliseconds of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from versect.forensics.timeline import Event, Kind, Life, Timeline, What
from versect.report.evidence import counted
from versect.report.lane_choice import TROUBLE, Beat, Group, chosen
from versect.report.lane_words import column_words, moment

_PACE, _WIDEST, _WIDTH = 30, 56, 860
"""Pixels from one event to the next: at least, at most, and of all of them where there is room."""
_MARGIN: Final = 16
_NAME, _TYPE = 7.6, 6.4
"""Pixels of a letter in the names of rows, and in their types."""
_LONGEST: Final = 32
"""Letters of a type."""
_LOOP, _CHILD, _GAP = 30, 20, 12
"""Heights of a loop's row and of others, and what parts two lanes."""
_RISE, _REACH = 0.65, 0.77
"""Height and width of a word of length 1 at its slant of 40 degrees."""
_LETTER: Final = 6.3
"""Pixels of a letter at the size of the words above."""
_TIME: Final = 58
"""Pixels that a time needs, so that none stands upon another."""
_PAUSE: Final = 0.1
"""Seconds without an event that are shown as a break."""

_STRONG: Final = TROUBLE | {What.UNCLOSED, What.COLLECTION}
"""What is written darker, and the closing of loops."""
_SIGNS: Final = {
    What.CREATED: "○",
    What.STARTED: "▶",
    What.STOPPED: "‖",
    What.CLOSED: "■",
    What.FINALISED: "×",
    What.SCHEDULED: "➤",
    What.REFUSED: "✗",
    What.NEVER_RETRIEVED: "!",
    What.DROPPED: "↓",
    What.CROSSED: "✗",
    What.UNCLOSED: "!",
}
_ENDS: Final = frozenset({What.CLOSED, What.FINALISED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One event that is drawn, or several that say the same."""

    number: int
    places: Beat
    x: float
    words: str
    strong: bool
    time: str
    """Empty where the one before leaves no room."""
    pause: str
    """How long nothing happened before it; empty for no break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A life that is drawn, or several that did the same together."""

    name: str
    """``loop-1``; of several ``transport-2 … 5``."""
    type: str
    """Without its modules; of several with their number before it."""
    lives: tuple[str, ...]
    x: float
    y: float
    """Of its middle."""
    lead: bool
    """Whether it begins a lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The ground on which a loop and what belongs to it stand."""

    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of a life."""

    look: str
    """``open``, ``running``, ``over``, ``client``, ``client garbage``, ``transport``, ..."""
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An event on its life's row."""

    look: str
    """The event's kind."""
    sign: str
    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One loop's object touched while another loop runs."""

    look: str
    path: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A garbage collection: everything stops for it."""

    x: float
    width: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Swim lanes, with all places in pixels."""

    width: float
    height: float
    top: float
    """Where the lanes begin: words stand above."""
    bottom: float
    """Where they end: times stand below."""
    title: str
    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    walls: tuple[Wall, ...]
    marks: tuple[Mark, ...]
    arrows: tuple[Arrow, ...]
    columns: tuple[Column, ...]
    left_out: int
    """Lives that are not drawn."""


def picture(timeline: Timeline) -> Picture | None:
    """Draw a timeline; None where there is nothing to draw."""
    groups, beats = chosen(timeline)
    if not beats:
        return None
    events = timeline.events
    rows_of = [tuple(_together(group, events, beats)) for group in groups]
    names = [_named(lives) for lanes in rows_of for lives in lanes]
    gutter = max(_NAME * len(name) + _TYPE * len(kind) for name, kind in names) + 42
    columns = tuple(_columns(events, beats, gutter))
    top = round(24 + _RISE * _LETTER * max(len(column.words) for column in columns))
    lanes, rows = _laid_out(rows_of, top)
    bottom = max(lane.y + lane.height for lane in lanes)
    heights = {name: row.y for row in rows for name in row.lives}
    right = max(c.x + max(_PACE, _REACH * _LETTER * len(c.words)) + _MARGIN for c in columns)
    told = tuple((column, events[place]) for column in columns for place in column.places)
    first = [lives[0] for lanes in rows_of for lives in lanes]
    living = sum(one.kind is not Kind.COLLECTION for one in timeline.lives)
    return Picture(
        width=round(right),
        height=bottom + 44,
        top=top,
        bottom=bottom,
        title=_title(len(told), sum(one.kind is Kind.LOOP for one in first)),
        lanes=lanes,
        rows=rows,
        bars=tuple(_bars(first, told, heights, right - _MARGIN)),
        walls=tuple(_walls(told, timeline.by_name())),
        marks=tuple(_marks(told, heights)),
        arrows=tuple(_arrows(told, heights)),
        columns=columns,
        left_out=living - len(heights),
    )


def _columns(events: Sequence[Event], beats: Sequence[Beat], gutter: float) -> Iterator[Column]:
    pace = min(_WIDEST, max(_PACE, _WIDTH // len(beats)))
    last = -float(_TIME)
    before = events[beats[0][0]].at
    for number, beat in enumerate(beats, 1):
        mine = [events[place] for place in beat]
        x = round(gutter) + number * pace - pace / 2
        roomy = x - last >= _TIME
        last = x if roomy else last
        quiet, before = mine[0].at - before, mine[-1].at
        yield Column(
            number=number,
            places=beat,
            x=x,
            words=f"{number}: {column_words(mine)}",
            strong=any(map(_is_strong, mine)),
            time=moment(mine[0].at) if roomy else "",
            pause=moment(quiet) if quiet >= _PAUSE else "",
        )


def _is_strong(event: Event) -> bool:
    closes = event.what is What.CLOSED
    return event.what in _STRONG or (closes and event.subject.startswith(Kind.LOOP))


def _together(group: Group, events: Sequence[Event], beats: Sequence[Beat]) -> Iterator[Group]:
    """Put transports of a loop that did the same in the same columns into one row."""
    rows: dict[object, list[Life]] = {}
    for life in group:
        mine = tuple(
            (number, events[place].what)
            for number, beat in enumerate(beats)
            for place in beat
            if life.name in (events[place].subject, events[place].other)
        )
        key = (life.type, mine) if life.kind is Kind.TRANSPORT else life.name
        rows.setdefault(key, []).append(life)
    yield from map(tuple, rows.values())


def _laid_out(
    groups: Iterable[Sequence[Group]], top: float
) -> tuple[tuple[Lane, ...], tuple[Row, ...]]:
    """Give lanes and rows from above to below."""
    lanes: list[Lane] = []
    rows: list[Row] = []
    y = top
    for group in groups:
        start = y
        for lives in group:
            lead = lives[0].kind is Kind.LOOP
            height = _LOOP if lead else _CHILD
            name, kind = _named(lives)
            rows.append(
                Row(
                    name=name,
                    type=kind,
                    lives=tuple(life.name for life in lives),
                    x=10 if lead else 26,
                    y=y + height / 2,
                    lead=lead,
                )
            )
            y += height
        lanes.append(Lane(y=start, height=y - start))
        y += _GAP
    return tuple(lanes), tuple(rows)


def _named(lives: Group) -> tuple[str, str]:
    """Give the name and the type of a row."""
    kind = lives[0].type.rpartition(".")[2].lstrip("_")
    kind = kind if len(kind) <= _LONGEST else f"{kind[: _LONGEST - 1]}…"
    if len(lives) == 1:
        return lives[0].name, kind
    last = lives[-1].name.rpartition("-")[2]
    return f"{lives[0].name} … {last}", f"{len(lives)} × {kind}"


Beats = Sequence[tuple[Column, Event]]


def _bars(
    lives: Iterable[Life], beats: Beats, places: Mapping[str, float], right: float
) -> Iterator[Bar]:
    for life in lives:
        mine = [(column.x, event) for column, event in beats if event.subject == life.name]
        y = places[life.name]
        if life.kind is Kind.LOOP:
            yield from _loop_bars(life, mine, y, (beats[0][0].x, right))
            continue
        seen = [column.x for column, event in beats if life.name in (event.subject, event.other)]
        made = next((x for x, event in mine if event.what is What.CREATED), min(seen))
        ends = [x for x, event in mine if event.what in _ENDS]
        end = max(ends) if ends else max(seen) if life.kind is Kind.TASK else right
        words = f"{life.name}: {life.type}" + ("" if ends else ", not seen to end")
        let_go = next((x for x, event in mine if event.what is What.DROPPED and x > made), end)
        yield _stretch(str(life.kind), made, let_go, y, words)
        if let_go < end:
            yield _stretch(f"{life.kind} garbage", let_go, end, y, f"{life.name}: let go")


def _stretch(look: str, since: float, until: float, y: float, title: str) -> Bar:
    return Bar(look=look, x=since, y=y - 5, width=max(until - since, 4), height=10, title=title)


def _loop_bars(
    loop: Life, mine: Sequence[tuple[float, Event]], y: float, within: tuple[float, float]
) -> Iterator[Bar]:
    """Give a loop's life: open, running, and what is left of it once it is closed.

    One whose making was not seen was there from the beginning.
    """
    left, right = within
    made = next((x for x, event in mine if event.what is What.CREATED), left)
    closed = next((x for x, event in mine if event.what is What.CLOSED), None)
    end = right if closed is None else closed
    yield Bar(look="open", x=made, y=y - 8, width=max(end - made, 4), height=16, title=loop.name)
    since: float | None = None
    for x, event in mine:
        if event.what is What.STARTED and since is None:
            since = x
        elif event.what in (What.STOPPED, What.CLOSED) and since is not None:
            yield _running(loop, since, x, y)
            since = None
    if since is not None:
        yield _running(loop, since, end, y)
    if closed is not None:
        gone = next((x for x, event in mine if event.what is What.FINALISED and x > closed), right)
        last = max([gone, *(x for x, _ in mine if x > closed)])
        title = f"{loop.name} is closed"
        yield Bar(look="over", x=closed, y=y - 3, width=last - closed, height=6, title=title)


def _running(loop: Life, since: float, until: float, y: float) -> Bar:
    title = f"{loop.name} runs"
    return Bar(look="running", x=since, y=y - 8, width=until - since, height=16, title=title)


def _walls(beats: Beats, lives: Mapping[str, Life]) -> Iterator[Wall]:
    """Give a wall from each collection to the last thing that happened in it."""
    for column, event in beats:
        if event.what is What.COLLECTION:
            within = [c.x for c, other in beats if other.collection == event.subject]
            end = max([column.x, *within])
            life = lives.get(event.subject)
            yield Wall(
                x=column.x - 9, width=end - column.x + 18, label=life.type if life else event.detail
            )


def _marks(beats: Beats, places: Mapping[str, float]) -> Iterator[Mark]:
    """Give one mark a row and column: of what was finalised unclosed, that it was unclosed."""
    found: dict[tuple[int, float], Mark] = {}
    for column, event in beats:
        if event.what is not What.COLLECTION and event.subject in places:
            found[column.number, places[event.subject]] = Mark(
                look=str(event.what),
                sign=_SIGNS.get(event.what, "·"),
                x=column.x,
                y=places[event.subject],
                title=column.words,
            )
    yield from found.values()


def _arrows(beats: Beats, places: Mapping[str, float]) -> Iterator[Arrow]:
    """Give what crosses from lane to lane: work put on another loop, a call that came from one."""
    for column, event in beats:
        ends: tuple[str | None, str | None] = (event.subject, event.other)
        if event.what is What.REFUSED:
            ends = (event.loop, event.subject)
        elif event.what is What.CROSSED:
            ends = (event.other, event.subject)
        elif event.what is not What.SCHEDULED:
            continue
        start, end = (None if name is None else places.get(name) for name in ends)
        if start is not None and end is not None and start != end:
            yield Arrow(look=str(event.what), path=_curve(column.x, start, end), title=column.words)


def _curve(x: float, start: float, end: float) -> str:
    """Give a path from row to row that leaves the column a little, so that it is seen."""
    down = 1 if end > start else -1
    first, last = start + 8 * down, end - 10 * down
    return f"M{x:g} {first:g}C{x + 20:g} {first:g} {x + 8:g} {last - 12 * down:g} {x:g} {last:g}"


def _title(events: int, loops: int) -> str:
    return f"{counted(events, 'event')} on {counted(loops, 'event loop')} and what belongs to them"
