"""``versect init`` as a person types it; what it writes must load."""

import io
import os
import pty
import subprocess
import sys
import tomllib

import pytest

from tests.support.wheels import index_pages, make_wheel
from versect.cli.main import run
from versect.source.load import find

HERE = f"3.{sys.version_info.minor}"
SITE = f"/nowhere/lib/python{HERE}/site-packages"
FLASK = f"""\
Traceback (most recent call last):
  File "{{folder}}/app.py", line 1, in <module>
    from flask import Flask
  File "{SITE}/flask/app.py", line 30, in <module>
    from werkzeug.urls import url_quote
ImportError: cannot import name 'url_quote' from 'werkzeug.urls' ({SITE}/werkzeug/urls.py)
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache that remembers the interpreters from test to test."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def init(tmp_path, monkeypatch, capsys, cache):
    """Give the command line in a new folder; returns status, stdout, stderr."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("VERSECT_CACHE", str(cache))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def call(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        status = run(["init", "--offline", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    call.folder = folder
    return call


def study(init, name="study.toml"):
    """Give the study that was written, read as ``versect run`` reads it."""
    return find(name, init.folder, init.folder / "results").study()


def test_a_traceback_becomes_a_study_and_the_commands_that_come_next(init):
    (init.folder / "app.py").write_text("from flask import Flask\n")
    (init.folder / "error.txt").write_text(FLASK.format(folder=init.folder))
    (init.folder / "freeze.txt").write_text("flask==2.2.2\nwerkzeug==3.0.3\n")
    status, out, err = init("--traceback", "error.txt", "--lock", "freeze.txt")
    assert status == 0, err
    assert out.splitlines() == [
        "versect run study.toml",
        "versect bisect study.toml --project werkzeug",
        "versect bisect study.toml --project flask --bad 2.2.2 --axis werkzeug=3.0.3",
    ]
    made = study(init)
    assert made.command == ("python", "app.py")
    assert made.pythons == (HERE,)
    assert [str(axis.project) for axis in made.projects] == ["werkzeug", "flask"]
    assert [str(axis.choices[0]) for axis in made.projects] == ["<=3.0.3", "2.2.2"]
    assert made.symptom.exception == "ImportError"
    assert made.symptom.message == r"cannot import name 'url_quote' from 'werkzeug\.urls'"
    assert "suspect 1: werkzeug" in err
    assert "assumed: the program is app.py" in err


def test_an_import_of_a_program_that_is_not_here_stands_for_it(init):
    status, _, err = init("--traceback", "-", stdin=FLASK.format(folder="/elsewhere"))
    assert status == 0, err
    assert study(init).command == ("python", "-c", "from flask import Flask")
    assert "with which release of flask it failed is not known" in err


def test_a_script_alone_tells_its_projects_files_and_interpreters(init):
    (init.folder / "helper.py").write_text("import yaml\n")
    (init.folder / "repro.py").write_text("import helper, httpx\n")
    status, out, err = init("repro.py")
    assert status == 0, err
    made = study(init)
    assert made.files == ("helper.py", "repro.py")
    assert [str(axis.project) for axis in made.projects] == ["pyyaml"]
    assert [str(one) for one in made.requirements] == ["httpx"]
    assert "any exit status but 0" in err
    assert out.splitlines()[1:] == [
        "versect bisect study.toml --project pyyaml",
        "versect bisect study.toml --project httpx",
    ]


def test_the_suspect_its_releases_and_the_failure_can_be_said(init):
    (init.folder / "repro.py").write_text("import httpx, openai\n")
    options = ("--project", "OpenAI", "--versions", ">=1,<2", "--exception", "TypeError")
    status, _, err = init("repro.py", *options, "--message", "prox(y|ies)")
    assert status == 0, err
    made = study(init)
    assert [str(axis.choices[0]) for axis in made.projects] == ["<2,>=1"]
    assert (made.symptom.exception, made.symptom.message) == ("TypeError", "prox(y|ies)")


def test_a_block_of_a_script_is_respected(init):
    (init.folder / "repro.py").write_text(
        f'# /// script\n# requires-python = "=={HERE}.*"\n'
        '# dependencies = ["openai[aiohttp]==1.55.2", "numpy<2"]\n# ///\nimport openai\n'
    )
    assert init("repro.py")[0] == 0
    made = study(init)
    assert made.pythons == (HERE,)
    ((axis,), (requirement,)) = made.projects, made.requirements
    assert (str(axis.project), sorted(axis.extras)) == ("openai", ["aiohttp"])
    assert str(axis.choices[0]) == "<=1.55.2"
    assert str(requirement) == "numpy<2"


