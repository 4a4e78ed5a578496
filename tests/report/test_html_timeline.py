"""A timeline on the page: the numbers of its picture, its list and its stories are the same."""

import re

from tests.support.pages import HOSTILE, plain_view
from tests.support.timelines import collected, event, life, line, repeated
from versect.forensics.timeline import Kind, Timeline, What
from versect.report.html import Beside, page
from versect.report.html_timeline import EVENTS, sight


def test_picture_list_and_stories_have_the_same_numbers():
    found = sight(1, "cell", collected())
    drawn = {str(column.number): column.places for column in found.picture.columns}
    for place, told in enumerate(found.told):
        assert not told.number or place in drawn[told.number]
    assert [told.number for told in found.told if not told.number] == [""]  # becoming current
    (tale,) = found.tales
    assert tale.plot == "collected"
    for part in tale.parts:
        for number in filter(None, part.numbers.split(", ")):
            assert number in drawn


def test_the_line_that_let_go_is_shown():
    told = next(t for t in sight(1, "cell", collected()).told if "let go" in t.sentence)
    assert (told.place, told.text) == ("app.py:96 in run", "clf = Classifier()")


def test_of_a_long_timeline_the_list_keeps_what_is_drawn_and_says_what_is_left_out():
    found = sight(1, "cell", repeated(40))
    assert len(found.told) == EVENTS
    assert found.more == len(repeated(40).events) - EVENTS
    assert {c.number for c in found.picture.columns} <= {int(t.number or 0) for t in found.told}
    assert "the recorder left events out" in found.notes[-1]


def test_hostile_names_lines_and_details_become_no_elements(tmp_path):
    evil = Timeline(
        lives=(
            life("loop-1", Kind.LOOP, HOSTILE),
            life("client-1", Kind.CLIENT, f"x.{HOSTILE}", HOSTILE),
        ),
        events=(
            event(0.0, What.CREATED, "loop-1", thread=HOSTILE, detail=HOSTILE,
                  stack=(line(HOSTILE, 1, HOSTILE, HOSTILE),)),
            event(0.1, What.REFUSED, "loop-1", loop="loop-1", detail=HOSTILE, by=HOSTILE),
            event(0.2, What.CREATED, "client-1", detail=HOSTILE),
            event(0.3, What.UNCLOSED, "client-1", detail=HOSTILE),
        ),
        notes=(HOSTILE,),
        cut=False,
    )  # fmt: skip
    text = page(plain_view(tmp_path), Beside(sights=(sight(1, HOSTILE, evil),)), made="now")
    shown = re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)
    assert "<img" not in shown
    assert "{{7*7}}" in shown
    assert "\x1b" not in text
    assert shown.count("&lt;img src=x") > 8


def test_a_picture_says_in_words_what_it_is(tmp_path):
    sights = (sight(1, "a", collected()), sight(2, "b", collected()))
    text = page(plain_view(tmp_path), Beside(sights=sights), made="now")
    assert text.count('role="img" aria-labelledby="lanes-') == 2
    assert '<title id="lanes-2-title">18 events on 2 event loops' in text
    ids = re.findall(r'\bid="([^"]+)"', re.sub(r"<script.*", "", text, flags=re.DOTALL))
    assert len(ids) == len(set(ids))
