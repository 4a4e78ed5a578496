"""A study shared out among machines and brought together again: real uv, a small local index."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.wheels import index_pages, make_wheel, served

pytestmark = pytest.mark.timeout(600)

PROGRAM = str(Path(sys.executable).with_name("versect"))
PYTHON = f"3.{sys.version_info.minor}"
STUDY = f"""\
name = "sums"
reproduction = "repro.py"
python = ["{PYTHON}"]

[projects.lib]
versions = ">=1"

[parameters]
size = [1, 2]
"""
REPRODUCTION = "import lib\n\nassert lib.ANSWER == 42, f'the answer is {lib.ANSWER}'\n"


@pytest.fixture
def cluster(tmp_path):
    """Give three machines with a checkout each, one index, and their command lines."""
    files = tmp_path / "files"

    def publish(*minors):
        for minor in minors:
            code = f"ANSWER = {42 if minor < 5 else 41}\n"
            make_wheel(files, "lib", f"1.{minor}", files={"lib.py": code})
        index_pages(files)

    publish(0, 1, 2, 3, 4)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "VERSECT_C"))}
    with served(files, cache="no-cache") as server:

        def versect(machine, *words, status=0):
            home = tmp_path / f"machine-{machine}"
            if not home.exists():
                home.mkdir()
                (home / "study.toml").write_text(STUDY)
                (home / "repro.py").write_text(REPRODUCTION)
            done = subprocess.run(
                [PROGRAM, *words],
                cwd=home,
                env={**environment, "VERSECT_CACHE": str(tmp_path / f"cache-{machine}")},
                capture_output=True,
                text=True,
                timeout=280,
                check=False,
            )
            assert done.returncode == status, done.stdout + done.stderr
            return done

        environment = {
            **kept,
            "PIP_CONFIG_FILE": os.devnull,
            "XDG_CONFIG_HOME": str(tmp_path / "no-settings"),
            "UV_CACHE_DIR": str(tmp_path / "uv"),
            "UV_DEFAULT_INDEX": server.url,
            "VERSECT_ENGINE": "local",
        }
        yield SimpleNamespace(
            versect=versect, root=tmp_path, publish=publish, environment=environment
        )


def results(cluster, machine, *path):
    return cluster.root.joinpath(f"machine-{machine}", "results", "sums", *path)


def outcomes(cluster, machine):
    """Give every cell with its outcome, as the machine's table says."""
    cells = json.loads(results(cluster, machine, "matrix.json").read_text())["cells"]
    return {one["id"]: one["outcome"] for one in cells}


def all_results(cluster, *machines):
    return [str(cluster.root / f"machine-{machine}" / "results") for machine in machines]


def test_a_plan_is_the_matrix_of_a_job_and_lists_each_part(cluster):
    matrix = json.loads(cluster.versect(1, "plan", "study.toml", "--shards", "3", "--json").stdout)
    assert [one["shard"] for one in matrix["include"]] == ["1/3", "2/3", "3/3"]
    assert [one["cells"] for one in matrix["include"]] == [4, 4, 2]
    assert matrix.keys() == {"include"}
    listed = []
    for one in matrix["include"]:
        cells = cluster.versect(1, "plan", "study.toml", "--shard", one["shard"]).stdout.split()
        assert len(cells) == one["cells"]
        listed += cells
    dry = cluster.versect(1, "run", "study.toml", "--dry-run").stdout.splitlines()
    assert sorted(listed) == sorted(line.split()[-1] for line in dry)
    known = json.loads(cluster.versect(1, "plan", "study.toml", "--shard", "3/3", "--json").stdout)
    assert [one["known"] for one in known["cells"]] == [False, False]


def test_parts_run_on_machines_of_their_own_and_merged_are_the_whole(cluster):
    for machine in (1, 2, 3):
        cluster.versect(machine, "run", "study.toml", "--shard", f"{machine}/3")
        assert len(outcomes(cluster, machine)) in (2, 4)
    cluster.versect(4, "run", "study.toml")
    merge = ("merge", *all_results(cluster, 1, 2, 3))
    said = cluster.versect(5, *merge).stderr
    assert "10 new trials of 3 records, 10 in all" in said
    assert "the table of sums is not written" not in said
    assert outcomes(cluster, 5) == outcomes(cluster, 4)
    record = results(cluster, 5, "trials.jsonl").read_bytes()
    assert "0 new trials" in cluster.versect(5, *merge).stderr
    assert results(cluster, 5, "trials.jsonl").read_bytes() == record
    assert "10 known, 0 to run" in cluster.versect(5, "run", "study.toml").stderr
    assert len(list(results(cluster, 5, "locks").iterdir())) == 5


