"""The way a user goes, on real releases: the built-in study agrees with what is known of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.online, pytest.mark.timeout(600)]

PYTHON = f"3.{sys.version_info.minor}"


def versect(folder, *words):
    """Run the command line as a user does, in an empty folder."""
    program = Path(sys.executable).with_name("versect")
    return subprocess.run(
        [str(program), *words], cwd=folder, capture_output=True, text=True, timeout=590, check=False
    )


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def study(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    done = versect(
        folder,
        *("run", "event-loop", "--engine", request.param, "--python", PYTHON, "-j", "2"),
        *("--axis", "openai=1.3.7,1.3.8,1.55.2,>=3"),
        *("--include", "mode=collected;strategy=per-instance-loop,context-manager"),
    )
    assert done.returncode == 0, done.stderr
    return folder, request.param, done


@pytest.fixture(scope="module")
def cells(study):
    folder, _, _ = study
    document = json.loads((folder / "results" / "event-loop" / "matrix.json").read_text())
    return {
        (c["axes"]["openai"], c["axes"]["httpx"], c["axes"]["strategy"]): c
        for c in document["cells"]
    }


def outcome(cells, openai, httpx, strategy="per-instance-loop"):
    version = next(o for o, _, _ in cells if o.startswith(openai))
    return cells[version, httpx, strategy]["outcome"]


def test_the_first_failing_release_is_1_3_8(cells):
    assert outcome(cells, "1.3.7", "0.27.2") == "passed"
    assert outcome(cells, "1.3.8", "0.27.2") == "failed"
    assert outcome(cells, "1.55.2", "0.27.2") == "failed"
    assert outcome(cells, "3.", "0.28.1") == "failed"


def test_closing_the_client_on_its_own_loop_cures_it(cells):
    found = {
        outcome(cells, openai, httpx, "context-manager")
        for openai, httpx in [("1.3.7", "0.27.2"), ("1.3.8", "0.27.2"), ("3.", "0.27.2")]
    }
    assert found == {"passed"}


def test_the_end_of_proxies_is_another_failure(cells):
    found = cells["1.55.2", "0.28.1", "per-instance-loop"]
    assert found["outcome"] == "failed-otherwise"
    assert "proxies" in found["signature"]


def test_httpx_is_inert_from_openai_3_on(cells):
    inert = {openai for (openai, _, _), cell in cells.items() if "httpx" in cell.get("inert", ())}
    assert {version.partition(".")[0] for version in inert} == {"3"}


def test_the_table_says_where_outcomes_change(study):
    table = (study[0] / "results" / "event-loop" / "table.md").read_text()
    assert "openai 1.3.7 -&gt; 1.3.8: passed -&gt; failed" in table
    assert "httpx is installed but never imported" in table


def test_every_lock_is_kept_with_hashes(study):
    locks = list((study[0] / "results" / "event-loop" / "locks").glob("*/pylock.toml"))
    assert len(locks) == 8
    assert all("sha256" in lock.read_text() for lock in locks)


def test_a_second_run_runs_nothing(study):
    folder, engine, _ = study
    record = folder / "results" / "event-loop" / "trials.jsonl"
    before = record.read_bytes()
    done = versect(
        folder,
        *("run", "event-loop", "--engine", engine, "--python", PYTHON),
        *("--axis", "openai=1.3.7,1.3.8,1.55.2,>=3"),
        *("--include", "mode=collected;strategy=per-instance-loop,context-manager"),
    )
    assert "16 known, 0 to run" in done.stderr
    assert record.read_bytes() == before


def test_the_report_is_made_again_from_the_store(study):
    folder, _, _ = study
    done = versect(folder, "report", "event-loop", "--reclassify")
    assert done.returncode == 0, done.stderr
    assert "no outcome changes" in done.stderr


def test_a_cell_can_be_repeated(study):
    folder, engine, _ = study
    cell = f"py{PYTHON}-httpx0.28.1-openai1.55.2-mode=collected-strategy=context-manager"
    done = versect(folder, "reproduce", cell, "--engine", engine)
    assert done.returncode == 0, done.stderr
    again = subprocess.run(
        done.stdout, shell=True, capture_output=True, text=True, env=os.environ, check=False
    )
    assert again.returncode == 1
    assert "unexpected keyword argument 'proxies'" in again.stderr


def test_an_unknown_cell_is_refused_with_the_nearest_one(study):
    folder, _, _ = study
    done = versect(folder, "reproduce", f"py{PYTHON}-httpx0.28.1-openai1.55.2-mode=collected")
    assert done.returncode == 2
    assert "did you mean" in done.stderr
