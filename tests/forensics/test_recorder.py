"""The recorder sees every failure that comes to light, and changes nothing that it observes."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from versect.env.inject import PTH_LINE, PTH_NAME
from versect.env.interpreters import Interpreters
from versect.forensics import recorder_file
from versect.forensics.records import decode_failures, imported_files
from versect.model.study import Place
from versect.model.trial import Link

SUPPORTED = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@pytest.fixture(scope="module")
def interpreters(tmp_path_factory):
    memory = tmp_path_factory.mktemp("memory") / "interpreters.json"
    return Interpreters(os.environ, Path.home(), memory)


@pytest.fixture(scope="module", params=SUPPORTED)
def python(request, interpreters, tmp_path_factory):
    found = interpreters.find(request.param)
    if found is None:
        pytest.skip(f"there is no Python {request.param} on this machine")
    root = tmp_path_factory.mktemp(f"py{request.param}")
    site = root / "lib" / f"python{request.param}" / "site-packages"
    site.mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin" / "python").symlink_to(found.executable)
    folder = Path(found.executable).parent
    (root / "pyvenv.cfg").write_text(f"home = {folder}\ninclude-system-site-packages = false\n")
    (site / PTH_NAME).write_text(PTH_LINE)
    (site / "some_package").mkdir()
    (site / "some_package" / "__init__.py").write_text("")
    (site / "some_package" / "inner.py").write_text("")
    return root / "bin" / "python"


def start(python, code, folder, record=None):
    env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    if record is not None:
        env |= {"VERSECT_RECORDER": str(recorder_file.PATH), "VERSECT_RECORD": str(record)}
    (folder / "program.py").write_text(textwrap.dedent(code))
    return subprocess.run(
        [str(python), "program.py"], cwd=folder, env=env, capture_output=True, check=False
    )


@pytest.fixture
def recorded(python, tmp_path):
    def run(code):
        record = tmp_path / "record.jsonl"
        done = start(python, code, tmp_path, record)
        lines = record.read_text().splitlines() if record.exists() else []
        return done, [json.loads(line) for line in lines]

    return run


PROGRAMS = {
    "fine": "print('fine')",
    "raised": "raise ValueError('no')",
    "exit": "import sys; sys.exit(3)",
    "thread": "import threading; threading.Thread(target=lambda: [][1]).start()",
    "unraisable": "class D:\n    def __del__(self): raise KeyError('gone')\nD()",
    "hook": "import sys; sys.excepthook = lambda *a: print('mine')\nraise ValueError('no')",
    "logging": "import logging; logging.getLogger('asyncio').error('words')",
    "retrieved": """
        import asyncio, gc
        async def bad(): raise RuntimeError('Event loop is closed')
        async def main():
            task = asyncio.ensure_future(bad())
            await asyncio.sleep(0)
            del task
            gc.collect()
        asyncio.run(main())
        """,
    "handler": """
        import asyncio
        async def main():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: print('handled'))
            loop.call_soon(lambda: 1 / 0)
            await asyncio.sleep(0.01)
        asyncio.run(main())
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_the_same_with_and_without_the_recorder(python, name, tmp_path):
    plain = start(python, PROGRAMS[name], tmp_path)
    watched = start(python, PROGRAMS[name], tmp_path, tmp_path / "record.jsonl")
    assert watched.returncode == plain.returncode
    assert watched.stdout == plain.stdout
    assert _without_addresses(watched.stderr) == _without_addresses(plain.stderr)


@pytest.mark.parametrize(
    ("name", "place", "kind"),
    [
        ("raised", Place.RAISED, "ValueError"),
        ("hook", Place.RAISED, "ValueError"),
        ("thread", Place.THREAD, "IndexError"),
        ("unraisable", Place.UNRAISABLE, "KeyError"),
        ("retrieved", Place.ASYNCIO, "RuntimeError"),
        ("handler", Place.ASYNCIO, "ZeroDivisionError"),
    ],
)
def test_each_place_is_watched_and_reports_once(recorded, name, place, kind):
    _, records = recorded(PROGRAMS[name])
    failures = decode_failures(records)
    assert [(f.place, f.chain[0].type) for f in failures] == [(place, kind)]
    assert failures[0].chain[0].frames[-1].file == "program.py"


