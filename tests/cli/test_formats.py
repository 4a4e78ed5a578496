"""Everything that one study leaves behind, made by real uv in real environments."""

import csv
import io
import json
import sys
from xml.etree import ElementTree as ET

import pytest

from tests.support.command import command
from tests.support.published import validator
from tests.support.wheels import index_pages, make_wheel

PYTHON = f"3.{sys.version_info.minor}"
COMMAND = ("--", "python", "repro.py")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Make an index of ``lib``, which breaks with 1.2, and of ``dep``; and a folder to work in."""
    folder = tmp_path_factory.mktemp("formats")
    files = folder / "files"
    for minor in range(4):
        answer = 42 if minor < 2 else 41
        make_wheel(files, "lib", f"1.{minor}", files={"lib.py": f"ANSWER = {answer}\n"})
        make_wheel(files, "dep", f"1.{minor}")
    work = folder / "work"
    work.mkdir()
    (work / "repro.py").write_text("import dep, lib\n\nassert lib.ANSWER == 42, lib.ANSWER\n")
    (work / "old.txt").write_text("lib==1.0\ndep==1.0\n")
    (work / "new.txt").write_text("lib==1.3\ndep==1.3\n")
    return work, index_pages(files)


@pytest.fixture
def versect(place, monkeypatch, capsys):
    """Give the command line in that folder; returns status, stdout, stderr."""
    work, url = place
    return command(monkeypatch, capsys, work, url)


STUDY = ("--name", "s", "--python", PYTHON, "--require", "dep", "--axis", "lib=>=1")


def study(versect):
    status, _, err = versect("run", *STUDY, *COMMAND)
    assert status == 0, err
    return err


def test_a_run_leaves_every_format_and_says_so_in_a_line(versect, place):
    names = "table.md, matrix.json, junit.xml, badge.svg, constraints.txt"
    assert f"written to results/s: {names}\n" in study(versect)
    results = place[0] / "results" / "s"
    suites = ET.parse(results / "junit.xml").getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("4", "2")
    faces = {failure.get("message") for failure in suites.iter("failure")}
    assert faces == {"AssertionError: 41"}
    assert "2 of 4 pass" in (results / "badge.svg").read_text()
    assert (results / "constraints.txt").read_text().splitlines()[-1] == "lib<=1.1"
    validator("matrix").validate(json.loads((results / "matrix.json").read_text()))
    lines = validator("trials")
    for line in (results / "trials.jsonl").read_text().splitlines():
        lines.validate(json.loads(line))


def test_constraints_that_are_no_longer_true_are_removed(versect, place):
    study(versect)
    path = place[0] / "results" / "s" / "constraints.txt"
    assert path.exists()
    versect("run", *STUDY, "--exclude", "lib=>=1.2", *COMMAND)
    assert not path.exists()
    study(versect)
    assert path.exists()


def test_a_job_is_shown_a_summary_of_each_command_one_after_the_other(
    versect, tmp_path, monkeypatch
):
    shown = tmp_path / "summary.md"
    shown.write_text("what came before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(shown))
    err = study(versect)
    assert f"added to the job's summary: {shown}" in err
    assert versect("bisect", *STUDY[2:], "--project", "lib", *COMMAND)[0] == 0
    text = shown.read_text()
    assert text.startswith("what came before\n## s\n")
    first = text.index("**4 cells: 2 passed, 2 failed.**")
    second = text.index("## lib 1.2 is the first release that fails; lib 1.1 passes")
    assert first < second


def test_a_summary_that_cannot_be_written_is_said_and_changes_nothing(
    versect, tmp_path, monkeypatch
):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "absent" / "summary.md"))
    assert "note: cannot write the job's summary" in study(versect)


def test_every_search_writes_what_its_schema_says(versect, place):
    work = place[0]
    lib = ("--project", "lib", "--require", "dep")
    assert versect("bisect", *lib, *COMMAND)[0] == 0
    assert versect("explain", *lib, *COMMAND)[0] == 0
    versect("bisect", "--find-fix", *lib, *COMMAND)
    assert versect("blame", "--good", "old.txt", "--bad", "new.txt", *COMMAND)[0] == 0
    both = ("--project", "lib", "--project", "dep", "--bad", "lib=1.3,dep=1.3")
    assert versect("bisect", *both, *COMMAND)[0] == 0
    found = {name: set() for name in ("verdict", "explanation", "blame")}
    for name, folders in found.items():
        for path in work.glob(f"results/*/bisect/*/{name}.json"):
            validator(name).validate(json.loads(path.read_text()))
            folders.add(path.parent.name)
    assert found["verdict"] >= {"lib", "lib-fix", "lib+dep"}
    assert found["explanation"] == {"lib"}
    assert found["blame"] == {"blame"}


def summaries(path):
    return [line for line in path.read_text().splitlines() if line.startswith("## ")]


def test_what_searches_find_is_on_the_page_and_in_the_summary_of_a_job(
    versect, place, tmp_path, monkeypatch
):
    shown = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(shown))
    assert versect("run", "--name", "shown", *STUDY[2:], *COMMAND)[0] == 0
    page = place[0] / "results" / "shown" / "report.html"
    table = (page.parent / "matrix.json").read_bytes()
    lib = ("--name", "shown", "--project", "lib", "--require", "dep==1.3")
    versect("explain", *lib, *COMMAND)
    versect("blame", "--name", "shown", "--good", "old.txt", "--bad", "new.txt", *COMMAND)
    both = ("--name", "shown", "--project", "lib", "--project", "dep", "--bad", "lib=1.3,dep=1.3")
    status, _, err = versect("bisect", *both, *COMMAND)
    assert status == 0
    assert f"page: {page.relative_to(place[0])}" in err
    text = page.read_text()
    for part in (
        "4 cells: 2 passed, 2 failed",
        "lib 1.2 is the first release that fails; lib 1.1 passes",
        "brings the failure",
        "-ANSWER = 42",
        "fails with lib&gt;=1.2",
        '<table class="plane">',
    ):
        assert part in text, part
    assert (page.parent / "matrix.json").read_bytes() == table
    heads = [line for line in summaries(shown) if "side" not in line.lower()]
    assert [head.split(":")[0] for head in heads if not head.startswith(("## A ", "## One "))] == [
        "## shown",
        "## lib 1.2 is the first release that fails; lib 1.1 passes",
        "## 1 of 2 changes from lib 1.1 to 1.2 brings the failure",
        "## lib 1.0 -&gt; 1.3",
        "## fails with lib&gt;=1.2",
    ]


def test_a_lock_of_an_earlier_verdict_is_removed(versect, place):
    lib = ("--project", "lib", "--require", "dep", "--name", "locks")
    versect("bisect", *lib, *COMMAND)
    folder = place[0] / "results" / "locks" / "bisect" / "lib"
    assert len(list(folder.glob("pylock.*"))) == 2
    versect("bisect", *lib, "--good", "1.0", "--bad", "1.1", *COMMAND)
    assert list(folder.glob("pylock.*")) == []


COUNT = "SELECT outcome, count(*) AS cells FROM trials GROUP BY outcome ORDER BY outcome"


def test_a_question_in_sql_is_answered_as_table_json_and_csv(versect):
    study(versect)
    status, out, _ = versect("query", COUNT, "s")
    assert status == 0
    assert [cell for line in out.splitlines() for cell in line.split() if cell.isalnum()] == [
        "outcome", "cells", "failed", "2", "passed", "2",
    ]  # fmt: skip
    document = json.loads(versect("query", COUNT, "s", "--json")[1])
    assert document == {
        "schema_version": 1,
        "columns": ["outcome", "cells"],
        "rows": [["failed", 2], ["passed", 2]],
    }
    rows = list(csv.reader(io.StringIO(versect("query", COUNT, "s", "--csv")[1])))
    assert rows == [["outcome", "cells"], ["failed", "2"], ["passed", "2"]]


def test_without_a_study_all_are_asked(versect):
    study(versect)
    (names,) = json.loads(
        versect("query", "SELECT group_concat(DISTINCT study) FROM trials", "--json")[1]
    )["rows"]
    assert "s" in names[0].split(",")


def test_the_tables_are_shown_without_a_question(versect):
    status, out, _ = versect("query", "--schema", "--csv")
    assert status == 0
    assert {row[0] for row in csv.reader(io.StringIO(out))} == {
        "table", "trials", "failures", "packages", "axes", "measured",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--schema shows the tables"),
        (("SELEC",), "SQL: near"),
        (("DELETE FROM trials",), "can only be read"),
        (("SELECT 1", "absent"), "no trial of 'absent' is stored"),
    ],
)
def test_a_question_that_is_wrong_ends_with_2(versect, words, said):
    study(versect)
    status, out, err = versect("query", *words)
    assert (status, out) == (2, "")
    assert said in err


def test_control_characters_cannot_reach_a_terminal_and_other_values_have_a_form(versect):
    _, out, _ = versect("query", "SELECT char(27) || '[2J', x'00ff', 9e999, NULL")
    assert "\x1b" not in out
    rows = json.loads(versect("query", "SELECT x'00ff', 9e999, NULL, 1.5", "--json")[1])["rows"]
    assert rows == [["00ff", "inf", None, 1.5]]
