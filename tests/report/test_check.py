"""What a check says, and that it stays inside what an issue and a job's summary can hold."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.support.published import validator
from versect.app.check import Kind
from versect.model.baseline import Stand
from versect.model.outcome import Word
from versect.report.check import (
    CheckView,
    Regression,
    Row,
    document,
    headline,
    issue,
    issue_place,
    markdown,
    summarised,
    title,
)

HOSTILE = "</details><script>`|` \n# @everyone \udce4 [x](http://x)"

REGRESSION = Regression(
    identity="versect-1a2b3c4d5e6f",
    culprit="lib 1.7",
    face=f"failed: ValueError: {HOSTILE}",
    cells=tuple(f"py3.12-lib1.7-n={n}" for n in range(80)),
    where="python 3.12",
    failing="py3.12-lib1.7-n=0",
    passing="py3.12-lib1.6-n=0",
    finding="lib 1.7 is the first release that fails; lib 1.6 passes",
    verdict="found",
    suspects=("1.7",),
    sentences=("lib 1.7 was published on 2026-01-01",),
    explanation="1 of 3 changes brings the failure",
    diff="-a\n+b\n",
)
STAND = Stand(
    word=Word.FAILED,
    face=HOSTILE,
    fingerprint="f",
    version="3.12.1",
    interpreter=None,
    lock=None,
    packages=(),
)
VIEW = CheckView(
    study="sums",
    engine="docker",
    accepted=datetime(2026, 1, 1, tzinfo=UTC),
    verdict="regression",
    exit_code=20,
    cells=100,
    asked=("a",),
    regressions=(REGRESSION,),
    rows=tuple(
        Row(cell=f"cell{n}", kind="fixed", before=STAND, now=STAND, beside="") for n in range(80)
    ),
    spent=3,
    budget=60,
    notes=(),
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "sums: lib 1.7 breaks it"),
        (
            {"regressions": (replace(REGRESSION, verdict="suspects"),)},
            "sums: it fails with lib 1.7",
        ),
        ({"regressions": (REGRESSION,) * 2}, "sums: 2 regressions: lib 1.7"),
        ({"regressions": (), "verdict": "nothing-new-broke"}, "sums: nothing new broke"),
        ({"regressions": (), "verdict": "infrastructure", "cells": 0}, "sums: not checked"),
    ],
)
def test_the_verdict_comes_first_and_claims_no_more_than_was_found(changes, said):
    view = replace(VIEW, **changes)
    assert headline(view) == said
    assert markdown(view, made="made").startswith(f"# {said}\n")
    assert json.loads(document(view, made="made"))["headline"] == said


def test_an_issue_begins_with_its_identity_and_shows_no_markup_of_others():
    text = issue(VIEW, REGRESSION, made="made")
    assert text.startswith("Identity: `versect-1a2b3c4d5e6f`\n")
    assert issue_place(REGRESSION) == "check/versect-1a2b3c4d5e6f/issue.md"
    assert "<script>" not in text
    assert text.count("</details>") == 1
    assert "and 30 more" in text
    assert "<script>" not in markdown(VIEW, made="made")


def test_an_issue_stays_inside_what_an_issue_can_hold():
    long = replace(REGRESSION, diff="+" + "x" * 100_000, face="failed: " + "y" * 300)
    text = issue(VIEW, long, made="made")
    assert len(text) < 65_536
    assert "all of it is in explanation.diff" in text
    assert len(f"sums: {title(long)}") < 256


def test_a_summary_that_does_not_fit_is_cut_down_to_the_verdict():
    assert summarised(VIEW, made="made", room=1 << 20) == markdown(VIEW, made="made")
    assert "lib 1.7 breaks it" in summarised(VIEW, made="made", room=200)
    assert summarised(VIEW, made="made", room=10) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"regressions": (), "verdict": "nothing-new-broke", "exit_code": 0, "rows": ()},
        {"regressions": (replace(REGRESSION, verdict="", passing=""),)},
        {
            "rows": tuple(
                Row(cell="c", kind=str(kind), before=None, now=STAND, beside="d")
                for kind in Kind
                if kind is not Kind.SAME
            )
        },
    ],
)
def test_what_is_written_is_of_its_published_schema(changes):
    written = json.loads(document(replace(VIEW, **changes), made="made"))
    validator("check").validate(written)
    for name in written:
        assert not validator("check").is_valid({k: v for k, v in written.items() if k != name})
