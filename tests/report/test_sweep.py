"""A sweep in the table, in the document and in a line, apart from what the table counts."""

import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from tests.support.literal import cell_of, observation_of, trial_of
from tests.support.matrices import hostile, outcomes
from tests.support.published import validator
from versect.model.outcome import Cause, Failed, FailedOtherwise, Passed, Signature, Unresolved
from versect.model.trial import Exited, Output, Probe
from versect.report import json as json_report
from versect.report import markdown, terminal
from versect.report.sweep import line, sweep_view
from versect.report.view import matrix_view
from versect.source.build import build

PASSED = Passed(rule="r")
FAILED = Failed(rule="r", signature=Signature(kind="ValueError", text="boom"))
OTHERWISE = FailedOtherwise(rule="r", signature=Signature(kind="KeyError", text="'x'"))
UNRESOLVED = Unresolved(rule="r", cause=Cause.NO_WHEEL, detail="no wheel of it")


def study_with(folder, **changes):
    """Make a study with one sweep, over ways and sizes of one release."""
    (folder / "r.py").write_text("")
    sweep = {
        "about": "Does the way matter?",
        "vary": "way",
        "words": {"fast": "all at once"},
        "parameters": {"way": ["plain", "fast"], "size": [1, 2]},
        **changes,
    }
    table = {"reproduction": "r.py", "python": ["3.12"], "name": "s", "sweeps": {"ways": sweep}}
    return build("s", folder, table, default_name="s")


def cell(way, size):
    return cell_of("3.12", [("way", way), ("size", str(size))], lib="1.0")


def view_of(study, answers):
    """Make the view; answers are by way and size, one outcome for each repeat."""
    cells = [cell(way, size) for way in ("plain", "fast") for size in (1, 2)]
    results = {
        one.id: tuple(
            (trial_of("3.12", probe=Probe(cell=one, repeat=repeat), observation=SEEN), outcome)
            for repeat, outcome in enumerate(answers.get((one.value("way"), one.value("size")), ()))
        )
        for one in cells
    }
    kept = {name: found for name, found in results.items() if found}
    return sweep_view(study.sweeps[0], cells, kept)


TEXT = 'versect: {"requests": 33}\n'
SEEN = observation_of(
    Exited(status=0), stdout=Output(head=TEXT, tail="", size=len(TEXT))
)  # what every trial here printed
ANSWERS = {
    ("plain", "1"): [FAILED, FAILED, PASSED],
    ("plain", "2"): [OTHERWISE],
    ("fast", "1"): [PASSED],
    ("fast", "2"): [],
}


def shown(view):
    """Give a table of nothing with this sweep."""
    return replace(matrix_view(view.sweep.study, (), {}), sweeps=(view,))


def test_the_axis_under_test_is_across_and_the_others_down(tmp_path):
    view = view_of(study_with(tmp_path), ANSWERS)
    text = markdown.table(shown(view), made="now")
    section = text[text.index("## ways") : text.index("## How this was made")]
    assert section.splitlines()[:9] == [
        "## ways",
        "",
        "Does the way matter?",
        "",
        "python 3.12, lib 1.0; 4 cells, 5 trials",
        "",
        "| size | way plain | way fast (all at once) |",
        "|---|---|---|",
        "| 1 | ✓ 1, ✗ 2 | ✓ |",
    ]
    assert "| 2 | ! 1 | · |" in section
    assert "**1** KeyError: 'x' (1 cell, first: `py3.12-lib1.0-way=plain-size=2`)" in section


def test_it_is_said_in_one_line(tmp_path):
    view = view_of(study_with(tmp_path), ANSWERS)
    assert line(view) == "ways: way plain ✓ 1, ✗ 2, ! 1; fast ✓ (4 cells, 5 trials)"


@pytest.mark.parametrize("outcome", [PASSED, FAILED, UNRESOLVED])
def test_several_trials_that_agree_are_counted(tmp_path, outcome):
    view = view_of(study_with(tmp_path), {("plain", "1"): [outcome] * 20})
    assert re.fullmatch(r"[✓✗?] 20", view.face([cell("plain", 1)]))


def test_the_document_holds_every_trial_with_its_numbers_and_the_tables_counts_hold_none(tmp_path):
    view = view_of(study_with(tmp_path), ANSWERS)
    document = json_report.document(shown(view), made="now")
    validator("matrix").validate(json.loads(json.dumps(document)))
    (sweep,) = document["sweeps"]
    assert sweep["counts"] == {"passed": 2, "failed": 2, "otherwise": 1, "unresolved": 0}
    assert [trial["measured"] for trial in sweep["cells"][0]["trials"]] == [{"requests": 33.0}] * 3
    assert sum(document["counts"].values()) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(hostile, st.lists(outcomes.filter(lambda outcome: outcome is not None), max_size=3))
def test_nothing_that_a_study_or_a_program_says_breaks_a_form(tmp_path, about, found):
    sweep = study_with(tmp_path, about=f"{about}?", words={"plain": about})
    view = shown(view_of(sweep, {("plain", "1"): found}))
    text = markdown.table(view, made="now")
    outside = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    rows = [row for row in outside.splitlines() if row.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows[2:]}) == 1
    json.loads(json_report.matrix(view, made="now"))
    terminal.show(view, Console(file=io.StringIO(), width=80))
