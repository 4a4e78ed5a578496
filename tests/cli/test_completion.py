"""Completion as the shells ask for it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from versect.cli.completion import completion
from versect.cli.main import cli

ROOT = Path(__file__).parents[2]
ID = "py3.12-httpx0.28.1-mode=collected"


@pytest.fixture
def folder(tmp_path):
    """A folder with results, and a ``versect`` on the way there."""
    results = tmp_path / "results" / "mine"
    results.mkdir(parents=True)
    (results / "trials.jsonl").write_text("")
    (results / "matrix.json").write_text(
        f'{{"cells": [{{"id": "{ID}"}}, {{"id": "{ID}-more=1"}}, {{"id": "py3.13-httpx0.28.1"}}]}}'
    )
    (tmp_path / "study.toml").write_text(
        'command = ["true"]\nrequires = ["numpy>1"]\n[projects."openai[x]"]\n[projects.httpx]\n'
    )
    program = tmp_path / "bin" / "versect"
    program.parent.mkdir()
    code = "from versect.cli.main import main; main()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c \'{code}\' "$@"\n')
    program.chmod(0o755)
    return tmp_path


def environment(folder):
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src")}


def completed(*words):
    """Give what a shell is told for the last of some words, each as bash is told it."""
    shell = BashComplete(cli, {}, "versect", "_VERSECT_COMPLETE")
    items = shell.get_completions(list(words[1:-1]), words[-1])
    return [shell.format_completion(item) for item in items]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("versect", "bis"), ["plain,bisect"]),
        (("versect", "run", "--eng"), ["plain,--engine"]),
        (("versect", "run", "--engine", "d"), ["plain,docker"]),
        (("versect", "run", "eve"), ["file,eve", "plain,event-loop"]),
        (("versect", "run", "mi"), ["file,mi", "plain,mine"]),
        (("versect", "run", "--", "py"), ["file,py"]),
        (("versect", "report", "m"), ["plain,mine"]),
        (("versect", "bisect", "study.toml", "--project", "o"), ["plain,openai"]),
        (("versect", "bisect", "--project", ""), ["plain,python"]),
        (("versect", "bisect", "absent", "--project", "p"), ["plain,python"]),
        (("versect", "reproduce", "m"), ["plain,mine"]),
        (("versect", "reproduce", "mine", "py3.13"), ["plain,py3.13-httpx0.28.1"]),
        (("versect", "reproduce", "mine", "py3.12"), [f"plain,{ID}", f"plain,{ID}-more=1"]),
        (("versect", "completion", "z"), ["plain,zsh"]),
    ],
)
def test_words_are_completed(folder, monkeypatch, words, offered):
    monkeypatch.chdir(folder)
    assert completed(*words) == offered


def test_bash_takes_ids_apart_at_the_sign_of_equality(folder, monkeypatch):
    monkeypatch.chdir(folder)
    start = ID.removesuffix("=collected")
    assert completed("versect", "reproduce", start, "=", "col") == [
        "plain,collected",
        "plain,collected-more=1",
    ]


def test_a_script_is_printed_for_each_shell():
    for shell in ("bash", "zsh", "fish"):
        done = CliRunner().invoke(completion, [shell])
        assert done.exit_code == 0
        assert re.search(rf"_VERSECT_COMPLETE={shell}_complete", done.stdout)
        assert done.stderr == ""


def in_shell(folder, *argv):
    done = subprocess.run(
        argv, env=environment(folder), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes(folder):
    script = """
        eval "$(versect completion bash)"
        complete -p versect
        COMP_WORDS=(versect run --engine d) COMP_CWORD=3
        _versect_completion versect
        echo "${COMPREPLY[@]}"
    """
    assert in_shell(folder, "bash", "--norc", "-c", script).splitlines() == [
        "complete -o nosort -F _versect_completion versect",
        "docker",
    ]


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_completes(folder):
    script = """
        autoload -Uz compinit; compinit -u -D
        eval "$(versect completion zsh)"
        echo $_comps[versect]
        compadd() { echo ${completions[@]} }
        words=(versect run --engine d) CURRENT=4
        _versect_completion
    """
    assert in_shell(folder, "zsh", "-f", "-c", script).split() == ["_versect_completion", "docker"]


@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
def test_fish_completes(folder):
    script = 'versect completion fish | source; complete -C "versect reproduce mine py3.12"'
    assert in_shell(folder, "fish", "--no-config", "-c", script).splitlines() == [
        ID,
        f"{ID}-more=1",
    ]
