"""On real releases: programs that are not ours name owner and line; outcomes stay as they were."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from versect.env.interpreters import Interpreters

pytestmark = [pytest.mark.online, pytest.mark.timeout(600)]

PYTHON = f"3.{sys.version_info.minor}"
PROGRAMS = Path(__file__).parent.parent / "forensics" / "programs"
PACKAGES = ("aiohttp==3.13.2", "httpx==0.28.1")


def versect(folder, *words):
    program = Path(sys.executable).with_name("versect")
    return subprocess.run(
        [str(program), *words], cwd=folder, capture_output=True, text=True, timeout=590, check=False
    )


@pytest.fixture(scope="module", params=["3.11", "3.12", "3.13"])
def python(request, tmp_path_factory):
    memory = tmp_path_factory.mktemp("memory") / "interpreters.json"
    found = Interpreters(os.environ, Path.home(), memory).find(request.param)
    if found is None:
        pytest.skip(f"there is no Python {request.param} on this machine")
    environment = tmp_path_factory.mktemp(f"py{request.param}")
    python = environment / "bin" / "python"
    for words in (
        ("venv", "--quiet", "--python", found.executable, "--allow-existing", str(environment)),
        ("pip", "install", "--quiet", "--python", str(python), *PACKAGES),
    ):
        subprocess.run([find_uv_bin(), *words], check=True)
    return python


@pytest.fixture
def told(python, tmp_path):
    def trace(program):
        for name in (program, "answering.py"):
            shutil.copy(PROGRAMS / name, tmp_path)
        done = versect(tmp_path, "trace", "--json", "--", str(python), program)
        assert done.returncode == 0, done.stderr
        return [
            (
                story["plot"],
                {
                    one["role"]: f"{one['file']}:{one['line']} {one['source']}"
                    for one in story["sentences"]
                    if one["line"]
                },
                next(one["text"] for one in story["sentences"] if one["role"] == "owned"),
            )
            for story in json.loads(done.stdout)["stories"]
        ]

    return trace


def test_a_small_aiohttp_client_that_forgets_a_session(told):
    ((plot, lines, owner),) = told("aiohttp_prices.py")
    assert plot == "leaked"
    assert owner.startswith("its owner was feed (main, aiohttp_prices.py:22) -> ")
    assert owner.endswith("PriceFeed.session -> ClientSession")
    assert lines["created"] == "aiohttp_prices.py:13 self.session = aiohttp.ClientSession()"
    assert lines["dropped"] == "aiohttp_prices.py:23 feed = PriceFeed()"


def test_an_httpx_script_that_leaks_its_client(told):
    (plot, lines, owner), _ = told("httpx_mirrors.py")
    assert plot == "leaked"
    assert owner.startswith("its owner was mirror (batch, httpx_mirrors.py:28) -> ")
    assert owner.endswith("Mirror.client -> AsyncClient")
    assert lines["dropped"] == "httpx_mirrors.py:29 mirror = None"
    assert lines["leaked"] == "httpx_mirrors.py:35 gc.collect()"


def test_a_program_with_asyncio_run_twice(told):
    plot, lines, owner = told("run_twice.py")[0]
    assert plot == "reused"
    assert owner.startswith("its owner was client (<module>, run_twice.py:25) -> AsyncClient")
    assert lines["created"] == "run_twice.py:9 client = httpx.AsyncClient()"
    assert lines["closed"] == "run_twice.py:20 print(asyncio.run(fetch(name)))"
    assert lines["crossed"] == "run_twice.py:13 response = await client.get(URL + name)"
    assert lines["refused"].startswith("asyncio/selector_events.py:")


CELLS = (
    *("event-loop", "--engine", "local", "--python", PYTHON, "-j", "2"),
    *("--axis", "openai=1.109.1", "--axis", "httpx=0.27.2"),
    *("--parameter", "strategy=per-instance-loop,explicit-close"),
)


MODES = "mode=collected,reused,reused-retried,shared,closed-elsewhere"


def outcomes(folder, *words):
    done = versect(folder, "run", *CELLS, *words)
    assert done.returncode == 0, done.stderr
    document = json.loads((folder / "results" / "event-loop" / "matrix.json").read_text())
    return {cell["id"]: cell["outcome"] for cell in document["cells"]}


def test_outcomes_of_all_modes_are_the_same_with_and_without_the_tracer(tmp_path):
    plain, traced = tmp_path / "plain", tmp_path / "traced"
    plain.mkdir()
    traced.mkdir()
    expected = outcomes(plain, "--parameter", MODES)
    assert len(expected) == 10
    assert {"passed", "failed"} <= set(expected.values())
    assert outcomes(traced, "--parameter", MODES, "--trace") == expected
    timelines = {path.stem for path in (traced / "results/event-loop/timelines").iterdir()}
    assert timelines == expected.keys()
    assert not (plain / "results/event-loop/timelines").exists()


def test_known_cells_are_traced_without_another_trial(tmp_path):
    known = outcomes(tmp_path, "--parameter", "mode=collected")
    trials = tmp_path / "results" / "event-loop" / "trials.jsonl"
    before = trials.read_bytes()
    cell = next(cell for cell in known if "per-instance-loop" in cell)
    words = (*CELLS, "--parameter", "mode=collected", "--cell", cell)
    done = versect(tmp_path, "trace", *words)
    assert done.returncode == 0, done.stderr
    assert "1. [collected] client-1 (AsyncOpenAI) was collected unclosed" in done.stdout
    assert "del classifier" in done.stdout
    assert trials.read_bytes() == before
    again = versect(tmp_path, "trace", *words)
    assert again.stdout == done.stdout
    assert "1 to run" not in again.stderr
