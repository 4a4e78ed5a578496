"""``versect trace -- COMMAND`` as a person types it."""

import json
import subprocess
import sys

import pytest

from versect.cli.main import run

PROGRAM = """
import asyncio, sys
print("said", sys.argv[1:], [path for path in sys.path if "versect/forensics" in path])
asyncio.run(asyncio.sleep(0))
sys.exit(3)
"""


@pytest.fixture
def trace(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(PROGRAM)

    def call(*words):
        status = run(["trace", *words])
        said = capfd.readouterr()
        return status, said.out, said.err

    return call


def test_a_command_runs_as_it_is_and_its_status_is_given_back(trace, tmp_path):
    status, out, err = trace("--", sys.executable, "app.py", "--json", "x")
    assert status == 3
    assert out.startswith("said ['--json', 'x'] []\n\nno client outlived its loop")
    assert "loop-1 begins to run" in out
    assert "timeline: results/trace/timelines/command.json" in err
    assert "page: results/trace/report.html" in err
    assert (tmp_path / "results" / "trace" / "timelines" / "command.json").exists()


def test_with_json_standard_output_is_one_document(trace):
    status, out, err = trace("--json", "--name", "mine", "--", sys.executable, "app.py")
    document = json.loads(out)
    assert (status, document["schema_version"], document["status"]) == (3, 1, 3)
    assert document["lives"][0]["name"] == "loop-1"
    assert "said []" in err


def test_a_python_that_takes_no_tracer_is_said(trace):
    status, _, err = trace("--", sys.executable, "-I", "-c", "pass")
    assert status == 12
    assert "nothing was traced" in err


def test_a_program_in_which_nothing_lives_is_said(trace):
    status, _, err = trace("--", sys.executable, "-c", "pass")
    assert status == 12
    assert "no event loop, client or connection" in err


def test_a_signal_is_given_back_as_a_shell_does(trace):
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    status, _, _ = trace("--", sys.executable, "-c", code)
    assert status == 143


def test_a_command_that_is_none_is_refused(trace):
    status, _, err = trace("--", "./nothing-here")
    assert status == 2
    assert "cannot run ./nothing-here" in err
    assert "hint: " in err


def test_a_command_has_no_cells_to_choose_from(trace, tmp_path):
    status, _, err = trace("--cell", "py3.12", "--", sys.executable, "app.py")
    assert status == 2
    assert "a command has none" in err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", ["../elsewhere", "/elsewhere", "a/b", "..", "2"])
def test_a_name_that_leads_out_of_its_folder_is_refused(trace, tmp_path, name):
    status, out, err = trace("--name", name, "--", sys.executable, "app.py")
    assert (status, out) == (2, "")
    assert "a letter first" in err
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]


def test_a_sitecustomize_of_the_user_s_own_is_still_imported(trace, tmp_path, monkeypatch):
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import builtins; builtins.mine = 'customised'")
    monkeypatch.setenv("PYTHONPATH", str(own))
    code = "import sys, asyncio; print(mine, sys.modules['sitecustomize'].__file__)"
    status, out, _ = trace("--", sys.executable, "-c", code)
    plain = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert status in (0, 12)
    assert out.partition("\n")[0] + "\n" == plain.stdout


def test_neither_study_nor_command_is_a_wrong_request(trace):
    status, _, err = trace()
    assert status == 2
    assert "nothing to run" in err