def test_a_command_may_be_a_test_of_pytest(init):
    (init.folder / "test_a.py").write_text("import httpx\ndef test_a(): ...\n")
    (init.folder / "conftest.py").write_text("import yaml\n")
    status, _, err = init(
        "--project", "httpx", "--", "python3", "-m", "pytest", "test_a.py::test_a"
    )
    assert status == 0, err
    made = study(init)
    assert made.command == ("python", "-m", "pytest", "test_a.py::test_a")
    assert made.files == ("conftest.py", "test_a.py")
    assert {str(one) for one in made.requirements} == {"pytest", "pyyaml"}


def test_a_failed_test_is_the_command_when_only_output_of_pytest_is_given(init):
    (init.folder / "test_a.py").write_text("import httpx\ndef test_a(): ...\n")
    text = "FAILED test_a.py::test_a - TypeError: Client.__init__() got an unexpected ke...\n"
    status, _, err = init("--traceback", "-", stdin=text)
    assert status == 0, err
    made = study(init)
    assert made.command[-1] == "test_a.py::test_a"
    assert made.symptom.exception == "TypeError"


def test_what_fails_only_with_words_is_sought_by_its_words(init):
    (init.folder / "test_a.py").write_text("import httpx\ndef test_a(): ...\n")
    text = "FAILED test_a.py::test_a - assert 17 == 4\n"
    assert init("--traceback", "-", stdin=text)[0] == 0
    assert study(init).symptom.exception is None
    assert study(init).symptom.text == r"assert \d+(?:\.\d+)* == \d+(?:\.\d+)*"


def test_a_script_elsewhere_has_its_study_beside_it(init):
    other = init.folder.parent / "other"
    other.mkdir()
    (other / "repro.py").write_text("import httpx\n")
    assert init(str(other / "repro.py"))[0] == 0
    assert (other / "study.toml").is_file()
    status, _, err = init(str(other / "repro.py"), "--output", "mine.toml")
    assert status == 2
    assert "--output" in err


def test_nothing_is_written_over_unless_forced(init):
    (init.folder / "repro.py").write_text("import httpx\n")
    (init.folder / "study.toml").write_text("mine")
    status, _, err = init("repro.py")
    assert status == 2
    assert "--force" in err
    assert (init.folder / "study.toml").read_text() == "mine"
    assert init("repro.py", "--force")[0] == 0
    assert tomllib.loads((init.folder / "study.toml").read_text())["name"] == "repro-httpx"


def test_a_log_that_is_no_clean_text_is_read_all_the_same(init):
    text = f"caf\xe9\n{FLASK.format(folder='/elsewhere')}".encode("latin-1")
    (init.folder / "error.log").write_bytes(text)
    assert init("--traceback", "error.log")[0] == 0
    assert study(init).symptom.exception == "ImportError"


def test_what_was_installed_beside_it_is_held_but_for_what_the_suspect_needs(init):
    site = init.folder / "env" / "lib" / f"python{HERE}" / "site-packages"
    for name, version, needs in (
        (
            "flask",
            "2.2.2",
            ("werkzeug >=2.2.2,<4", "click >=8", 'colorama; sys_platform == "win32"'),
        ),
        ("werkzeug", "3.0.3", ("markupsafe",)),
        ("click", "8.1.0", ()),
        ("markupsafe", "2.1.0", ()),
        ("unrelated", "1.0", ()),
    ):
        info = site / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {one}" for one in needs]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n")
    text = FLASK.replace(SITE, str(site)).format(folder="/elsewhere")
    status, _, err = init("--traceback", "-", stdin=text)
    assert status == 0, err
    made = study(init)
    assert [str(axis.choices[0]) for axis in made.projects] == ["<=3.0.3,>=2.2.2", "2.2.2"]
    assert [str(one) for one in made.requirements] == ["click==8.1.0"]


@pytest.mark.parametrize("file", ["a" * 900 + ".py", "a\0.py", "/" * 900, "..", ".", "~"])
def test_what_only_looks_like_a_path_breaks_nothing(init, file):
    text = f'Traceback (most recent call last):\n  File "{file}", line 1, in f\nValueError: no\n'
    status, _, err = init("--traceback", "-", stdin=text)
    assert (status, "which program" in err) == (2, True)


