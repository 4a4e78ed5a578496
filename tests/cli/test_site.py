"""``versect site``: a front page and copies of every study's page, whole or not at all."""

import json

import pytest

from tests.support.pages import plain_view
from tests.support.worlds import World, desk, line
from versect.cli.main import run
from versect.report.badge import badge
from versect.report.json import matrix
from versect.report.page import publish
from versect.source.draft import Draft
from versect.source.remember import document
from versect.store.jsonl import JsonLines


@pytest.fixture
def results(tmp_path):
    """Make the results of two studies: one with a page, and one whose page is unreadable JSON."""
    for name in ("first", "second one"):
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True)
        view = plain_view(folder)
        publish(folder, view, made="then", say=print)
        (folder / "matrix.json").write_text(matrix(view, made="then"))
        (folder / "badge.svg").write_text(badge(view))
    (tmp_path / "results" / "bench").mkdir()
    (tmp_path / "results" / "second one" / "matrix.json").write_text("[1]")
    return tmp_path / "results"


def site(results, out):
    return run(["site", str(out), "--results", str(results)])


def test_a_site_has_a_front_page_and_the_page_of_every_study(results, tmp_path, capsys):
    out = tmp_path / "out"
    assert site(results, out) == 0
    said = capsys.readouterr()
    assert said.out == f"{out / 'index.html'}\n"
    assert "2 pages and an index" in said.err
    assert "matrix.json cannot be read and is left out: it is no JSON object" in said.err
    front = (out / "index.html").read_text()
    assert '<a href="first/index.html">' in front
    assert '<a href="second%20one/index.html">' in front
    assert "24 cells:" in front
    for name in ("first", "second one"):
        page = (results / name / "report.html").read_bytes()
        assert (out / name / "index.html").read_bytes() == page
    assert sorted(p.name for p in (out / "first").iterdir()) == [
        "badge.svg", "index.html", "matrix.json",
    ]  # fmt: skip


def test_a_site_is_written_again_in_the_place_of_the_old_one(results, tmp_path):
    out = tmp_path / "out"
    assert site(results, out) == 0
    for path in sorted((results / "first").iterdir()):
        path.unlink()
    assert site(results, out) == 0
    assert not (out / "first").exists()


def test_other_folders_are_refused_and_without_studies_nothing_is_written(
    results, tmp_path, capsys
):
    assert site(results, tmp_path) == 2
    assert "holds something else" in capsys.readouterr().err
    out = tmp_path / "out"
    assert site(tmp_path / "none", out) == 2
    assert "no study in" in capsys.readouterr().err
    assert not out.exists()


def test_a_study_that_has_trials_and_no_page_gets_one_with_its_history(tmp_path):
    folder = tmp_path / "results" / "s"
    folder.mkdir(parents=True)
    table = {
        "reproduction": "r.py",
        "python": ["3.12"],
        "projects": {"lib": {"versions": ">=0"}},
        "resolution": "today",
    }
    world = World(
        releases={"lib": ("1.0", "1.1", "1.2")},
        behaves=lambda installed: str(installed["lib"]) != "1.2",
        table=table,
    )
    log = JsonLines(folder, "s")
    cells = line(world, tmp_path)[0].cells
    for run_of in (cells[:2], cells[2:]):
        with desk(world, tmp_path, log) as one:
            for cell in run_of:
                one.inquiry.result(cell, 0)
    draft = Draft(source="made up", root=tmp_path, table=table, default_name="s")
    (folder / "study.json").write_text(document(draft))
    out = tmp_path / "out"
    assert site(tmp_path / "results", out) == 0
    (change,) = json.loads((out / "s" / "history.json").read_text())["changes"]
    assert (change["cell"], change["beside"]) == ("py3.12-lib1.2", "py3.12-lib1.1")
    assert "1 change in 2 runs" in (out / "index.html").read_text()
    assert "3 cells: 2 passed, 1 failed" in (out / "s" / "index.html").read_text()
    assert not (folder / "report.html").exists()


def test_a_study_whose_files_are_gone_keeps_its_page_and_says_so(results, tmp_path, capsys):
    table = {"reproduction": "gone.py", "python": ["3.12"]}
    for name, root in (("first", tmp_path), ("second one", tmp_path / "gone")):
        draft = Draft(source="study.toml", root=root, table=table, default_name=name)
        (results / name / "study.json").write_text(document(draft))
    out = tmp_path / "out"
    assert site(results, out) == 0
    assert "the history of first is left out" in capsys.readouterr().err
    assert (out / "index.html").read_text().count("Its history is not known") == 2
    assert (out / "first" / "index.html").exists()
