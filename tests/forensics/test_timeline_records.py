"""Whatever a tracer, or a program in its name, has written becomes a timeline."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.timelines import collected
from versect.forensics.timeline import Kind, What
from versect.forensics.timeline_codec import (
    UnreadableTimelineError,
    decode,
    encode,
    fingerprint,
)
from versect.forensics.timeline_records import timeline

LINE = ["app.py", 3, "main", True]


def life(number, kind="loop", **more):
    return {"k": "life", "n": number, "kind": kind, "type": f"a.{kind}", "pid": 7, **more}


def event(at, what, number, **more):
    return {"k": "event", "t": at, "what": what, "n": number, "pid": 7, **more}


def test_lives_are_numbered_by_kind_and_events_ordered_by_time():
    seen = timeline(
        [
            life(1),
            life(2, "client", loop=1),
            life(3),
            event(10.5, "created", 3, stack=[LINE]),
            event(10.0, "created", 1, loop=1, thread="main", stack=[LINE]),
            {"k": "source", "file": "app.py", "line": 3, "text": "loop = new()", "pid": 7},
        ]
    )
    assert [(one.name, one.loop) for one in seen.lives] == [
        ("loop-1", None),
        ("client-1", "loop-1"),
        ("loop-2", None),
    ]
    assert [(one.at, one.subject, one.line.text) for one in seen.events] == [
        (0.0, "loop-1", "loop = new()"),
        (0.5, "loop-2", "loop = new()"),
    ]


def test_what_is_learned_later_of_a_life_is_part_of_it():
    owner = {"variable": "clf", "type": "app.C", "at": LINE, "steps": [[".client", "a.client"]]}
    seen = timeline(
        [
            life(1),
            life(2, "client"),
            life(3, "collection"),
            {"k": "loop", "n": 2, "loop": 1, "pid": 7},
            {"k": "owner", "n": 2, "pid": 7, **owner},
            event(1, "collection", 3),
            {"k": "detail", "n": 3, "detail": "generation 2, 9 objects", "pid": 7},
        ]
    )
    client = seen.by_name()["client-1"]
    assert client.loop == "loop-1"
    assert str(client.owner) == "clf (main, app.py:3) -> C.client -> client"
    assert seen.events[0].detail == "generation 2, 9 objects"


def test_numbers_of_two_processes_are_two_lives():
    other = {**life(1), "pid": 8}
    seen = timeline([life(1), other, event(1, "created", 1), {**event(2, "closed", 1), "pid": 8}])
    assert [(one.name, one.process) for one in seen.lives] == [("loop-1", 0), ("loop-2", 1)]
    assert [one.subject for one in seen.events] == ["loop-1", "loop-2"]


def test_a_cut_is_said():
    assert timeline([{"k": "cut", "pid": 1}]).cut
    many = [life(1), *(event(n, "set", 1) for n in range(20001))]
    assert (timeline(many).cut, len(timeline(many).events)) == (True, 20000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
HOSTILE = st.fixed_dictionaries(
    {"k": st.sampled_from(["life", "event", "owner", "loop", "detail", "source", "note", "x"])},
    optional={
        "pid": JSON,
        "n": st.integers(0, 3) | JSON,
        "kind": st.sampled_from([*Kind]) | JSON,
        "what": st.sampled_from([*What]) | JSON,
        "t": st.floats(0, 9) | JSON,
        "stack": st.lists(st.tuples(st.text(), st.integers(), st.text(), st.booleans())) | JSON,
        **dict.fromkeys(("loop", "type", "at", "steps", "by", "gc", "detail", "other"), JSON),
    },
)


@settings(max_examples=200)
@given(st.lists(HOSTILE, max_size=12))
def test_no_record_is_too_strange(records):
    seen = timeline(records)
    assert decode(encode(seen, fingerprint="f")) == seen


def test_a_timeline_comes_back_from_its_document():
    text = encode(collected(), fingerprint="1a2b")
    assert (decode(text), fingerprint(text)) == (collected(), "1a2b")
    assert text.isascii()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1}', '{"schema": 1, "lives": 3}']
)
def test_what_is_no_timeline_is_refused(text):
    with pytest.raises(UnreadableTimelineError):
        decode(text)


def test_a_document_of_a_later_versect_may_say_more():
    document = json.loads(encode(collected(), fingerprint=""))
    assert decode(json.dumps({**document, "more": 1})) == collected()
