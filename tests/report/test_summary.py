"""A job's summary: the verdict first, never too long, and nothing in it left open."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.literal import cell_of, observation_of, trial_of
from tests.support.matrices import study_in, views
from tests.support.worlds import World, desk, fails, line, wanted
from versect.app.bisect import bisect, plan_of
from versect.model.outcome import Failed, Passed, Signature
from versect.model.trial import Exited, Output
from versect.model.verdict import Question
from versect.report.bisection import BisectionView
from versect.report.summary import LIMIT, of_bisection, of_matrix
from versect.report.view import matrix_view
from versect.store.memory import MemoryLog


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def failing(study, count, words):
    """Give a matrix of which all but the first cell fail, each with a face of its own."""
    cells = [cell_of("3.12", lib=f"1.{n}") for n in range(count)]
    seen = observation_of(Exited(status=1), stderr=Output(head=words, tail="", size=len(words)))
    results = {
        cell.id: (
            trial_of("3.12", observation=seen),
            Failed(rule="r", signature=Signature(kind=f"Error{n}", text="")),
        )
        for n, cell in enumerate(cells)
    }
    results[cells[0].id] = (trial_of("3.12"), Passed(rule="r"))
    return matrix_view(study, cells, results)


def test_the_verdict_comes_first_then_the_table_then_logs_folded_away(study):
    text = of_matrix(failing(study, 3, "what it said\n"))
    lines = text.splitlines()
    assert lines[0] == "## s"
    assert lines[2].startswith("**3 cells: 1 passed, 2 failed.**")
    assert "- lib 1.0 -&gt; 1.1: passed -&gt; failed in 1 of 1" in text
    table, logs = text.index("| 1.1 |"), text.index("<details>")
    assert table < logs < text.index("what it said")
    assert "<summary>Error1 (1 cell)</summary>" in text


def whole(text):
    """Whether nothing that was opened is left open: no fence, no fold."""
    fence, folds = "", 0
    for row in text.splitlines():
        ticks = re.match(r"`{3,}", row)
        if not fence:
            folds += row.startswith("<details>") - row.startswith("</details>")
            fence = ticks[0] if ticks else ""
        elif ticks and row == ticks[0] and len(row) >= len(fence):
            fence = ""
    return not fence and not folds


@settings(max_examples=40)
@given(st.data(), st.integers(-10, 4000))
def test_it_is_never_longer_than_there_is_room_and_stays_whole(study, data, room):
    view = data.draw(views(study))
    text = of_matrix(view, room=room)
    assert len(text.encode()) <= max(0, room)
    assert whole(text)
    full = of_matrix(view)
    if text != full:
        assert not text or "**Cut here:**" in text
        assert full.startswith(text.partition("\n**Cut here:**")[0])


def test_a_huge_matrix_is_cut_under_the_limit_and_says_so(study):
    text = of_matrix(failing(study, 600, "x" * 6000))
    assert LIMIT - 10_000 < len(text.encode()) <= LIMIT
    assert text.rstrip().endswith("The whole is in table.md.")
    assert whole(text)


def test_a_hostile_title_cannot_leave_its_line(study):
    face = Failed(rule="r", signature=Signature(kind="</summary><script>", text="\n\n# owned"))
    cell = cell_of("3.12", lib="1.0")
    text = of_matrix(matrix_view(study, [cell], {cell.id: (trial_of("3.12"), face)}))
    assert "<script>" not in text
    assert "\n# owned" not in text


def test_a_verdict_is_told_with_its_sentences_trials_and_both_sides(tmp_path):
    releases = {"lib": tuple(f"1.{n}" for n in range(6))}
    world = World(releases, lambda has: True if has["lib"].minor < 3 else fails("ValueError: boom"))
    asked = wanted()
    series, study = line(world, tmp_path)
    with desk(world, tmp_path, MemoryLog(), study=study) as one:
        found = bisect(series, plan_of(series, asked), asked, one.inquiry)
        view = BisectionView(
            study=study.name, symptom=study.symptom, question=Question.FIRST_FAILING, line=series,
            good=None, bad=None, fixed="", history=found.history, steps=tuple(one.inquiry.steps),
            made=one.inquiry.made, before=None, after=None, faces=found.faces,
            changes=found.changes, counterfactuals=found.counterfactuals, noise=None, notes=("n",),
        )  # fmt: skip
    text = of_bisection(view)
    assert text.startswith("## lib 1.3 is the first release that fails; lib 1.2 passes\n")
    assert "**Verdict: found.**" in text
    assert "- note: n" in text
    assert f"<summary>{len(view.steps)} trials</summary>" in text
    assert whole(text)
    assert len(of_bisection(view, room=600).encode()) <= 600
