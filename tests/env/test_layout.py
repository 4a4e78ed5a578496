"""How an environment looks on disk."""

import subprocess
import sys

import pytest

from tests.support.environments import target_here
from versect.env import layout
from versect.model.environment import Lock, LockDigest

LOCK = Lock(text="", packages=(), digest=LockDigest("d"))
ENTRY_POINTS = """
[console_scripts]
Tool = package.module:main
deep = package:Class.method
extra = package:main [extra1]

[gui_scripts]
window = package:window

[pytest11]
plugin = package.plugin
"""


def test_scripts_are_made_of_console_and_gui_entry_points():
    assert [name for name, _ in layout.scripts(ENTRY_POINTS, "/e/bin/python")] == [
        "Tool",
        "deep",
        "extra",
        "window",
    ]


def test_a_script_imports_the_outermost_name_and_calls_the_whole():
    scripts = dict(layout.scripts(ENTRY_POINTS, "/e/bin/python"))
    assert "from package import Class\n" in scripts["deep"]
    assert "sys.exit(Class.method())" in scripts["deep"]
    assert scripts["Tool"].startswith("#!/e/bin/python\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no section",
        "[console_scripts]\nx = \n",
        "[console_scripts]\n../x = a:b\n",
        "[a]\n[a]\n",
    ],
)
def test_entry_points_that_make_no_sense_make_no_script(text):
    assert list(layout.scripts(text, "/p")) == []


def test_scripts_of_python_are_given_this_interpreter_and_others_are_left():
    assert layout.rebased(b"#!/usr/bin/python3\nx\n", "/p") == b"#!/p\nx\n"
    assert layout.rebased(b"#!/bin/sh\nx\n", "/p") is None
    assert layout.rebased(b"\x7fELF", "/p") is None


@pytest.mark.parametrize("folder", ["short", "with blank", "long" * 40])
def test_a_script_starts_wherever_its_interpreter_lies(tmp_path, folder):
    place = tmp_path / folder
    place.mkdir()
    python = place / "python"
    python.symlink_to(sys.executable)
    script = place / "script"
    code = b"#!python\nimport sys\nprint(sys.argv[1])\n"
    script.write_bytes(layout.rebased(code, str(python)))
    script.chmod(0o755)
    done = subprocess.run([script, "a b"], capture_output=True, text=True, check=True)
    assert done.stdout == "a b\n"


@pytest.mark.parametrize(
    "changes",
    [{"image": "sha256:1"}, {"executable": "/other"}, {"magic": "00"}, {"version": "3.11.99"}],
)
def test_the_key_tells_targets_apart(changes):
    assert layout.key(LOCK, target_here(), None) != layout.key(LOCK, target_here(**changes), None)


def test_the_key_tells_environments_here_from_those_in_containers():
    assert layout.key(LOCK, target_here(), None) != layout.key(LOCK, target_here(), "/home")


def test_bytecode_lies_where_python_looks_for_it():
    assert layout.bytecode("a/b.py", "cpython-312") == "a/__pycache__/b.cpython-312.pyc"
    assert layout.bytecode("b.py", "cpython-312") == "__pycache__/b.cpython-312.pyc"


@pytest.mark.parametrize(
    ("name", "compiled"),
    [
        ("numpy/core.py", True),
        ("numpy/tests/test_core.py", False),
        ("tests/helper.py", True),
        ("test.py", True),
        ("numpy/tests.py", True),
        ("numpy/data.txt", False),
    ],
)
def test_everything_is_compiled_but_a_packages_tests(name, compiled):
    assert layout.is_compiled(name) is compiled
