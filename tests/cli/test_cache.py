"""``versect cache`` as a person types it."""

import json
import os
import time

import pytest
from click.testing import CliRunner

from versect.cli.cache import cache
from versect.errors import StorageError


@pytest.fixture
def folder(tmp_path):
    """A cache with one lock used now and one used 40 days ago."""
    locks = tmp_path / "locks"
    locks.mkdir()
    for name, days in (("new", 0), ("old", 40)):
        (locks / f"{name}.toml").write_text("x" * 5000)
        then = time.time() - days * 86400
        os.utime(locks / f"{name}.toml", (then, then))
    return tmp_path


def _call(*arguments, env=None):
    done = CliRunner().invoke(cache, list(map(str, arguments)), env=env)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_the_table_names_the_folder_and_counts_each_kind(folder):
    lines = _call("--cache", folder).stdout.splitlines()
    assert lines[0] == str(folder)
    (locks,) = [line for line in lines if line.startswith("locks")]
    assert locks.split()[1:4] == ["2", "16.4", "kB"]
    assert lines[-1].split()[:2] == ["total", "2"]


def test_the_table_is_there_as_json_too(folder):
    document = json.loads(_call("--cache", folder, "--json").stdout)
    assert document["schema_version"] == 1
    assert document["path"] == str(folder)
    assert {kind["kind"]: kind["count"] for kind in document["kinds"]}["locks"] == 2


def test_the_folder_may_come_from_the_environment(folder):
    assert str(folder) in _call(env={"VERSECT_CACHE": str(folder)}).stdout


def test_an_absent_folder_is_shown_as_empty(tmp_path):
    assert _call("--cache", tmp_path / "absent").stdout.splitlines()[-1].split()[:2] == [
        "total",
        "0",
    ]


def test_pruning_removes_what_is_older_than_a_month(folder):
    assert "removed 1 entries" in _call("--cache", folder, "prune").stdout
    assert [path.name for path in (folder / "locks").iterdir()] == ["new.toml"]


def test_the_age_can_be_said(folder):
    assert "removed 0" in _call("prune", "--cache", folder, "--older-than", "8w").stdout
    assert "removed 2" in _call("prune", "--cache", folder, "--older-than", "0s").stdout


def test_all_removes_everything_and_a_dry_run_nothing(folder):
    assert "would remove 2" in _call("--cache", folder, "prune", "--all", "--dry-run").stdout
    assert len(list((folder / "locks").iterdir())) == 2
    assert "removed 2" in _call("--cache", folder, "prune", "--all").stdout
    assert list((folder / "locks").iterdir()) == []


@pytest.mark.parametrize("text", ["30", "d", "-1d", "30 days", ""])
def test_what_is_no_age_is_refused_with_an_example(folder, text):
    done = _call("--cache", folder, "prune", f"--older-than={text}")
    assert done.exit_code == 2
    assert "30d, 12h or 2w" in done.stderr


def test_a_folder_that_cannot_be_written_is_said(folder):
    (folder / "environments").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="cannot prune"):
        _call("--cache", folder, "prune", "--all")
