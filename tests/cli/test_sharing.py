"""``versect plan`` and ``versect merge`` as a person types them: what they say and refuse."""

import sys

import pytest

from versect.cli.main import run

STUDY = f"""
name = "toy"
reproduction = "repro.py"
python = ["3.{sys.version_info.minor}"]

[parameters]
mode = ["a", "b"]

[failure]
exception = "ValueError"
"""


@pytest.fixture
def versect(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERSECT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "repro.py").write_text("")

    def call(*words):
        status = run([*words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def plan(versect, *words):
    return versect("plan", "study.toml", "--engine", "local", "--offline", *words)


def test_parts_are_counted_in_words(versect):
    status, out, _ = plan(versect)
    assert (status, out) == (0, "1/1: 2 cells, 1 environment, 2 to run\n")


def test_a_part_without_cells_lists_none_and_says_so(versect):
    status, out, err = plan(versect, "--shard", "2/2")
    assert (status, out) == (0, "")
    assert "shard 2/2 has no cells" in err


def test_all_parts_and_one_of_them_are_not_asked_for_at_once(versect):
    status, out, err = plan(versect, "--shards", "3", "--shard", "1/2")
    assert (status, out) == (2, "")
    assert "both --shards and --shard" in err
    assert "hint: " in err


@pytest.mark.parametrize("number", ["0", "257", "many"])
def test_a_number_of_parts_that_no_matrix_takes_is_refused(versect, number):
    assert plan(versect, "--shards", number)[0] == 2


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (("absent",), "'absent' does not exist"),
        (("empty",), "error: no trial is stored in empty"),
        (("empty", "empty"), "error: no trial is stored in empty\n"),
        (("results",), "error: results is what all is brought into: results\n"),
        (("results/toy",), "error: results/toy is what all is brought into: results\n"),
        (("empty", "results"), "no trial is stored in empty; results is what"),
    ],
)
def test_what_brings_nothing_is_refused_by_name(versect, tmp_path, sources, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "results" / "toy").mkdir(parents=True)
    (tmp_path / "results" / "toy" / "trials.jsonl").write_text("")
    status, _, err = versect("merge", *sources)
    assert status == 2
    assert words in err