def test_an_exit_is_no_failure(recorded):
    done, records = recorded(PROGRAMS["exit"])
    assert done.returncode == 3
    assert decode_failures(records) == ()


def test_a_chain_is_told_to_its_root_even_when_it_is_a_circle(recorded):
    _, records = recorded(
        """
        first = ValueError('first')
        try:
            raise KeyError('second') from first
        except KeyError as second:
            first.__cause__ = second
            raise TypeError('third') from second
        """
    )
    (failure,) = decode_failures(records)
    assert [(link.link, link.type) for link in failure.chain] == [
        (Link.OUTERMOST, "TypeError"),
        (Link.CAUSE, "KeyError"),
        (Link.CAUSE, "ValueError"),
    ]


def test_a_message_that_cannot_be_told_is_named_so(recorded):
    _, records = recorded(
        """
        class Bad(Exception):
            def __str__(self): raise RuntimeError
        raise Bad
        """
    )
    (failure,) = decode_failures(records)
    assert "raised RuntimeError" in failure.chain[0].message
    assert failure.chain[0].type == "__main__.Bad"
    assert "Exception" in failure.chain[0].bases


def test_what_was_imported_is_told_once_a_package(recorded):
    _, records = recorded("import some_package.inner")
    assert imported_files(records) == {"some_package/__init__.py"}
    _, records = recorded("pass")
    assert imported_files(records[-1:]) == frozenset()


def test_a_program_without_asyncio_does_not_get_it(recorded):
    done, _ = recorded("import sys; print(sorted({'asyncio', 'logging'} & set(sys.modules)))")
    assert done.stdout == b"[]\n"


def test_nothing_is_kept_alive(recorded):
    done, _ = recorded(
        """
        import threading, weakref, gc
        class Owner: pass
        found = []
        def work():
            owner = Owner()
            found.append(weakref.ref(owner))
            raise ValueError
        threading.excepthook_before = threading.excepthook
        thread = threading.Thread(target=work)
        thread.start(); thread.join(); del thread
        print(found[0]() is None)
        """
    )
    assert done.stdout == b"True\n"


def test_exception_groups_are_told_with_their_members(recorded, python):
    if any(f"python{old}" in str(python.resolve()) for old in ("3.9", "3.10")):
        pytest.skip("exception groups came with 3.11")
    _, records = recorded("raise ExceptionGroup('many', [ValueError(1), KeyError(2)])")
    (failure,) = decode_failures(records)
    assert [link.type for link in failure.chain] == ["ExceptionGroup", "ValueError", "KeyError"]
    assert failure.chain[1].link is Link.GROUP


def test_records_stop_before_they_fill_a_disk(recorded):
    _, records = recorded(
        """
        import threading
        threading.excepthook
        def bad(): raise ValueError('x' * 100000)
        for _ in range(1200):
            thread = threading.Thread(target=bad); thread.start(); thread.join()
        """
    )
    assert len(records) <= 1001
    assert any(record["kind"] == "cut" for record in records)


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "failure"},
        {"kind": "failure", "place": "nowhere", "chain": []},
        {"kind": "failure", "place": "raised", "chain": 7},
        {"kind": "failure", "place": "raised", "chain": [{"link": "x"}]},
        {"kind": "imported", "files": 3},
        {"kind": 3},
    ],
)
def test_what_is_no_record_is_passed_over(record):
    assert decode_failures([record]) == ()
    assert imported_files([record]) is None


def _without_addresses(text):
    import re

    return re.sub(rb"0x[0-9a-f]+", b"0x", text)


def test_the_running_interpreter_is_among_those_supported():
    assert f"3.{sys.version_info.minor}" in SUPPORTED
