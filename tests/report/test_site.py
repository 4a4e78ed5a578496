"""The front page of a site: every study with what is known of it, and hostile names as text."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.literal import cell_of
from tests.support.pages import HOSTILE
from versect.model.baseline import Event, Stand
from versect.model.outcome import Word
from versect.report.site import entry, index
from versect.report.view import Glyph

STAND = Stand(
    word=Word.FAILED,
    face="ValueError: boom",
    fingerprint="f",
    version="3.12.1",
    interpreter=None,
    lock=None,
    packages=(),
)
COUNTS = {glyph.name.lower(): count for count, glyph in enumerate(Glyph)}


def change(day, **changes):
    plain = Event(
        at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day),
        run="r",
        cell=cell_of("3.12", lib="1.7"),
        beside=cell_of("3.12", lib="1.6"),
        before=replace(STAND, word=Word.PASSED, face=""),
        after=STAND,
        because=("lib 1.6 -> 1.7",),
    )
    return replace(plain, **changes)


def one(name="sums", **changes):
    plain = {
        "matrix": {"counts": COUNTS, "made": "made by versect"},
        "check": {"headline": "sums: lib 1.7 breaks it"},
        "verdicts": [{"headline": "lib 1.7 is the first release that fails"}],
        "changes": [change(0), change(2)],
        "runs": 3,
        "note": "",
        "files": ["matrix.json"],
    }
    return entry(name, **{**plain, **changes})


def test_a_study_is_shown_with_all_that_is_known_of_it():
    text = index([one()], made="now")
    for part in (
        '<a href="sums/index.html">',
        "10 cells: 1 failed, 2 failed otherwise, 3 unresolved, 4 not tried",
        "0 of 10 pass",
        "sums: lib 1.7 breaks it",
        "lib 1.7 is the first release that fails",
        "2 changes in 3 runs, last 2026-01-03",
        "py3.12-lib1.7",
        "lib 1.6 -&gt; 1.7",
        '<a href="sums/matrix.json">',
    ):
        assert part in text, part


def test_the_newest_change_comes_first_and_only_so_many_are_shown():
    found = one(changes=[change(day) for day in range(130)])
    assert (len(found.changes), found.more) == (100, 30)
    assert found.changes[0].at == "2026-05-10 00:00"
    text = index([found], made="now")
    assert "130 changes in 3 runs" in text
    assert "30 older changes in history.json" in text


def test_a_study_of_which_little_is_known_is_shown_all_the_same():
    bare = one(matrix={}, check={}, verdicts=[], changes=[], runs=0, note="It was not run here.")
    text = index([bare], made="now")
    assert "It was not run here." in text
    assert "<svg" not in text
    assert "Nothing has changed in 1 run." in index([one(changes=[], runs=1)], made="now")


def test_hostile_names_become_neither_elements_nor_addresses():
    evil = one(
        name=f'a b?#%"{HOSTILE}',
        check={"headline": HOSTILE},
        verdicts=[{"headline": HOSTILE}],
        changes=[change(0, because=(HOSTILE,), after=replace(STAND, face=HOSTILE))],
        note=HOSTILE,
    )
    text = index([evil], made=HOSTILE)
    assert not re.search(r"<(img|script)", text)
    assert "\x1b" not in text
    links = re.findall(r'href="([^"]*)"', text)
    assert links
    assert all(re.fullmatch(r"[\w%./-]+", link) for link in links)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
