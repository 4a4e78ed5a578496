"""Finding interpreters: real ones, and things that only look like them."""

import os
import platform
import sys
import venv

import pytest

from versect.env.interpreters import Interpreters
from versect.env.probing import Facts, facts

HERE = ".".join(platform.python_version_tuple()[:2])

GOOD = b"""{"version": "3.12.1", "implementation": "cpython", "executable": "/v/bin/python",
"base": "/usr/bin/python3.12", "magic": "cb0d0d0a", "cache_tag": "cpython-312",
"system": "linux", "machine": "x86_64", "libc": ["glibc", "2.36"]}"""


def _program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def _counting(tmp_path, version):
    """Make something that answers as an interpreter does, and notes that it was asked."""
    asked = tmp_path / "asked"
    answer = GOOD.decode().replace("\n", " ").replace("3.12.1", version)
    answer = answer.replace("/usr/bin/python3.12", str(tmp_path / "bin/python3.99"))
    _program(
        tmp_path / "bin/python3.99", f"#!/bin/sh\necho x >> {asked}\ncat <<'END'\n{answer}\nEND\n"
    )
    return asked


@pytest.fixture
def interpreters(tmp_path):
    env = {"PATH": str(tmp_path / "bin"), "PYENV_ROOT": str(tmp_path / "pyenv")}
    return lambda: Interpreters(env, tmp_path / "home", tmp_path / "memory.json")


def test_the_interpreter_that_runs_versect_is_always_found(interpreters):
    found = interpreters().find(HERE)
    assert found is not None
    assert found.version.startswith(HERE)


def test_a_virtual_environment_is_resolved_to_what_stands_behind_it(tmp_path, interpreters):
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    (tmp_path / "bin").symlink_to(tmp_path / "venv/bin")
    for found in interpreters().all():
        assert not found.executable.startswith(str(tmp_path))


def test_a_shim_that_refuses_is_no_interpreter(tmp_path, interpreters):
    refusing = "#!/bin/sh\necho 'pyenv: python3.98: command not found' >&2\nexit 127\n"
    _program(tmp_path / "bin/python3.98", refusing)
    assert interpreters().find("3.98") is None


@pytest.mark.parametrize(
    "text", ["#!/bin/sh\n", "#!/bin/sh\necho '{}'\n", "#!/nowhere/sh\n", "\0not a program"]
)
def test_what_gives_no_sensible_answer_is_no_interpreter(tmp_path, interpreters, text):
    _program(tmp_path / "bin/python3.98", text)
    assert interpreters().find("3.98") is None


def test_interpreters_of_pyenv_and_uv_are_found(tmp_path, interpreters):
    for folder in ("pyenv/versions/3.98.1/bin", "home/.local/share/uv/python/cpython-3.97/bin"):
        version = "3.98.1" if "pyenv" in folder else "3.97.2"
        answer = GOOD.decode().replace("\n", " ").replace("3.12.1", version)
        answer = answer.replace("/usr/bin/python3.12", str(tmp_path / folder / "python3"))
        _program(tmp_path / folder / "python3", f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    assert interpreters().find("3.98").version == "3.98.1"
    assert interpreters().find("3.97").version == "3.97.2"


def test_the_newest_patch_comes_first(tmp_path, interpreters):
    for version in ("3.98.2", "3.98.10"):
        folder = tmp_path / f"pyenv/versions/{version}/bin"
        answer = GOOD.decode().replace("\n", " ").replace("3.12.1", version)
        answer = answer.replace("/usr/bin/python3.12", str(folder / "python3"))
        _program(folder / "python3", f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    assert interpreters().find("3.98").version == "3.98.10"


def test_another_implementation_is_none(tmp_path, interpreters):
    answer = GOOD.decode().replace("\n", " ").replace('cpython"', 'pypy"', 1)
    _program(tmp_path / "bin/python3.98", f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    assert all(found.implementation == "cpython" for found in interpreters().all())


def test_an_interpreter_is_asked_once_and_again_when_it_has_changed(tmp_path, interpreters):
    asked = _counting(tmp_path, "3.99.1")
    assert interpreters().find("3.99").version == "3.99.1"
    assert interpreters().find("3.99").version == "3.99.1"
    assert asked.read_text() == "x\n"
    _counting(tmp_path, "3.99.12")
    assert interpreters().find("3.99").version == "3.99.12"
    assert asked.read_text() == "x\nx\n"


def test_a_file_called_after_another_version_is_asked_only_when_nothing_else_is_left(
    tmp_path, interpreters
):
    asked = _counting(tmp_path, "3.98.1")  # python3.99 says that it is 3.98
    found = interpreters()
    assert found.find(HERE) is not None
    assert not asked.exists()
    assert found.find("3.98").version == "3.98.1"
    assert asked.read_text() == "x\n"
    assert interpreters().find("3.98").version == "3.98.1"
    assert asked.read_text() == "x\n"


def test_a_memory_that_is_garbled_is_made_again(tmp_path, interpreters):
    (tmp_path / "memory.json").write_text('{"x": {"version"')
    assert interpreters().find(HERE) is not None


def test_a_missing_interpreter_has_a_remedy_that_says_what_is_there(interpreters):
    words = interpreters().remedy("3.42")
    assert "uv python install 3.42" in words
    assert HERE in words


def test_the_answer_of_an_interpreter_is_read():
    found = facts(GOOD)
    assert isinstance(found, Facts)
    assert found.python == "3.12"
    assert found.executable == "/usr/bin/python3.12"
    assert found.platform == "x86_64-manylinux_2_36"


@pytest.mark.parametrize(
    ("libc", "platform_"),
    [
        (b'["glibc", "2.99"]', "x86_64-manylinux_2_40"),
        (b'["glibc", "2.12"]', None),
        (b'["", ""]', None),
        (b'["musl", "1.2"]', None),
    ],
)
def test_the_platform_is_one_that_uv_knows(libc, platform_):
    assert facts(GOOD.replace(b'["glibc", "2.36"]', libc)).platform == platform_


@pytest.mark.parametrize("answer", [b"", b"pyenv: python3.12: command not found", b"[]", b"{}"])
def test_what_is_no_answer_is_no_interpreter(answer):
    assert facts(answer) is None


def test_the_environment_of_the_user_does_not_reach_a_candidate(tmp_path, interpreters):
    seen = tmp_path / "seen"
    _program(tmp_path / "bin/python3.98", f"#!/bin/sh\nenv > {seen}\nexit 1\n")
    os.environ["VERSECT_TEST_SECRET"] = "x"
    try:
        interpreters().all()
    finally:
        del os.environ["VERSECT_TEST_SECRET"]
    assert "SECRET" not in seen.read_text()


def test_real_interpreters_say_what_they_are(interpreters):
    found = interpreters().find(HERE)
    assert found.magic
    assert found.cache_tag == sys.implementation.cache_tag
