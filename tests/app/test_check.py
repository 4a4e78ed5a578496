"""What a check says of every cell, from rows of outcomes: no index, no engine, no clock."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from versect.app.check import Kind, exit_code, faults, identity, judge
from versect.model.baseline import Baseline, Stand, differences
from versect.model.cell import Cell, Pins
from versect.model.outcome import Cause, Word

LIB = canonicalize_name("lib")
OTHER = canonicalize_name("other")

WHAT = {
    "P": (Word.PASSED, ""),
    "F": (Word.FAILED, "ValueError: boom"),
    "f": (Word.FAILED, "ValueError: bang"),
    "o": (Word.OTHERWISE, "ImportError: gone"),
    "u": (Word.UNRESOLVED, str(Cause.UNSATISFIABLE)),
    "w": (Word.UNRESOLVED, str(Cause.NO_WHEEL)),
    "i": (Word.UNRESOLVED, str(Cause.INDEX_UNAVAILABLE)),
    "m": (Word.UNRESOLVED, str(Cause.INTERPRETER_MISSING)),
}
"""One letter an outcome; ``.`` is no cell at all."""

SIGNS = {
    "=": Kind.SAME,
    "R": Kind.REGRESSION,
    "M": Kind.MENDED,
    "X": Kind.FIXED,
    "G": Kind.GREEN,
    "N": Kind.FAILING,
    "C": Kind.CHANGED,
    "U": Kind.UNTOLD,
    "L": Kind.LOST,
    "Y": Kind.FLAKY,
}


def cell(minor, python="3.12", **more):
    releases = ((LIB, Version(f"1.{minor}")), *((OTHER, Version(v)) for v in more.values()))
    return Cell(pins=Pins(python=python, releases=releases), parameters=())


def stand(letter, **changes):
    word, face = WHAT[letter]
    plain = {
        "fingerprint": "one",
        "version": "3.12.1",
        "interpreter": "sha256:1",
        "lock": "a",
        "packages": (("lib", "1.0"),),
    }
    return Stand(word=word, face=face, **{**plain, **changes})


def baseline(cells):
    return Baseline(
        engine="fake", fingerprint="one", accepted=datetime(2026, 1, 1, tzinfo=UTC), cells=cells
    )


def row(letters, **changes):
    """Give what a row of releases does, by cell id."""
    return {cell(n).id: stand(c, **changes) for n, c in enumerate(letters) if c != "."}


def judged(before, after, flaky=(), **changes):
    """Judge a row of releases; ``changes`` are to what the rows were made with."""
    cells = [cell(minor) for minor, letter in enumerate(after) if letter != "."]
    ids = {cell(minor).id for minor in flaky}
    return judge(baseline(row(before)), cells, row(after, **changes), ids)


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("PPF", "PPF", "==="),
        ("PP", "PPP", "==G"),
        # what breaks
        ("PP", "PPF", "==R"),
        ("PP", "PPFF", "==RR"),
        ("PP", "PPo", "==R"),
        ("PP", "PF", "=R"),
        ("P.P", "PFP", "=R="),  # an older line goes on, and breaks; a newer one was always fine
        ("PP", "PPwF", "==UR"),
        ("PP", "PPiF", "==LR"),
        ("PPu", "PPuF", "===R"),
        # what broke and is mended already
        ("PP", "PPFP", "==MX"),
        ("PP", "PPFfPP", "==MMXG"),
        ("PP", "PPFPF", "==MXR"),
        # what fails as it was accepted to
        ("PF", "PFF", "==N"),
        ("PF", "PFFF", "==NN"),
        ("PF", "PFf", "==C"),
        ("PF", "PFo", "==C"),
        ("PF", "Pf", "=C"),
        ("F", "FF", "=N"),
        ("PF", "PFP", "==X"),
        ("PF", "PP", "=X"),
        (".P", "FP", "N="),  # nothing older is there to compare with
        ("", "FF", "NN"),
        ("uP", "FP", "N="),
        # what cannot be told
        ("PP", "PPw", "==U"),
        ("PP", "Pw", "=U"),
        ("Pw", "Pww", "==="),
        ("Pw", "Pwu", "==U"),
        ("Pw", "PP", "=G"),
        ("Pw", "Pu", "=U"),
        # what the world was in the way of
        ("PP", "PPi", "==L"),
        ("PP", "iP", "L="),
        ("PP", "PPm", "==U"),
        ("PF", "Pi", "=L"),
    ],
)
def test_a_row_of_releases_is_judged(before, after, kinds):
    found = judged(before, after)
    assert [one.kind for one in found] == [SIGNS[sign] for sign in kinds]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("PP", "PPP", 0),
        ("PF", "PFFP", 0),
        ("PP", "PPFP", 0),
        ("PP", "PPFi", 20),
        ("PP", "PPFw", 20),
        ("PP", "PPw", 21),
        ("PP", "PPwi", 22),
        ("PP", "PPm", 21),
    ],
)
def test_the_exit_code_is_that_of_the_heaviest_cell(before, after, code):
    assert exit_code(judged(before, after)) == code


def test_a_flaky_cell_is_no_regression_and_no_neighbour():
    found = judged("PP", "PPFF", flaky=[2])
    assert [one.kind for one in found] == [Kind.SAME, Kind.SAME, Kind.FLAKY, Kind.REGRESSION]
    assert faults(found)[0].failing == cell(3)
    assert faults(found)[0].passing == cell(1)
    assert exit_code(judged("PP", "PPF", flaky=[2])) == 21


def test_releases_that_fail_after_the_first_one_are_the_same_fault():
    (fault,) = faults(judged("PP", "PPFfo"))
    assert (fault.axis, fault.passing, fault.failing) == (LIB, cell(1), cell(2))
    assert fault.cells == (cell(2), cell(3), cell(4))
    assert fault.stand == stand("F")


def test_two_breakages_of_one_row_are_two_faults():
    first, second = faults(judged("P.P", "PFPF"))
    assert (first.failing, second.failing) == (cell(1), cell(3))


def test_one_release_on_two_interpreters_is_one_fault_and_the_newer_one_is_searched():
    cells = [cell(minor, python) for python in ("3.11", "3.12") for minor in (0, 1)]
    accepted = {one.id: stand("P") for one in cells if one.value("lib") == "1.0"}
    now = accepted | {one.id: stand("F") for one in cells if one.value("lib") == "1.1"}
    (fault,) = faults(judge(baseline(accepted), cells, now))
    assert (fault.axis, fault.failing, fault.passing) == (LIB, cell(1), cell(0))
    assert len(fault.cells) == 2


def test_a_new_interpreter_that_fails_is_held_against_the_older_one():
    cells = [cell(0, "3.9"), cell(0, "3.10"), cell(0, "3.14")]
    accepted = {one.id: stand("P") for one in cells[:2]}
    (fault,) = faults(judge(baseline(accepted), cells, accepted | {cells[2].id: stand("F")}))
    assert (fault.axis, fault.passing, fault.failing) == ("python", cells[1], cells[2])


def test_a_clash_that_was_accepted_is_none_of_a_new_release_of_the_other_project():
    old, clash = cell(0, other="1.0"), cell(0, other="2.0")
    new = [cell(1, other="1.0"), cell(1, other="2.0")]
    accepted = {old.id: stand("P"), clash.id: stand("F")}
    now = accepted | {new[0].id: stand("P"), new[1].id: stand("F")}
    kinds = [one.kind for one in judge(baseline(accepted), [old, clash, *new], now)]
    assert kinds == [Kind.SAME, Kind.SAME, Kind.GREEN, Kind.FAILING]


def test_what_changed_under_an_old_cell_is_named_and_no_release_of_its_own_is():
    found = judged("PP", "FF", packages=(("child", "2.0"), ("lib", "1.0")), version="3.12.2")
    (fault,) = faults(found)
    assert (fault.axis, fault.passing) == ("", None)
    assert fault.changes == ("Python 3.12.1 -> 3.12.2", "child added at 2.0")
    assert len(fault.cells) == 2


def test_a_changed_reproduction_is_held_against_older_releases():
    (fault,) = faults(judged("PPPP", "PPFF", fingerprint="two"))
    assert (fault.axis, fault.passing, fault.failing) == (LIB, cell(1), cell(2))
    (alone,) = faults(judged("PP", "FF", fingerprint="two"))
    assert alone.changes == ("the study or its reproduction changed",)


def test_an_identity_is_of_study_face_and_culprit_and_nothing_else():
    same = identity("sums", "ValueError: boom", "lib 1.3")
    assert same == identity("sums", "ValueError: boom", "lib 1.3") == "versect-" + same[-12:]
    others = {
        identity("sum", "sValueError: boom", "lib 1.3"),
        identity("sums", "ValueError: bang", "lib 1.3"),
        identity("sums", "ValueError: boom", "lib 1.4"),
    }
    assert len(others | {same}) == 4


def test_every_difference_is_said_and_equals_have_none():
    one = stand("P")
    assert differences(one, one) == ()
    assert differences(one, replace(one, lock="b")) == (
        "the lock: other files of the same releases",
    )
    assert differences(one, replace(one, interpreter="sha256:2")) == (
        "interpreter sha256:1 -> sha256:2",
    )


LETTERS = st.text("".join([*WHAT, "."]), min_size=1, max_size=8)


@given(before=LETTERS, after=LETTERS, data=st.data())
def test_a_regression_fails_now_and_passed_before_or_beside_it(before, after, data):
    flaky = data.draw(st.sets(st.integers(0, len(after) - 1)))
    found = judged(before, after, flaky)
    assert [one.cell for one in found] == [
        cell(n) for n, letter in enumerate(after) if letter != "."
    ]
    told = {one.cell: one for one in found}
    for one in found:
        unresolved = one.now.word is Word.UNRESOLVED
        assert not (unresolved and one.kind in (Kind.REGRESSION, Kind.MENDED, Kind.FAILING))
        if one.kind is Kind.REGRESSION:
            assert one.now.word.failing
            passed = one.before is not None and one.before.word is Word.PASSED
            beside = one.beside is not None and told[one.beside].now.word is Word.PASSED
            assert passed or beside
            assert one.beside is None or told[one.beside].kind is not Kind.FLAKY
    broken = [one.cell for one in found if one.kind is Kind.REGRESSION]
    grouped = [one for fault in faults(found) for one in fault.cells]
    assert sorted(grouped, key=str) == sorted(broken, key=str)


@given(LETTERS.map(lambda letters: letters.replace("i", "P").replace("m", "P")))
def test_a_state_that_was_just_accepted_has_nothing_new(letters):
    found = judged(letters, letters)
    assert {one.kind for one in found} <= {Kind.SAME}
    assert exit_code(found) == 0
