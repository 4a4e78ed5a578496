"""All of a study in one command: its table, its sweeps, its searches; ended and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.published import validator
from tests.support.wheels import index_pages, make_wheel, served

pytestmark = pytest.mark.timeout(600)

PROGRAM = str(Path(sys.executable).with_name("versect"))
PYTHON = f"3.{sys.version_info.minor}"

STUDY = f"""\
name = "sums"
reproduction = "repro.py"
python = ["{PYTHON}"]

[projects.planted]
versions = ["1.2", "1.3"]

[parameters]
size = [1, 2]

[[needs]]
where = {{ way = ["fast"] }}
requires = ["booster"]

[sweeps.way]
about = "does the booster help?"
part = "how"
vary = "way"
words = {{ fast = "with the booster" }}
trace = true
[sweeps.way.projects.planted]
versions = ["1.3"]
[sweeps.way.parameters]
way = ["plain", "fast"]

[sweeps.chance]
about = "does it always fail?"
part = "when"
vary = "size"
full = true
repeats = 3
[sweeps.chance.parameters]
size = [2, 3]

[sweeps.elsewhere]
about = "and on another interpreter?"
vary = "size"
python = ["3.1"]

[[searches]]
about = "Which release breaks it?"
project = "planted"
parameters = {{ size = "2" }}
full = true
"""
REPRODUCTION = """\
import json, os, time, planted

size = int(os.environ.get("VERSECT_SIZE", "1"))
way = os.environ.get("VERSECT_WAY", "plain")
time.sleep(float(os.environ.get("PAUSE", "0")))
found = planted.total([1] * size)
if way == "fast":
    import booster
    found = size