def test_the_commands_that_come_next_find_the_release(init, monkeypatch, capsys, cache):
    files = cache / "files"
    for minor in range(6):
        code = "def answer(): ...\n" if minor < 4 else ""
        make_wheel(files, "inner", f"1.{minor}", files={"inner.py": code})
    make_wheel(
        files,
        "outer",
        "1.0",
        requires=["inner>=1.1"],
        files={"outer.py": "import inner\n\ndef go():\n    return inner.answer()\n"},
    )
    for name in os.environ:
        if name.startswith(("UV_", "PIP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("UV_DEFAULT_INDEX", index_pages(files))
    monkeypatch.setenv("UV_CACHE_DIR", str(cache / "uv"))
    monkeypatch.setenv("VERSECT_ENGINE", "local")
    (init.folder / "app.py").write_text("import outer\n\nouter.go()\n")
    (init.folder / "freeze.txt").write_text("inner==1.5\nouter==1.0\n")
    (init.folder / "error.txt").write_text(
        "Traceback (most recent call last):\n"
        f'  File "{init.folder}/app.py", line 3, in <module>\n    outer.go()\n'
        f'  File "{SITE}/outer.py", line 4, in go\n    return inner.answer()\n'
        "AttributeError: module 'inner' has no attribute 'answer'\n"
    )
    status, out, err = init("--traceback", "error.txt", "--lock", "freeze.txt")
    assert status == 0, err
    bisect = out.splitlines()[1].split()[1:]
    assert run(bisect) == 0
    assert "inner 1.4 is the first release that fails; inner 1.3 passes" in capsys.readouterr().out


def test_on_a_terminal_it_asks_and_answers_may_be_accepted(init, tmp_path):
    (init.folder / "app.py").write_text("import flask\n")
    (init.folder / "error.txt").write_text(FLASK.format(folder=init.folder))
    (init.folder / "freeze.txt").write_text("flask==2.2.2\nwerkzeug==3.0.3\n")
    code = "from versect.cli.main import main; main()"
    words = ("init", "--offline", "--traceback", "error.txt", "--lock", "freeze.txt")
    ours, theirs = pty.openpty()
    try:
        os.write(ours, b"2\n>=2,<2.3\n")
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=init.folder,
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.PIPE,
            check=False,
        )
        said = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0, said
    assert "Whose releases are suspect?" in said
    assert "Which releases of flask?" in said
    assert "Which of them is the failure?" not in said  # there is one exception only
    (axis, held) = study(init).projects
    assert (str(axis.project), str(axis.choices[0])) == ("flask", "<2.3,>=2")
    assert (str(held.project), str(held.choices[0])) == ("werkzeug", "3.0.3")


@pytest.mark.parametrize(
    ("files", "arguments", "stdin", "words"),
    [
        ({}, (), "", "versect init repro.py"),
        ({}, ("absent.py",), "", "there is no file absent.py"),
        ({}, (".",), "", ". is a folder"),
        ({"a.py": "import httpx"}, ("a.py", "--project", "no name!"), "", "not a project's name"),
        ({"a.py": "import httpx"}, ("a.py", "--", "python", "a.py"), "", "give one of them"),
        ({"a.py": "print 'two'"}, ("a.py",), "", "not a Python 3 script: line 1"),
        ({"a.py": "import os"}, ("a.py",), "", "--project NAME"),
        ({"a.py": "import httpx"}, ("a.py", "--versions", "new"), "", "not a specifier"),
        ({"a.py": "import httpx"}, ("a.py", "--lock", "2024-01-01"), "", "not a date"),
        ({"a.py": "import httpx"}, ("a.py", "--traceback", "-"), "all is well", "no exception"),
        ({"a.py": "import httpx"}, ("a.py", "--traceback", "none.txt"), "", "cannot read none"),
        ({}, ("--traceback", "-"), "ValueError: no", "which program"),
        ({"a.py": "# /// script\n# [tool.versect.failure]\n# timeout = true\n# ///\n"}, ("a.py",),
         "", "versect run a.py"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_a_remedy(init, files, arguments, stdin, words):
    for name, text in files.items():
        (init.folder / name).write_text(text)
    status, out, err = init(*arguments, stdin=stdin)
    assert (status, out) == (2, "")
    assert words in err
    assert "hint: " in err
    assert not (init.folder / "study.toml").exists()
