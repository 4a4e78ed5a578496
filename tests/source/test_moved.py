"""Results that came from another machine, and results that lie inside a study."""

import json
import shutil

import pytest

from versect.source.build import build
from versect.source.files import fingerprint
from versect.source.load import find
from versect.source.remember import document, recalled


def checkout(folder, *, below="checks"):
    """Make a study in a checkout, and what a run of it leaves."""
    home = folder / below
    home.mkdir(parents=True, exist_ok=True)
    (home / "study.toml").write_text('name = "s"\nreproduction = "r.py"\npython = ["3.12"]\n')
    (home / "r.py").write_text("")
    results = folder / "results" / "s"
    results.mkdir(parents=True)
    draft = find(str(home / "study.toml"), folder, folder / "results")
    (results / "study.json").write_text(document(draft))
    return folder


@pytest.mark.parametrize("below", ["checks", ".", "a/b"])
def test_the_study_of_downloaded_results_is_found_in_this_checkout(tmp_path, below):
    theirs, mine = (checkout(tmp_path / name / "repo", below=below) for name in ("theirs", "mine"))
    shutil.copy(theirs / "results" / "s" / "study.json", mine / "results" / "s")
    shutil.rmtree(theirs)
    found = recalled(mine / "results", "s")
    assert found.root == mine / below
    assert found.study().command


def test_a_study_that_is_where_it_was_is_not_looked_for(tmp_path):
    theirs, mine = (checkout(tmp_path / name) for name in ("theirs", "mine"))
    shutil.copy(theirs / "results" / "s" / "study.json", mine / "results" / "s")
    assert recalled(mine / "results", "s").root == theirs / "checks"


def test_a_study_that_is_nowhere_is_not_recalled(tmp_path):
    one = checkout(tmp_path / "one")
    shutil.rmtree(one / "checks")
    assert recalled(one / "results", "s") is None
    assert json.loads((one / "results" / "s" / "study.json").read_text())["name"]


@pytest.mark.parametrize("marker", ["trials.jsonl", ".run.lock"])
def test_results_inside_a_study_change_no_question_whatever_their_folder_is_called(
    tmp_path, marker
):
    (tmp_path / "r.py").write_text("")

    def digest():
        table = {"reproduction": "r.py", "python": ["3.12"]}
        return fingerprint(build("s", tmp_path, table, default_name="s"))

    before = digest()
    folder = tmp_path / "shards" / "one" / "sums"
    folder.mkdir(parents=True)
    (folder / marker).write_text("")
    (folder / "matrix.json").write_text("{}")
    assert digest() == before
    (tmp_path / "shards" / "data.txt").write_text("")
    assert digest() != before
