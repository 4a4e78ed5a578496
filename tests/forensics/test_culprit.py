"""Ranking changes by a failure, and showing the guilty ones as a diff."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from versect.forensics.changes import applied, changes
from versect.forensics.culprit import ranked, unified
from versect.model.study import Place
from versect.model.trial import Frame, Link, RaisedException, SeenFailure

OLD, NEW = Version("1.0"), Version("2.0")


def lines(*changed: int, size: int = 200) -> bytes:
    """Give a file whose lines are numbered, some of them changed."""
    return "".join(f"{'new' if n in changed else 'old'} {n}\n" for n in range(1, size + 1)).encode()


def failure(*frames: tuple[str, int, str], message: str = "", type_: str = "RuntimeError"):
    raised = RaisedException(
        link=Link.OUTERMOST,
        type=type_,
        bases=(),
        message=message,
        frames=tuple(Frame(file=file, line=line, function=name) for file, line, name in frames),
    )
    return SeenFailure(place=Place.RAISED, note="", chain=(raised,))


def files(groups, found) -> list[str]:
    return [found[group[0]].file for group in groups]


def test_files_of_the_traceback_come_first_the_innermost_before_all():
    names = ("a.py", "b.py", "c.py", "d.py")
    found = changes({n: lines() for n in names}, {n: lines(5) for n in names})
    seen = failure(("b.py", 5, "f"), ("d.py", 5, "g"), ("asyncio/events.py", 80, "_run"))
    assert files(ranked(found, [seen]), found) == ["d.py", "b.py", "a.py", "c.py"]


def test_hunks_near_the_line_that_failed_come_first():
    found = changes({"a.py": lines()}, {"a.py": lines(10, 100, 190)})
    assert ranked(found, [failure(("a.py", 98, "f"))]) == ((1, 0, 2),)


def test_names_of_the_failure_count_most_when_a_message_quotes_them():
    after = {
        "a.py": b"def other(self):\n    return 1\n",
        "b.py": b"def close(self):\n    return 1\n",
        "c.py": b"def open(self):\n    return proxies\n",
        "d.py": b"argument = 1\n",
    }
    found = changes(dict.fromkeys(after, b""), after)
    seen = failure(("main.py", 1, "close"), message="f() got an unexpected argument 'proxies'")
    assert files(ranked(found, [seen]), found) == ["c.py", "b.py", "a.py", "d.py"]


def test_a_name_counts_less_the_more_changes_have_it():
    after = {"a.py": b"many\n", "b.py": b"many\n", "c.py": b"few\n"}
    found = changes(dict.fromkeys(after, b""), after)
    seen = failure(message="neither 'few' nor 'many'")
    assert files(ranked(found, [seen]), found) == ["c.py", "a.py", "b.py"]


def test_a_name_that_only_stands_by_counts_for_nothing():
    found = changes(
        {"a.py": b"key = 1\n", "b.py": b"key = 1\n"},
        {"a.py": b"key = 2\n", "b.py": b"lock = 1\n"},
    )
    assert files(ranked(found, [failure(message="no 'key'")]), found) == ["b.py", "a.py"]


def test_a_change_inside_a_function_of_the_failure_counts():
    code = b"class A:\n    def f(self):\n        return 1\n"
    found = changes(
        {"a.py": code, "b.py": code.replace(b"f(", b"run(")},
        {
            "a.py": code.replace(b"1", b"2"),
            "b.py": code.replace(b"f(", b"run(").replace(b"1", b"2"),
        },
    )
    assert files(ranked(found, [failure(("main.py", 1, "run"))]), found) == ["b.py", "a.py"]


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("module 'pkg.sub' has no attribute 'gone'", ["gone", "sub"]),
        ("Client.__init__() missing 1 required argument", ["Client", "__init__"]),
        ("no read_timeout given", ["read_timeout"]),
    ],
)
def test_names_in_messages(message, names):
    for name in names:
        found = changes({"a.py": b"", "b.py": b""}, {"a.py": b"x\n", "b.py": f"{name}\n".encode()})
        assert files(ranked(found, [failure(message=message)]), found) == ["b.py", "a.py"]


def test_what_no_program_imports_comes_last():
    names = ("p-2.dist-info/METADATA", "p/README.md", "p/tests/t.py", "p/x.so", "p/z.py")
    found = changes({}, dict.fromkeys(names, b"1\n"))
    assert files(ranked(found, []), found) == [
        "p/x.so",
        "p/z.py",
        "p/README.md",
        "p/tests/t.py",
        "p-2.dist-info",
    ]


def test_a_diff_names_releases_and_joins_hunks_whose_surroundings_meet():
    before = lines(size=30)
    after = lines(5, 12, 25, size=30)
    found = changes({"p/a.py": before}, {"p/a.py": after})
    assert len(found) == 3
    text = unified(found, range(3), "pkg", OLD, NEW)
    assert text.splitlines()[:3] == [
        "--- pkg-1.0/p/a.py",
        "+++ pkg-2.0/p/a.py",
        "@@ -2,14 +2,14 @@",
    ]
    assert "@@ -22,7 +22,7 @@\n old 22\n old 23\n old 24\n-old 25\n+new 25\n old 26\n" in text
    assert text.count("@@ -") == 2
    assert text.count(" old 8\n") == 1


def test_unchanged_lines_inside_a_hunk_are_shown_as_such():
    found = changes({"a.py": b"1\n2\n3\n"}, {"a.py": b"one\n2\nthree\n"})
    diff = unified(found, [0], "p", OLD, NEW)
    assert diff.endswith("@@ -1,3 +1,3 @@\n-1\n+one\n 2\n-3\n+three\n")


def test_files_that_came_or_went_are_diffs_against_nothing():
    found = changes({"old.py": b"1\n"}, {"new.py": b"2"})
    assert unified(found, [0, 1], "p", OLD, NEW) == (
        "--- /dev/null\n+++ p-2.0/new.py\n@@ -0,0 +1,1 @@\n+2\n\\ No newline at end of file\n"
        "--- p-1.0/old.py\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-1\n"
    )


def test_what_cannot_be_shown_is_named():
    found = changes(
        {"p/x.so": b"\0", "p-1.dist-info/METADATA": b"1"},
        {"p/x.so": b"\1\0", "p-2.dist-info/METADATA": b"2", "p/py.typed": b""},
    )
    assert unified(found, range(3), "p", OLD, NEW).splitlines() == [
        "Added, not shown: p/py.typed",
        "Replaced, not shown: p/x.so",
        "Metadata, not shown: p-2.dist-info",
    ]


_TEXTS = st.lists(
    st.sampled_from(["a", "b", "\n", "x\n", "y\r\n", "\rz\n", "\n\n", "ä\n", "-\n", "+ \n"]),
    max_size=40,
).map("".join)


@st.composite
def edited(draw):
    """Give a text and one that came of it by a few edits."""
    old = draw(_TEXTS)
    lines_ = old.splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(lines_)))
        lines_[at : at + draw(st.integers(0, 2))] = draw(_TEXTS).splitlines(keepends=True)[:3]
    return old.encode(), "".join(lines_).encode()


@given(edited(), st.randoms())
def test_the_diff_of_any_hunks_applies_strictly_and_gives_what_applying_them_gives(case, rng):
    old, new = case
    found = changes({"f": old}, {"f": new})
    chosen = [number for number in range(len(found)) if rng.random() < 0.6]
    patched = patch(old, unified(found, chosen, "p", OLD, NEW))
    assert patched == applied({"f": old}, found, chosen).get("f", old)


def patch(old: bytes, diff: str) -> bytes:
    """Apply a unified diff of one file, strictly: every number and every line must be right."""
    made, done = [], 0
    was = re.findall(rb"[^\n]*\n|[^\n]+", old)
    for head, body in re.findall(r"^(@@ .* @@)\n((?:[ +\\-][^\n]*\n)*)", diff, re.MULTILINE):
        start, count, there, size = map(int, re.findall(r"\d+", head))
        marked = re.findall(r"[ +-][^\n]*\n(?:\\[^\n]*\n)?", body)
        taken = [text(line) for line in marked if line[0] != "+"]
        given_ = [text(line) for line in marked if line[0] != "-"]
        first = start - 1 if count else start
        made += was[done:first]
        assert done <= first
        assert was[first : first + count] == taken
        assert (len(made), size) == (there - 1 if size else there, len(given_))
        made += given_
        done = first + count
    return b"".join(made + was[done:])


def text(marked: str) -> bytes:
    """Give a line of a diff without its sign, and without an end where it has none."""
    plain, newline, missing = marked[1:].partition("\n")
    return (plain if missing else plain + newline).encode()
