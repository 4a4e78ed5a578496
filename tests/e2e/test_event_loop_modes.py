"""The study's modes, cures and interventions on real releases: each ends alike each time."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

pytestmark = [pytest.mark.online, pytest.mark.timeout(900)]

PYTHON = f"3.{sys.version_info.minor}"
MODES = ("collected", "reused", "reused-retried", "shared", "closed-elsewhere")


def run(folder, *words):
    """Run cells of the study in this machine's environments."""
    program = Path(sys.executable).with_name("versect")
    argv = [str(program), "run", "event-loop", "--engine", "local", "--python", PYTHON, "-j", "2"]
    argv += ["--axis", "httpx=0.27.2", *words]
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, timeout=800, check=False
    )
    assert done.returncode == 0, done.stderr


def trials(folder):
    """Give for each cell the exit status and the numbers of all its trials."""
    found = defaultdict(list)
    record = (folder / "results" / "event-loop" / "trials.jsonl").read_text()
    for line in record.splitlines():
        trial = json.loads(line)
        if "probe" not in trial:
            continue
        cell = trial["probe"]["cell"]
        seen = trial["observation"]
        numbers = re.search(r"^versect: (.*)$", seen["stdout"]["head"], re.MULTILINE)
        found[tuple(cell["parameters"][n][1] for n in range(len(cell["parameters"])))].append(
            (seen["ending"].get("status"), json.loads(numbers[1]) if numbers else None)
        )
    return found


def only(found, *values):
    """Give the one trial of a cell."""
    (one,) = found[values]
    return one


@pytest.fixture(scope="module")
def modes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("modes")
    asked = ("--axis", "openai=1.109.1", "--axis", f"mode={','.join(MODES)}")
    for _ in range(3):
        run(folder, *asked, "--axis", "strategy=per-instance-loop", "--fresh")
    return trials(folder)


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_ends_alike_each_time(modes, mode):
    first, *others = (
        (status, {**numbers, "unclosed": numbers["unclosed"] > 0})  # a connection more or less
        for status, numbers in modes[mode, "per-instance-loop"]
    )
    assert others == [first, first]


@pytest.mark.parametrize(
    ("mode", "status", "seen"),
    [
        ("collected", 0, {"logged": 1, "dropped": 1, "raised": 0, "calls": 32, "requests": 32}),
        ("reused", 1, {"raised": 1, "logged": 0}),
        ("reused-retried", 1, {"raised": 0, "errors": 0, "calls": 32, "requests": 33}),
        ("shared", 1, {"raised": 1, "logged": 0}),
        ("closed-elsewhere", 1, {"raised": 1, "calls": 16, "requests": 16}),
    ],
)
def test_a_mode_comes_to_light_in_its_own_way(modes, mode, status, seen):
    found, numbers = modes[mode, "per-instance-loop"][0]
    assert found == status
    assert numbers.items() >= seen.items()


@pytest.fixture(scope="module")
def causes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("causes")
    base = ("--axis", "mode=collected", "--axis", "strategy=per-instance-loop")
    kinds = "none,hold-loop,collect-outside,no-op-finaliser,clear-cache"
    run(folder, *base, "--axis", "openai=1.109.1", "--parameter", f"intervention={kinds}")
    return trials(folder)


@pytest.mark.parametrize(
    ("intervention", "logged"),
    [("none", 1), ("hold-loop", 0), ("collect-outside", 0), ("no-op-finaliser", 0)],
)
def test_each_link_of_the_chain_is_needed_and_what_hides_it_leaks(causes, intervention, logged):
    status, numbers = only(causes, "collected", "per-instance-loop", intervention)
    assert (status, numbers["logged"]) == (0, logged)
    assert numbers["unclosed"] > 0


def test_what_a_release_has_not_got_cannot_be_changed(causes):
    assert only(causes, "collected", "per-instance-loop", "clear-cache") == (125, None)


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    folder = tmp_path_factory.mktemp("life")
    base = ("--axis", "mode=collected", "--axis", "strategy=per-instance-loop")
    run(
        folder,
        *(*base, "--axis", "openai=1.109.1", "--parameter", "configurations=9"),
        *("--parameter", "keep=dropped,kept", "--parameter", "collect=inside,between"),
    )
    return trials(folder)


@pytest.mark.parametrize(
    ("keep", "collect", "logged", "dropped"),
    [
        ("dropped", "inside", 8, 8),
        ("dropped", "between", 0, 8),
        ("kept", "inside", 0, 0),
        ("kept", "between", 0, 0),
    ],
)
def test_only_what_is_dropped_and_collected_inside_the_next_loop_fails(
    life, keep, collect, logged, dropped
):
    _, numbers = only(life, "collected", "per-instance-loop", "9", keep, collect)
    assert (numbers["logged"], numbers["dropped"]) == (logged, dropped)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    folder = tmp_path_factory.mktemp("analysis")
    asked = ("--axis", "openai=1.3.7,1.109.1,>=3", "--axis", "mode=analysis")
    run(folder, *asked, "--axis", "strategy=explicit-close", "--parameter", "tls=plain,tls")
    return trials(folder)


@pytest.mark.parametrize("tls", ["plain", "tls"])
def test_the_analysis_leaves_nothing_behind(analysis, tls):
    found = analysis["analysis", "explicit-close", tls]
    assert len(found) == 3
    for status, numbers in found:
        assert status == 0
        assert numbers["calls"] == numbers["requests"] == 144
        assert not any(numbers[n] for n in ("errors", "warnings", "unclosed", "sockets", "logged"))
