"""Constraints admit nothing that is known to fail, and are there wherever something is good."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from packaging.requirements import Requirement
from packaging.version import Version

from tests.support.literal import cell_of, trial_of
from versect.model.outcome import Cause, Failed, FailedOtherwise, Passed, Signature, Unresolved
from versect.report.constraints import constraints, specifier
from versect.report.view import matrix_view
from versect.source.build import build

FACE = Signature(kind="ValueError", text="boom")
OUTCOMES = {
    "+": Passed(rule="r"),
    "-": Failed(rule="r", signature=FACE),
    "!": FailedOtherwise(rule="r", signature=FACE),
    "?": Unresolved(rule="r", cause=Cause.NO_WHEEL, detail="none"),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "r.py").write_text("")
    table = {"reproduction": "r.py", "python": ["3.12"], "name": "s"}
    return build("s", folder, table, default_name="s")


def written(study, answers):
    """Give the constraints of a matrix: cell to sign, a blank for a cell that was not tried."""
    results = {
        cell.id: (trial_of("3.12"), OUTCOMES[sign]) for cell, sign in answers.items() if sign != " "
    }
    text = constraints(matrix_view(study, list(answers), results), made="made now")
    lines = text.splitlines()
    return [line for line in lines if line[0] != "#"], [line for line in lines if line[0] == "#"]


def one(signs, **parameters):
    """Give a matrix of one project: a sign a release."""
    return {cell_of("3.12", parameters.items(), lib=f"1.{n}"): sign for n, sign in enumerate(signs)}


def two(*rows):
    """Give a matrix of two projects: a row for each release of ``a``, a sign for each of ``b``."""
    return {
        cell_of("3.12", a=f"1.{x}", b=f"1.{y}"): sign
        for x, row in enumerate(rows)
        for y, sign in enumerate(row)
    }


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ("++--", ["lib<=1.1"]),
        ("--++", ["lib>=1.2"]),
        ("-++-", ["lib>=1.1,<=1.2"]),
        ("-+-", ["lib==1.1"]),
        ("+-++", ["lib>=1.2"]),
        ("++!+", ["lib<=1.1"]),
        ("-?++", ["lib>=1.2"]),
        ("- ++", ["lib>=1.2"]),
        ("++++", []),
        ("----", []),
        ("??  ", []),
        ("++??", []),
    ],
)
def test_one_project_is_held_to_the_stretch_in_which_most_passed(study, signs, expected):
    assert written(study, one(signs))[0] == expected


def test_a_project_that_frees_the_others_stands_alone_and_the_next_best_is_named(study):
    lines, comments = written(study, two("--++", "--++", "++++"))
    assert lines == ["b>=1.2"]
    assert "# This would do instead: a>=1.2" in comments
    assert any("6 cells that passed; 0 more" in line for line in comments)


def test_two_projects_are_held_together_where_neither_alone_will_do(study):
    lines, _ = written(study, two("++-", "--+", "--+"))
    assert sorted(lines) == ["a>=1.1", "b>=1.2"]


def test_what_passes_with_no_release_is_set_aside_and_named(study):
    hopeless, good = one("---", strategy="global\n# loop"), one("-++", strategy="none")
    lines, comments = written(study, {**hopeless, **good})
    assert lines == ["lib>=1.1"]
    assert [c for c in comments if "Set aside" in c] == [
        "# Set aside, as no release passes there: strategy global # loop on Python 3.12."
    ]


def test_a_failure_in_one_parameter_makes_a_release_bad_for_all(study):
    lines, _ = written(study, {**one("+-+", how="a"), **one("++-", how="b")})
    assert lines == ["lib<=1.0"]


def test_parameters_for_which_less_is_enough_are_named(study):
    answers = {**one("+--", how="a"), **one("++-", how="b"), **one("+++", how="c")}
    lines, comments = written(study, answers)
    assert lines == ["lib<=1.0"]
    assert [c for c in comments if "Enough" in c] == [
        "# Enough for how b: lib<=1.1",
        "# Enough for how c: any",
    ]


signs = st.sampled_from("+-!? ")


@settings(max_examples=150)
@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[signs] * n), min_size=1, max_size=4))
)
def test_nothing_that_failed_is_ever_admitted_and_good_releases_are_never_overlooked(study, rows):
    answers = two(*map("".join, rows))
    lines, _ = written(study, answers)
    held = {Requirement(line).name: Requirement(line).specifier for line in lines}
    admitted = [
        answers[cell]
        for cell in answers
        if all(held[n].contains(v) for n, v in cell.pins.releases if n in held)
    ]
    passes, fails = ("+" in answers.values()), ({"-", "!"} & set(answers.values()))
    if lines:
        assert "+" in admitted
        assert not {"-", "!"} & set(admitted)
    else:
        # Every passing cell is a box of its own, so only where nothing passed, or nothing failed
        # is there nothing to say.
        assert not passes or not fails


def versions():
    numbers = st.sampled_from(["1.0", "1.0rc1", "1.0.post1", "1.0.dev1", "1.0+cu1", "1!0.1", "1.1"])
    return st.lists(numbers.map(Version), min_size=1, unique=True).map(lambda vs: tuple(sorted(vs)))


@given(versions(), st.data())
def test_a_specifier_admits_exactly_what_was_chosen_or_is_none(series, data):
    start = data.draw(st.integers(0, len(series) - 1))
    chosen = range(start, data.draw(st.integers(start + 1, len(series))))
    text = specifier(series, chosen)
    wanted = [series[place] for place in chosen]
    if text is not None:
        held = Requirement(f"x{text}").specifier
        assert [v for v in series if held.contains(v, prereleases=True)] == wanted
    else:
        assert any(version.local for version in series)
