"""Swim lanes: what is drawn, where, and that nothing lies upon anything else."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.timelines import collected, event, life, repeated
from versect.forensics.timeline import Kind, Timeline, What
from versect.report.lane_choice import COLUMNS, ROWS
from versect.report.lane_words import moment, sentence
from versect.report.lanes import picture

LOOPS = ("loop-1", "loop-2")


@st.composite
def timelines(draw):
    """Make timelines of a few loops, with clients, transports and tasks that may have none."""
    loops = [f"loop-{n}" for n in range(draw(st.integers(0, 4)))]
    lives = [life(name, Kind.LOOP, "asyncio.Loop") for name in loops]
    for kind in (Kind.CLIENT, Kind.TRANSPORT, Kind.TASK):
        for n in range(draw(st.integers(0, 12))):
            home = draw(st.sampled_from([None, *loops]))
            lives.append(life(f"{kind}-{n}", kind, "some.Thing", home))
    lives.append(life("collection-1", Kind.COLLECTION, "generation 2"))
    names = [one.name for one in lives]
    moments = sorted(draw(st.lists(st.floats(0, 10), max_size=90)))
    events = [
        event(
            at,
            draw(st.sampled_from([w for w in What if w is not What.COLLECTION])),
            draw(st.sampled_from(names)),
            other=draw(st.sampled_from([None, *names])),
            loop=draw(st.sampled_from([None, *loops])),
            collection=draw(st.sampled_from([None, "collection-1"])),
        )
        for at in moments
    ]
    return Timeline(lives=tuple(lives), events=tuple(events), notes=(), cut=False)


@settings(max_examples=150, deadline=None)
@given(timelines())
def test_nothing_lies_upon_anything_else_or_outside(timeline):
    found = picture(timeline)
    if found is None:
        return
    assert all(b.x - a.x >= 30 for a, b in pairwise(found.columns))
    timed = [column.x for column in found.columns if column.time]
    assert all(b - a >= 58 for a, b in pairwise(timed))
    assert all(b.y - a.y >= 20 for a, b in pairwise(found.rows))
    assert all(a.y + a.height < b.y for a, b in pairwise(found.lanes))
    for bar in found.bars:
        assert bar.width > 0
        assert 0 <= bar.x <= bar.x + bar.width <= found.width
        assert found.top <= bar.y <= bar.y + bar.height <= found.bottom
    names = max(row.x + 6.4 * (len(row.name) + len(row.type)) for row in found.rows)
    assert all(mark.x > names for mark in found.marks)
    assert [column.number for column in found.columns] == list(range(1, len(found.columns) + 1))
    places = [place for column in found.columns for place in column.places]
    assert places == sorted(set(places))
    rows = {name for row in found.rows for name in row.lives}
    subjects = {timeline.events[place].subject for place in places}
    assert rows <= subjects | {one.loop for one in timeline.lives} | set(LOOPS) | {
        name for one in timeline.events for name in (one.other, one.loop)
    }
    assert subjects <= rows | {"collection-1"}


@settings(max_examples=60, deadline=None)
@given(timelines())
def test_of_a_small_timeline_everything_is_drawn(timeline):
    happened = {one.subject for one in timeline.events if one.what is not What.SET}
    found = picture(timeline)
    small = len(timeline.events) < COLUMNS and len(timeline.lives) <= ROWS
    if small and found is not None:
        assert happened - {"collection-1"} <= {name for r in found.rows for name in r.lives}


def test_a_client_collected_on_another_loop_is_seen_at_a_glance():
    found = picture(collected())
    assert [row.name for row in found.rows] == [
        "loop-1", "client-1", "transport-1", "loop-2", "task-1",
    ]  # fmt: skip
    assert len(found.lanes) == 2
    ys = {row.name: row.y for row in found.rows}
    ends = {arrow.look: arrow.path for arrow in found.arrows}
    assert set(ends) == {"scheduled", "crossed", "refused"}
    refused = next(c for c in found.columns if c.words.endswith("loop-1 refuses call_soon"))
    assert ends["refused"].startswith(f"M{refused.x:g} {ys['loop-2'] - 8:g}C")
    assert ends["refused"].endswith(f"{refused.x:g} {ys['loop-1'] + 10:g}")
    (wall,) = found.walls
    inside = [c.words for c in found.columns if wall.x <= c.x <= wall.x + wall.width]
    assert inside == [
        "10: collection-1 generation 2", "11: client-1 finalised", "12: client-1 → loop-2",
    ]  # fmt: skip
    assert [c.pause for c in found.columns if c.pause] == ["209.0 ms", "1.008 s"]


def test_a_loop_is_open_runs_and_is_over():
    looks = [(bar.look, bar.title) for bar in picture(collected()).bars if "loop-1" in bar.title]
    assert looks == [("open", "loop-1"), ("running", "loop-1 runs"), ("over", "loop-1 is closed")]


def test_a_client_that_nothing_owns_any_more_is_garbage_until_it_is_collected():
    bars = {bar.look: bar for bar in picture(collected()).bars}
    alive, garbage = bars["client"], bars["client garbage"]
    assert alive.x + alive.width == garbage.x


def test_of_many_lives_those_are_drawn_that_tell_of_trouble():
    plain = repeated(60)
    trouble = event(99.0, What.REFUSED, "loop-59", loop="loop-60", detail="call_soon")
    found = picture(Timeline(**{f: getattr(plain, f) for f in ("lives", "notes", "cut")},
                             events=(*plain.events, trouble)))  # fmt: skip
    assert len(found.columns) <= COLUMNS
    assert {"loop-59", "loop-60"} <= {row.name for row in found.rows}
    assert found.left_out == 60 * 12 - sum(len(row.lives) for row in found.rows)
    assert [arrow.look for arrow in found.arrows] == ["refused"]


def test_what_happens_to_several_at_once_is_one_column_and_one_row():
    loop = life("loop-1", Kind.LOOP, "asyncio.Loop")
    transports = [life(f"transport-{n}", Kind.TRANSPORT, "x.Socket", "loop-1") for n in range(1, 5)]
    names = [one.name for one in transports]
    events = [
        event(0.0, What.CREATED, "loop-1"),
        *(event(0.1, What.CREATED, name, loop="loop-1") for name in names),
        event(0.2, What.CROSSED, "transport-2", loop="loop-1", other="loop-1"),
        *(
            event(0.3, what, name, collection="collection-1")
            for name in names
            for what in (What.FINALISED, What.UNCLOSED)
        ),
    ]
    gathered = life("collection-1", Kind.COLLECTION, "generation 2")
    found = picture(
        Timeline(lives=(loop, *transports, gathered), events=tuple(events), notes=(), cut=False)
    )
    assert [column.words for column in found.columns] == [
        "1: loop-1 created",
        "2: 4 transports created",
        "3: transport-2: used on loop-1",
        "4: 4 transports finalised unclosed",
    ]
    assert [(row.name, row.type) for row in found.rows] == [
        ("loop-1", "Loop"), ("transport-1 … 4", "3 × Socket"), ("transport-2", "Socket"),
    ]  # fmt: skip
    last = [mark for mark in found.marks if mark.x == found.columns[-1].x]
    assert [mark.look for mark in last] == ["unclosed", "unclosed"]


def test_several_that_were_left_open_are_said_to_be_so_once():
    lives = tuple(life(f"client-{n}", Kind.CLIENT, "httpx.AsyncClient") for n in (1, 2))
    events = tuple(event(1.0, What.UNCLOSED, one.name) for one in lives)
    found = picture(Timeline(lives=lives, events=events, notes=(), cut=False))
    assert [column.words for column in found.columns] == ["1: client-1, client-2 unclosed"]


def test_a_loop_that_runs_on_at_once_is_drawn_as_running():
    lives = (life("loop-1", Kind.LOOP, "asyncio.Loop"),)
    beats = ((0.0, What.CREATED), (0.1, What.STARTED), (0.2, What.STOPPED), (0.2001, What.STARTED),
             (0.2002, What.STOPPED), (0.9, What.STARTED), (1.0, What.STOPPED))  # fmt: skip
    events = tuple(event(at, what, "loop-1") for at, what in beats)
    found = picture(Timeline(lives=lives, events=events, notes=(), cut=False))
    assert [column.places for column in found.columns] == [(0,), (1,), (4,), (5,), (6,)]
    assert [bar.look for bar in found.bars] == ["open", "running", "running"]


@pytest.mark.parametrize("beats", [(), ((0.0, What.STOPPED), (0.0, What.STARTED))])
def test_where_nothing_is_told_there_is_no_picture(beats):
    lives = (life("loop-1", Kind.LOOP, "asyncio.Loop"),)
    events = tuple(event(at, what, "loop-1") for at, what in beats)
    assert picture(Timeline(lives=lives, events=events, notes=(), cut=False)) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 ms"), (0.00041, "0.4 ms"), (0.2404, "240.4 ms"), (1.25, "1.250 s")],
)
def test_a_moment_can_be_read(seconds, words):
    assert moment(seconds) == words


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (9, "what owned client-1 is let go (while loop-2 runs)"),
        (
            12,
            (
                "a finaliser puts work about client-1 on loop-2: aclose "
                "(by AsyncHttpxClientWrapper.__del__, in collection-1)"
            ),
        ),
        (14, "loop-1 is closed and refuses: call_soon (while loop-2 runs)"),
    ],
)
def test_an_event_is_said_in_a_sentence(place, words):
    assert sentence(collected().events[place]) == words