def test_a_shard_without_cells_is_no_error(cluster):
    done = cluster.versect(1, "run", "study.toml", "--shard", "6/6")
    assert "shard 6/6 has no cells" in done.stderr
    cluster.versect(2, "run", "study.toml", "--shard", "1/6")
    done = cluster.versect(3, "merge", *all_results(cluster, 1, 2))
    assert "note: no trial is stored in" in done.stderr


def test_a_check_of_a_part_runs_its_new_cells_and_the_whole_searches(cluster):
    cluster.versect(1, "run", "study.toml")
    cluster.versect(1, "accept", "sums")
    for machine in (2, 3):
        shutil.copytree(cluster.root / "machine-1", cluster.root / f"machine-{machine}")
    cluster.publish(5, 6)
    asked = []
    for machine in (1, 2, 3):
        words = ("check", "study.toml", "--json", "--shard", f"{machine}/3")
        done = subprocess.run(
            [PROGRAM, *words],
            cwd=cluster.root / f"machine-{machine}",
            env={**cluster.environment, "VERSECT_CACHE": str(cluster.root / "cache-1")},
            capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        told = json.loads(done.stdout)
        assert done.returncode in (0, 20)
        assert (told["spent"], told["exit_code"]) == (0, done.returncode)
        asked += told["asked"]
    assert sorted(asked) == [f"py{PYTHON}-lib1.{m}-size={s}" for m in (5, 6) for s in (1, 2)]
    cluster.versect(1, "merge", *all_results(cluster, 2, 3))
    told = json.loads(cluster.versect(1, "check", "study.toml", "--json", status=20).stdout)
    assert told["asked"] == []
    (one,) = told["regressions"]
    assert (one["culprit"], one["verdict"], len(one["cells"])) == ("lib 1.5", "found", 4)


def test_parts_of_different_commits_are_refused(cluster):
    cluster.versect(1, "run", "study.toml", "--shard", "1/2")
    cluster.versect(2, "plan", "study.toml")
    (cluster.root / "machine-2" / "repro.py").write_text(REPRODUCTION + "# another commit\n")
    cluster.versect(2, "run", "study.toml", "--shard", "2/2")
    done = cluster.versect(3, "merge", *all_results(cluster, 1, 2), status=5)
    assert "the study or its reproduction differs" in done.stderr
    assert not results(cluster, 3, "trials.jsonl").exists()


def test_results_of_another_machine_are_accepted_where_the_study_is(cluster):
    cluster.versect(1, "run", "study.toml")
    cluster.versect(2, "plan", "study.toml")
    (cluster.root / "machine-1").rename(cluster.root / "gone")
    shutil.copytree(cluster.root / "gone" / "results", results(cluster, 2).parent)
    assert "accepted 10 cells" in cluster.versect(2, "accept", "sums").stderr
    assert "10 cells, 0 of them run now" in cluster.versect(2, "check", "study.toml").stdout


def test_where_the_study_is_not_the_trials_are_merged_all_the_same(cluster):
    cluster.versect(1, "run", "study.toml", "--shard", "1/5")
    (cluster.root / "machine-1").rename(cluster.root / "elsewhere")
    (cluster.root / "machine-3").mkdir()
    done = cluster.versect(3, "merge", str(cluster.root / "elsewhere" / "results" / "sums"))
    assert results(cluster, 3, "trials.jsonl").exists()
    assert "the study is not on this machine" in done.stderr


def test_nothing_to_merge_is_refused(cluster):
    cluster.versect(1, "plan", "study.toml")
    assert "no trial is stored" in cluster.versect(1, "merge", ".", status=2).stderr


def test_a_killed_merge_leaves_the_old_record_or_the_new_one(cluster):
    for machine in (1, 2):
        cluster.versect(machine, "run", "study.toml", "--shard", f"{machine}/2")
    cluster.versect(3, "merge", *all_results(cluster, 1))
    old = results(cluster, 3, "trials.jsonl").read_bytes()
    argv = [PROGRAM, "merge", *all_results(cluster, 2)]
    seen = set()
    for number in range(6):
        merging = subprocess.Popen(
            argv, cwd=cluster.root / "machine-3", env=cluster.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(0.4 + 0.2 * number)
        merging.send_signal(signal.SIGKILL)
        merging.wait()
        seen.add(results(cluster, 3, "trials.jsonl").read_bytes())
    cluster.versect(3, *argv[1:])
    new = results(cluster, 3, "trials.jsonl").read_bytes()
    assert old != new
    assert seen <= {old, new}
    assert len(outcomes(cluster, 3)) == 10