print("versect: " + json.dumps({"found": found, "size": size}))
assert found == size, f"the total is off by {found - size}"
"""
CODE = "def total(numbers):\n    return sum(numbers) + {off}\n"


@pytest.fixture
def bench(tmp_path):
    """Give a study, an index, and the command line."""
    work, files = tmp_path / "work", tmp_path / "files"
    work.mkdir()
    (work / "study.toml").write_text(STUDY)
    (work / "repro.py").write_text(REPRODUCTION)
    for minor in range(6):
        code = CODE.format(off=int(minor > 2))
        make_wheel(files, "planted", f"1.{minor}", files={"planted/__init__.py": code})
    make_wheel(files, "booster", "2.0")
    index_pages(files)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "VERSECT_C"))}
    with served(files) as server:
        environment = {
            **kept,
            "PIP_CONFIG_FILE": os.devnull,
            "XDG_CONFIG_HOME": str(tmp_path / "no-settings"),
            "UV_CACHE_DIR": str(tmp_path / "uv"),
            "UV_DEFAULT_INDEX": server.url,
            "VERSECT_ENGINE": "local",
            "VERSECT_CACHE": str(tmp_path / "cache"),
        }

        def started(*words):
            return subprocess.Popen(
                [PROGRAM, *words], cwd=work, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip

        def versect(*words):
            process = started(*words)
            out, err = process.communicate(timeout=280)
            return SimpleNamespace(returncode=process.returncode, stdout=out, stderr=err)

        yield SimpleNamespace(versect=versect, started=started, work=work)


def results(bench, *path):
    return bench.work.joinpath("results", "sums", *path)


def asked(bench):
    """Count the trials of every cell."""
    lines = results(bench, "trials.jsonl").read_text().splitlines()[1:]
    documents = map(json.loads, lines)
    return Counter(json.dumps([d["probe"], d["fingerprint"]]) for d in documents)


def test_one_command_asks_all_and_the_same_command_again_asks_nothing(bench):
    shown = bench.versect("run", "study.toml", "--full", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "sweep way: 2 cells, 2 trials, 0 known" in shown.stdout
    assert "sweep chance: 4 cells, 12 trials, 0 known" in shown.stdout
    assert "search planted-size=2" in shown.stdout
    assert "sweep elsewhere is not asked" not in shown.stderr

    done = bench.versect("run", "study.toml", "--full", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert "3 sweeps: 18 trials, 2 known; 16 to make" in done.stderr
    assert "sums: its table, then 3 sweeps: 18 trials, 0 known, then 1 search\n" in done.stderr
    assert "elsewhere: size 1 ? 2; 2 ? 2 (4 cells, 4 trials)" in done.stdout
    assert "way: way plain ✗; fast ✓ (2 cells, 2 trials)" in done.stdout
    assert "chance: size 2 ✓ 3, ✗ 3; 3 ✓ 3, ✗ 3 (4 cells, 12 trials)" in done.stdout
    assert "Which release breaks it? " in done.stdout
    assert "planted 1.3" in done.stdout.splitlines()[-1]

    table = results(bench, "table.md").read_text()
    assert "**4 cells: 2 passed, 2 failed.**" in table
    assert "| way plain | way fast (with the booster) |" in table
    document = json.loads(results(bench, "matrix.json").read_text())
    validator("matrix").validate(document)
    assert len(document["cells"]) == 4
    way = next(one for one in document["sweeps"] if one["name"] == "way")
    assert [cell["id"] for cell in way["cells"]] == [
        f"py{PYTHON}-planted1.3-way=plain",
        f"py{PYTHON}-planted1.3-with=booster-way=fast",
    ]
    timelines = {path.stem for path in results(bench, "timelines").iterdir()}
    assert timelines == {cell["id"] for cell in way["cells"]}
    assert way["cells"][0]["trials"][0]["measured"] == {"found": 2, "size": 1}
    verdict = json.loads(results(bench, "bisect", "planted-size=2", "verdict.json").read_text())
    assert verdict["suspects"] == ["1.3"]

    before = asked(bench)
    assert set(before.values()) == {1}
    next(results(bench, "timelines").iterdir()).unlink()
    again = bench.versect("run", "study.toml", "--full")
    assert "1 cell to trace once more" in again.stderr
    assert len(list(results(bench, "timelines").iterdir())) == 2
    assert again.returncode == 0
    assert "3 sweeps: 18 trials, 14 known; 4 to make" in again.stderr  # there is no Python 3.1
    assert {name for name in asked(bench) - before if '"python": "3.1"' not in name} == set()


def test_whatever_reads_the_same_record_is_not_disturbed_by_trials_of_sweeps(bench):
    assert bench.versect("run", "study.toml", "--full").returncode == 0
    assert bench.versect("accept", "sums").returncode == 0
    baseline = json.loads(results(bench, "baseline.json").read_text())
    assert len(baseline["cells"]) == 4
    assert bench.versect("report", "sums").returncode == 0
    document = json.loads(results(bench, "matrix.json").read_text())
    assert len(document["cells"]) == 4
    assert [one["name"] for one in document["sweeps"]] == ["way", "chance", "elsewhere"]
    checked = bench.versect("check", "study.toml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "booster" not in bench.versect("history", "sums").stdout
    numbers = "SELECT DISTINCT cell, value FROM trials JOIN measured ON trial = id "
    found = bench.versect("query", f"{numbers} WHERE name = 'size' AND cell LIKE '%with%'")
    assert found.returncode == 0, found.stderr
    cell = f"py{PYTHON}-planted1.3-with=booster-way=fast"
    assert cell in found.stdout
    repeated = bench.versect("reproduce", "sums", cell, "--run")
    assert (repeated.returncode, "passed" in repeated.stderr) == (0, True)


def test_a_run_that_is_killed_goes_on_where_it_was(bench):
    study = bench.work / "study.toml"
    study.write_text(study.read_text().replace('python = ["3.1"]', f'python = ["{PYTHON}"]'))
    study.write_text(study.read_text().replace('[projects.planted]\nversions = ["1.2"',
        '[variables]\nPAUSE = "0.3"\n\n[projects.planted]\nversions = ["1.2"', 1))  # fmt: skip
    ended = 0
    for wanted in (3, 8, 14):
        process = bench.started("run", "study.toml", "--full", "-j", "2")
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            log = results(bench, "trials.jsonl")
            if log.exists() and len(log.read_text().splitlines()) > wanted:
                process.send_signal(signal.SIGKILL if wanted != 8 else signal.SIGINT)
                break
            time.sleep(0.05)
        process.communicate(timeout=120)
        ended += process.returncode != 0
    assert ended == 3
    done = bench.versect("run", "study.toml", "--full", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert set(asked(bench).values()) == {1}
    assert "chance: size 2 ✓ 3, ✗ 3" in done.stdout
    assert "planted 1.3" in done.stdout.splitlines()[-1]


def test_an_interpreter_given_by_a_flag_leaves_the_others_sweeps_out(bench):
    done = bench.versect("run", "study.toml", "--full", "--dry-run", "--python", PYTHON)
    assert "sweep elsewhere is not asked: it has none of the interpreters chosen" in done.stderr
    assert "sweep elsewhere:" not in done.stdout
    axis = bench.versect("run", "study.toml", "--full", "--dry-run", "--axis", "size=7")
    assert f"py{PYTHON}-planted1.2-size=7" in axis.stdout
    assert "sweep chance: 4 cells, 12 trials" in axis.stdout
