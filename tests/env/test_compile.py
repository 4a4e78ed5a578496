"""The compiler that target interpreters run: what py_compile does, and nothing left half done."""

import json
import marshal
import py_compile
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from versect.env import compile as compiler

SOURCES = {
    "plain.py": b"X = 1\n",
    "latin.py": "# -*- coding: latin-1 -*-\nX = 'é'\n".encode("latin-1"),
    "bom.py": "\ufeffX = 'é'\n".encode(),
    "windows.py": b"def f():\r\n    return '''a\r\nb'''\r\n",
    "empty.py": b"",
    "future.py": b"from __future__ import annotations\nx: nothing = 1\n",
    "warns.py": b"X = '\\d'\n",
}
REFUSED = {
    "old.py": b"print 'python 2'\n",
    "nul.py": b"\0",
    "template.py": b"{{ name }} = {% if %}\n",
    "no_cookie.py": "X = 'é'\n".encode("latin-1"),
    "no_codec.py": b"# coding: nonsense\n",
    "deep.py": b"(" * 500 + b")" * 500,
}


@pytest.fixture
def compiled(tmp_path):
    def compiled(sources):
        pairs = []
        for name, content in sources.items():
            (tmp_path / name).write_bytes(content)
            pairs.append((str(tmp_path / name), str(tmp_path / "made" / f"{name}c")))
        jobs = tmp_path / "jobs.json"
        jobs.write_text(json.dumps(pairs))
        argv = [sys.executable, "-I", "-S", compiler.__file__, str(jobs)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        return done, [(Path(source), Path(target)) for source, target in pairs]

    return compiled


def test_bytecode_is_that_of_py_compile(compiled, tmp_path):
    done, pairs = compiled(SOURCES)
    assert (done.returncode, done.stderr) == (0, "")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for source, target in pairs:
        expected = tmp_path / "expected.pyc"
        with warnings.catch_warnings(action="ignore"):
            py_compile.compile(str(source), str(expected), doraise=True, invalidation_mode=mode)
        made, meant = target.read_bytes(), expected.read_bytes()
        assert made[:16] == meant[:16], source.name
        assert marshal.loads(made[16:]) == marshal.loads(meant[16:]), source.name


def test_what_does_not_compile_is_passed_over(compiled):
    done, pairs = compiled({**REFUSED, **SOURCES})
    assert (done.returncode, done.stderr) == (0, "")
    made = {source.name for source, target in pairs if target.exists()}
    assert made == SOURCES.keys()


def test_a_source_that_cannot_be_read_is_an_error(compiled, tmp_path):
    done, pairs = compiled({f"m{number}.py": b"" for number in range(3)})
    assert done.returncode == 0
    pairs[1][0].unlink()
    argv = [sys.executable, "-I", "-S", compiler.__file__, str(tmp_path / "jobs.json")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == compiler.EX_IOERR
    assert done.stderr


def test_nothing_is_left_of_a_process_that_was_killed(tmp_path):
    targets = [tmp_path / f"{number}.pyc" for number in range(100)]
    pairs = [(str(tmp_path / f"{path.stem}.py"), str(path)) for path in targets]
    for source, _ in pairs:
        Path(source).write_text("X = 1\n")
    (tmp_path / "jobs.json").write_text(json.dumps(pairs))
    code = (
        "import os, runpy, signal, sys\n"
        "real = compile\n"
        "def deadly(content, source, *args, **options):\n"
        "    if source.endswith('/51.py'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(content, source, *args, **options)\n"
        "import builtins; builtins.compile = deadly\n"
        f"sys.argv = ['compile.py', {str(tmp_path / 'jobs.json')!r}]\n"
        "os.cpu_count = lambda: 2\n"
        f"runpy.run_path({compiler.__file__!r}, run_name='__main__')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    left = {int(path.stem) for path in targets if path.exists()}
    assert left == set(range(0, 100, 2)), "the odd half was the share of the one that was killed"
