"""Bad input and faults: a message, a remedy, the documented exit code, nothing lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("versect"))
PYTHON = f"3.{sys.version_info.minor}"


def versect(folder, *words, **options):
    return subprocess.run(
        [PROGRAM, *words], cwd=folder, capture_output=True, text=True, check=False,
        timeout=280, **options,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "repro.py").write_text("print('fine')\n")
    return tmp_path


RUN = ("run", "--engine", "local", "--python", PYTHON, "-j", "1")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "nonsense"), 2, "no study 'nonsense'"),
        (("run",), 2, "nothing to run"),
        ((*RUN, "-j", "0", "--", "python", "repro.py"), 2, "-j"),
        ((*RUN, "--axis", "httpx=>>1", "--", "python", "repro.py"), 2, "neither a version nor"),
        ((*RUN, "--axis", "httpx", "--", "python", "repro.py"), 2, "NAME=VALUES"),
        ((*RUN, "--", "python", "gone.py"), 2, "no file gone.py"),
        (("run", "--python", "3", "--", "python", "repro.py"), 2, "not an interpreter"),
        (("reproduce", "py3.12-nothing"), 2, "no cell"),
        (("report", "nothing"), 2, "no study"),
    ],
)
def test_a_wrong_request_is_refused_with_words_and_code_2(folder, words, code, said):
    done = versect(folder, *words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_axes_a_command_is_a_study_of_one_cell(folder):
    done = versect(folder, *RUN, "--", "python", "repro.py")
    assert done.returncode == 0, done.stderr
    assert "1 passed" in done.stdout


def test_malformed_toml_is_refused_with_its_place(folder):
    (folder / "study.toml").write_text("a = [\n")
    done = versect(folder, "run", "study.toml")
    assert done.returncode == 2
    assert "study.toml: not TOML" in done.stderr


def test_a_missing_interpreter_is_an_outcome_with_the_remedy(folder):
    done = versect(folder, "run", "--engine", "local", "--python", PYTHON, "--python", "3.77",
                   "--", "python", "repro.py")  # fmt: skip
    assert done.returncode == 0, done.stderr
    table = (folder / "results" / "repro" / "table.md").read_text()
    assert "interpreter-missing" in table
    assert "uv python install 3.77" in table


def test_a_results_folder_that_is_a_file_is_refused(folder):
    (folder / "results").write_text("")
    done = versect(folder, *RUN, "--", "python", "repro.py")
    assert done.returncode == 7, done.stderr
    assert "hint:" in done.stderr


def test_a_store_of_another_study_is_refused(folder):
    assert versect(folder, *RUN, "--", "python", "repro.py").returncode == 0
    (folder / "results" / "repro").rename(folder / "results" / "other")
    done = versect(folder, *RUN, "--name", "other", "--", "python", "repro.py")
    assert done.returncode == 5
    assert "'repro'" in done.stderr


def test_an_engine_that_does_not_answer_is_named_with_a_remedy(folder):
    env = {**os.environ, "DOCKER_HOST": "unix:///nowhere.sock"}
    done = versect(folder, "run", "--engine", "docker", "--python", PYTHON, "--", "python",
                   "repro.py", env=env)  # fmt: skip
    assert done.returncode == 4
    assert "docker" in done.stderr
    assert "hint:" in done.stderr


def test_without_any_engine_cells_run_locally_and_the_first_line_says_why(folder):
    env = {**os.environ, "DOCKER_HOST": "unix:///nowhere.sock"}
    done = versect(folder, "run", "--python", PYTHON, "--", "python", "repro.py", env=env)
    assert done.returncode == 0, done.stderr
    first = done.stderr.splitlines()[0]
    assert "engine local" in first
    assert "no container engine answers" in first


def test_an_index_that_is_down_is_exit_code_3(folder):
    env = {**os.environ, "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
    done = versect(folder, *RUN, "--axis", "httpx=>=0.27", "--cache", "cache", "--", "python",
                   "repro.py", env=env)  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "127.0.0.1:9" in done.stderr


SLOW = "import pathlib, time, os\ntime.sleep(0.4)\n"


def many(folder):
    (folder / "slow.py").write_text(SLOW)
    values = ",".join(map(str, range(12)))
    return (*RUN, "--parameter", f"n={values}", "--", "python", "slow.py")


def trials(folder):
    path = folder / "results" / "slow" / "trials.jsonl"
    return path.read_text().count("\n") - 1 if path.exists() else 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_ended_goes_on_where_it_was(folder, number):
    words = many(folder)
    with subprocess.Popen(
        [PROGRAM, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        deadline = time.monotonic() + 60
        while trials(folder) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        started = time.monotonic()
        process.communicate(timeout=60)
        assert time.monotonic() - started < 10
        assert process.returncode == (130 if number == signal.SIGINT else -number)
    kept = trials(folder)
    assert 3 <= kept < 12
    done = versect(folder, *words)
    assert done.returncode == 0, done.stderr
    assert f"{kept} known, {12 - kept} to run" in done.stderr
    assert trials(folder) == 12


def test_two_harnesses_at_once_do_the_work_once(folder):
    words = many(folder)
    both = [
        subprocess.Popen([PROGRAM, *words], cwd=folder, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]  # fmt: skip
    said = [process.communicate(timeout=200)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert trials(folder) == 12
    assert any("waiting for it to end" in words for words in said)
