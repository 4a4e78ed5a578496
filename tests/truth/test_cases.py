"""The truth set can be asked: its file is complete, its code compiles, and two cases are right."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.truth.cases import REPRODUCTIONS, Kind, bound, load, wrong

CASES = load()
ROOT = Path(__file__).parents[2]

each = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@each
def test_an_expectation_is_complete(case):
    pairs = (case.last_passing, case.first_failing), (case.last_failing, case.first_passing)
    asked = {Kind.FIX: (False, True), Kind.WINDOW: (True, True)}.get(case.kind, (True, False))
    for (last, first), due in zip(pairs, asked, strict=True):
        assert (last is not None, first is not None) == (due, due)
        assert not due or Version(last) < Version(first)
    assert case.source


@each
def test_the_code_compiles(case):
    source = (REPRODUCTIONS / case.command[1]).read_text() if case.code is None else case.code
    compile(source, case.id, "exec")


@each
def test_pins_are_exact_and_patterns_are_patterns(case):
    assert all(str(Requirement(pin).specifier).startswith("==") for pin in case.requires)
    assert case.message is None or case.text is None
    re.compile(case.message or case.text or "")


def test_no_reproduction_is_left_over():
    used = {case.command[1] for case in CASES.values() if case.code is None}
    assert {path.name for path in REPRODUCTIONS.iterdir() if path.is_file()} == used


def test_a_verdict_is_wrong_for_what_it_has_too_much_or_too_little():
    case = CASES["tenacity-asyncio"]
    into = {"last": "8.3.0", "first": "8.4.0", "into": "fails"}
    out = {"last": "8.4.0", "first": "8.4.1", "into": "passes"}
    other = {"last": "9.0.0", "first": "9.1.0", "into": "fails"}
    verdict = {"verdict": "not-monotonic", "transitions": [into, out], "faces": []}
    assert not wrong(case, verdict)
    assert wrong(case, {**verdict, "transitions": [into]}) == ("8.4.0 | 8.4.1 passes is missing",)
    known = replace(case, also=(("9.0.0", "9.1.0", "fails"),))
    assert not wrong(known, {**verdict, "transitions": [into, out, other]})
    assert wrong(case, {**verdict, "transitions": [into, out, other]})
    assert wrong(case, {**verdict, "verdict": "found"})
    assert wrong(case, {**verdict, "faces": [{"last": "8.4.0", "first": "8.4.1"}]})


@pytest.mark.parametrize(("releases", "trials"), [(2, 3), (3, 4), (4, 4), (5, 5), (412, 11)])
def test_the_bound_is_that_of_halving_with_both_ends(releases, trials):
    assert bound(releases) == trials


@pytest.mark.online
def test_two_quick_cases_are_right(tmp_path):
    names = ("setuptools-pkgres", "importlib_metadata-5")
    argv = [sys.executable, "-m", "tests.truth.run", *names, "--engine", "local"]
    done = subprocess.run(
        [*argv, "--results", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
