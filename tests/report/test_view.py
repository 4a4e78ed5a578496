"""The view of a matrix: what a person sees first, and that nothing is lost or made up."""

import json

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from tests.support.literal import cell_of, observation_of, trial_of
from versect.classify.rules import classify
from versect.model.outcome import Cause
from versect.model.trial import Exited, NotRun, Probe
from versect.report.json import matrix
from versect.report.markdown import escaped, fenced, summary, table
from versect.report.view import Glyph, matrix_view
from versect.source.build import build

OPENAI = ("1.3.7", "1.3.8", "3.0.0")
HTTPX = ("0.27.2", "0.28.1")
STRATEGIES = ("loop", "sync")


def study_of(tmp_path, name="s"):
    (tmp_path / "r.py").write_text("")
    document = {"reproduction": "r.py", "python": ["3.12"], "name": name}
    return build("s", tmp_path, document, default_name="s")


def cells():
    return [
        cell_of(python, [("strategy", strategy)], openai=openai, httpx=httpx)
        for python in ("3.11", "3.12")
        for openai in OPENAI
        for httpx in HTTPX
        for strategy in STRATEGIES
    ]


def ending_of(cell):
    openai, httpx = (version for _, version in cell.pins.releases)
    if openai < Version("3") and httpx >= Version("0.28"):
        return NotRun(cause=Cause.NO_WHEEL, detail="no usable wheels\nbecause")
    broken = openai >= Version("1.3.8") and cell.value("strategy") == "loop"
    return Exited(status=1 if broken else 0)


def results_of(study, chosen):
    found = {}
    for cell in chosen:
        used = {"openai"} if cell.value("openai") == "3.0.0" else {"openai", "httpx"}
        ending = ending_of(cell)
        imported = None if isinstance(ending, NotRun) else frozenset(used)
        observation = observation_of(ending, imported=imported)
        trial = trial_of("3.12", probe=Probe(cell=cell, repeat=0), observation=observation)
        found[cell.id] = (trial, classify(study.symptom, observation))
    return found


def test_rows_are_merged_where_every_outcome_agrees(tmp_path):
    study = study_of(tmp_path)
    view = matrix_view(study, cells(), results_of(study, cells()))
    assert view.grid.row_axes == ("openai", "httpx", "python")
    rows = [(*row.labels, *(view.face(e[0]) for e in row.entries)) for row in view.grid.rows]
    assert rows == [
        ("1.3.7", "0.27.2", "3.11, 3.12", "✓", "✓"),
        ("1.3.7", "0.28.1", "3.11, 3.12", "? a", "? a"),
        ("1.3.8", "0.27.2", "3.11, 3.12", "✗", "✓"),
        ("1.3.8", "0.28.1", "3.11, 3.12", "? a", "? a"),
        ("3.0.0", "0.27.2, 0.28.1", "3.11, 3.12", "✗ °", "✓ °"),
    ]


def test_the_boundary_is_said_in_words_with_its_evidence(tmp_path):
    study = study_of(tmp_path)
    text = table(matrix_view(study, cells(), results_of(study, cells())), made="now")
    assert "openai 1.3.7 -&gt; 1.3.8: passed -&gt; failed in 2 of 4 comparable pairs" in text
    assert "httpx is installed but never imported with openai 3.0.0" in text
    assert "no-wheel" in text


@given(st.permutations(cells()), st.sets(st.integers(0, 23)))
def test_every_cell_stands_in_exactly_one_entry_whatever_is_known(order, without):
    chosen = cells()
    view = _view_of_some(order, without)
    shown = [cell.id for row in view.grid.rows for entry in row.entries for cell in entry]
    assert sorted(shown) == sorted(cell.id for cell in chosen)
    assert sum(view.counts.values()) == len(chosen)
    assert view.counts[Glyph.OPEN] == len(without)


def _view_of_some(order, without):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        study = study_of(Path(folder))
    every = results_of(study, order)
    left_out = {cells()[number].id for number in without}
    return matrix_view(study, cells(), {k: v for k, v in every.items() if k not in left_out})


def test_the_view_does_not_depend_on_the_order_of_results(tmp_path):
    study = study_of(tmp_path)
    forwards = results_of(study, cells())
    backwards = results_of(study, reversed(cells()))
    made = [matrix(matrix_view(study, cells(), r), made="now") for r in (forwards, backwards)]
    assert made[0] == made[1]


def test_the_json_has_every_number_of_the_view(tmp_path):
    study = study_of(tmp_path)
    view = matrix_view(study, cells(), results_of(study, cells()))
    document = json.loads(matrix(view, made="now"))
    assert document["schema_version"] == 1
    assert len(document["cells"]) == 24
    counts = {glyph.name.lower(): count for glyph, count in view.counts.items()}
    assert document["counts"] == counts
    assert {b["change"] for b in document["boundaries"]} >= {"passed -> failed"}


def test_an_empty_matrix_has_a_table_too(tmp_path):
    view = matrix_view(study_of(tmp_path), [], {})
    assert summary(view) == "0 cells: none tried"
    assert "# s" in table(view, made="now")


HOSTILE = "a|b`c\n<script>*x*[y](z)\x1b[31m\u202e"


def test_hostile_text_cannot_leave_its_place():
    line = escaped(HOSTILE)
    assert "\n" not in line
    assert "<" not in line
    assert "\x1b" not in line
    assert "\\|" in line
    assert "@somebody" not in escaped("ask @somebody")
    assert escaped("a@b.example") == "a@b.example"
    block = fenced("```\nescape?\n```")
    assert block.startswith("````")
    assert block.endswith("````")


def test_ten_thousand_cells_are_seen_at_once(tmp_path):
    study = study_of(tmp_path)
    many = [
        cell_of("3.12", [("n", str(n))], openai=f"1.{minor}")
        for minor in range(100)
        for n in range(100)
    ]
    view = matrix_view(study, many, {})
    assert view.counts[Glyph.OPEN] == 10_000
    assert len(view.grid.rows) == 100
