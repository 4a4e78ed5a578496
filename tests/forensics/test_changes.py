"""Cutting a release's changes into pieces, and putting any of them together again."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from versect.forensics.changes import CONTEXT, Kind, applied, changes

BEFORE = {
    "pkg/__init__.py": b"A = 1\n",
    "pkg/code.py": b"".join(b"line %d\n" % number for number in range(1, 21)),
    "pkg/fast.so": b"\x7fELF\0one",
    "pkg/gone.py": b"OLD = 1\n",
    "pkg/__pycache__/code.cpython-312.pyc": b"1",
    "pkg-1.0.dist-info/METADATA": b"Version: 1.0\n",
    "pkg-1.0.dist-info/RECORD": b"1",
}
AFTER = {
    "pkg/__init__.py": b"A = 1\n",
    "pkg/code.py": BEFORE["pkg/code.py"]
    .replace(b"line 3\n", b"line three\n")
    .replace(b"line 9\n", b"")
    .replace(b"line 11\n", b"line 11\nmore\n"),
    "pkg/fast.so": b"\x7fELF\0two",
    "pkg/new.py": b"NEW = 1\n",
    "pkg/__pycache__/code.cpython-312.pyc": b"2",
    "pkg-2.0.dist-info/METADATA": b"Version: 2.0\n",
    "pkg-2.0.dist-info/RECORD": b"2",
}


def test_a_release_falls_into_hunks_whole_files_and_metadata():
    found = [
        (change.kind, change.file, change.old, change.new) for change in changes(BEFORE, AFTER)
    ]
    assert found == [
        (Kind.EDITED, "pkg/code.py", range(3, 4), range(3, 4)),
        (Kind.EDITED, "pkg/code.py", range(9, 12), range(9, 12)),
        (Kind.REPLACED, "pkg/fast.so", range(1, 1), range(1, 1)),
        (Kind.REMOVED, "pkg/gone.py", range(1, 2), range(1, 1)),
        (Kind.ADDED, "pkg/new.py", range(1, 1), range(1, 2)),
        (Kind.METADATA, "pkg-2.0.dist-info", range(1, 1), range(1, 1)),
    ]


def test_a_hunk_has_its_lines_and_what_is_around_them():
    first, second = changes(BEFORE, AFTER)[:2]
    assert first.removed == ("line 3\n",)
    assert first.added == ("line three\n",)
    assert first.above == ("line 1\n", "line 2\n")
    assert first.below == ("line 4\n", "line 5\n", "line 6\n")
    assert second.removed == ("line 9\n", "line 10\n", "line 11\n")
    assert second.added == ("line 10\n", "line 11\n", "more\n")


def test_a_hunk_of_python_says_what_it_lies_inside():
    code = """\
class Client:
    def __init__(
        self,
        proxies=None,
    ):
        def inner():
            return 1

    async def close(self):
        return 1


TOP = 1
"""
    edited = {
        "        proxies=None,\n": ("Client", "__init__"),
        "            return 1\n": ("Client", "__init__", "inner"),
        "        return 1\n": ("Client", "close"),
        "    async def close(self):\n": ("Client",),
        "TOP = 1\n": (),
    }
    for line, within in edited.items():
        assert f"\n{line}" in code
        after = code.replace(f"\n{line}", f"\n{line[:-1]}  # edited\n").encode()
        (change,) = changes({"a.py": code.encode()}, {"a.py": after})
        assert change.within == within
    (change,) = changes({"a.txt": code.encode()}, {"a.txt": after})
    assert change.within == ()


def test_a_single_hunk_is_applied_to_the_older_file():
    found = changes(BEFORE, AFTER)
    expected = BEFORE["pkg/code.py"].replace(b"line 3\n", b"line three\n")
    assert applied(BEFORE, found, {0}) == {"pkg/code.py": expected}


def test_the_metadata_moves_as_one_with_the_installers_records():
    assert applied(BEFORE, changes(BEFORE, AFTER), {5}) == {
        "pkg-1.0.dist-info/METADATA": None,
        "pkg-1.0.dist-info/RECORD": None,
        "pkg-2.0.dist-info/METADATA": b"Version: 2.0\n",
        "pkg-2.0.dist-info/RECORD": b"2",
    }


@pytest.mark.parametrize("file", ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json"])
def test_the_installers_records_alone_are_no_change(file):
    name = f"pkg-1.0.dist-info/{file}"
    assert changes({name: b"1"}, {name: b"2"}) == ()


@pytest.mark.parametrize(
    ("old", "new", "kind", "pieces"),
    [
        (b"", b"x\n", Kind.EDITED, 1),
        (b"x\n", b"", Kind.EDITED, 1),
        (b"x", b"x\n", Kind.EDITED, 1),
        (b"x\n", b"x\r\n", Kind.EDITED, 1),
        (b"x\n", "ä\n".encode("latin-1"), Kind.REPLACED, 1),
        (b"\0", b"x", Kind.REPLACED, 1),
        (b"a\n1\n2\nb\n", b"A\n1\n2\nB\n", Kind.EDITED, 1),
        (b"a\n1\n2\n3\nb\n", b"A\n1\n2\n3\nB\n", Kind.EDITED, 2),
    ],
)
def test_what_is_one_piece(old, new, kind, pieces):
    found = changes({"f": old}, {"f": new})
    assert [change.kind for change in found] == [kind] * pieces
    assert applied({"f": old}, found, range(pieces)) == {"f": new}


_LINES = st.lists(
    st.sampled_from(["a", "b", "c", "d", "\n", "\r\n", "\r", "\n\n", "ä\n", "\f\n", "\ufeff"]),
    max_size=30,
).map("".join)
_CONTENTS = st.one_of(_LINES.map(str.encode), st.binary(max_size=8))
_FILES = st.dictionaries(
    st.sampled_from(["a.py", "p/b.py", "p/c.so", "p-1.dist-info/METADATA", "p-2.dist-info/X"]),
    _CONTENTS,
)


@st.composite
def releases(draw):
    """Give the files of two releases; a file that both have is often nearly the same."""
    before, after = draw(_FILES), draw(_FILES)
    for file in before.keys() & after.keys():
        if draw(st.booleans()):
            lines = before[file].splitlines(keepends=True)
            at = draw(st.integers(0, len(lines)))
            after[file] = b"".join((*lines[:at], b"new\n", *lines[at + draw(st.booleans()) :]))
    return before, after


@given(releases())
def test_no_change_applied_is_the_older_release_and_all_of_them_the_newer(case):
    before, after = case
    found = changes(before, after)
    assert applied(before, found, ()) == {}
    replaced = applied(before, found, range(len(found)))
    together = {**before, **replaced}
    assert {name: c for name, c in together.items() if c is not None} == after
    assert all(before.get(file) != content for file, content in replaced.items())


@given(releases())
def test_hunks_are_in_order_apart_from_one_another_and_say_where_they_are(case):
    before, after = case
    for file in before.keys() & after.keys():
        hunks = [change for change in changes(before, after) if change.file == file]
        for one, other in itertools.pairwise(hunks):
            assert other.old.start - one.old.stop >= CONTEXT
            assert other.old.start - one.old.stop == other.new.start - one.new.stop
        for hunk in hunks:
            if hunk.kind is Kind.EDITED:
                was = before[file].decode().split("\n")
                now = after[file].decode().split("\n")
                for lines, text, where in (
                    (hunk.removed, was, hunk.old),
                    (hunk.added, now, hunk.new),
                ):
                    plain = [line.removesuffix("\n") for line in lines]
                    assert plain == text[where.start - 1 : where.stop - 1]
