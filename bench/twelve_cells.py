"""Measure versect beside a plain noxfile on the same twelve cells, in one run, in turn.

Twelve cells: 3 Pythons x httpx 0.27.2, 0.28.1 x openai 1.55.3, 1.109.1; the reproduction imports
openai and makes a client. The download cache is warm, versect's own store is empty, -j 2. Rounds
alternate so that a machine whose speed drifts is fair to all; the ratios are of medians. Everybody
works in a new folder and may write bytecode, whatever PYTHONDONTWRITEBYTECODE says here: so do the
users of either. Processor seconds are those of all processes but a container engine's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

HTTPX = ("0.27.2", "0.28.1")
OPENAI = ("1.55.3", "1.109.1")
PYTHONS = ("3.11", "3.12", "3.13")
CODE = 'import openai; openai.AsyncOpenAI(api_key="x")\n'

NOXFILE = f"""
import nox

@nox.session(python={list(PYTHONS)!r}, venv_backend="uv")
@nox.parametrize("httpx", {list(HTTPX)!r})
@nox.parametrize("openai", {list(OPENAI)!r})
def cell(session, httpx, openai):
    session.install(f"httpx=={{httpx}}", f"openai=={{openai}}", silent=True)
    session.run("python", "repro.py", silent=True)
"""


def versect(folder: Path, cache: Path, *flags: str) -> None:
    """Run the twelve cells with versect, with a store of its own in ``cache``."""
    axes = [f"--python={python}" for python in PYTHONS]
    axes += [f"--axis=httpx={','.join(HTTPX)}", f"--axis=openai={','.join(OPENAI)}"]
    argv = ["versect", "run", *axes, "--resolution=today", "-j2", *flags, "--cache", str(cache)]
    call([*argv, "--", "python", "repro.py"], folder)


def nox(folder: Path) -> None:
    """Run the twelve cells with nox and the uv back end, environments made anew."""
    interpreters = os.pathsep.join(interpreter_folders())
    env = {**os.environ, "PATH": f"{interpreters}{os.pathsep}{os.environ['PATH']}"}
    call([sys.executable, "-m", "nox", "-f", "noxfile.py", "-s", "cell"], folder, env)


def interpreter_folders() -> list[str]:
    """Give the folders of the interpreters that versect finds, so that nox finds the same."""
    from versect.cli.wiring import Wiring

    wiring = Wiring(results=Path("results"), cache=None, offline=False)
    found = [wiring.interpreters.find(python) for python in PYTHONS]
    return [str(Path(one.executable).parent) for one in found if one is not None]


def call(argv: list[str], folder: Path, env: dict[str, str] | None = None) -> None:
    """Run a command quietly; a failure is shown and ends the benchmark."""
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}\n{done.stdout}{done.stderr}")


class Spent(NamedTuple):
    """What one run took."""

    seconds: float
    """Of wall-clock time."""
    processor: float
    """Seconds of all processors together."""


def spent(action: Callable[[], None]) -> Spent:
    """Give what an action takes."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    action()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(seconds, processor)


def measure(rounds: int, engines: list[str]) -> dict[str, list[Spent]]:
    """Time every contestant once a round, in turn, after one round that warms the downloads.

    Folders are new and removed at the end: where thousands of files were removed a moment ago,
    some file systems (ext4) are slow to make others.
    """
    times: dict[str, list[Spent]] = {}
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

    def once(name: str, action: Callable[[], None], *, counted: bool) -> None:
        one = spent(action)
        words = f"{one.seconds:7.2f} s {one.processor:7.2f} processor s"
        print(f"{name:24} {words}{'' if counted else '  (warm-up)'}", flush=True)
        if counted:
            times.setdefault(name, []).append(one)

    with tempfile.TemporaryDirectory(prefix="versect-bench-") as name:
        for number in range(rounds + 1):
            counted = number > 0
            for contestant in ("nox", *engines):
                folder = Path(name, str(number), contestant)
                folder.mkdir(parents=True)
                (folder / "repro.py").write_text(CODE)
                if contestant == "nox":
                    (folder / "noxfile.py").write_text(NOXFILE)
                    once("nox -db uv", partial(nox, folder), counted=counted)
                    continue
                run = partial(versect, folder, folder / "cache", f"--engine={contestant}")
                once(f"versect {contestant}", run, counted=counted)
                once(f"versect {contestant}, again", run, counted=counted)
            once("versect --help", partial(call, ["versect", "--help"], folder), counted=counted)
    return times


def main() -> None:
    """Measure, print the medians and ratios, and write them to results/bench/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default="local,docker")
    options = parser.parse_args()
    times = measure(options.rounds, options.engines.split(","))
    medians = {name: statistics.median(one.seconds for one in all_) for name, all_ in times.items()}
    rows = {
        name: {
            "seconds": [round(one.seconds, 3) for one in all_],
            "median": round(medians[name], 3),
            "ratio to nox -db uv": round(medians[name] / medians["nox -db uv"], 3),
            "processor seconds": [round(one.processor, 3) for one in all_],
        }
        for name, all_ in times.items()
    }
    document = {
        "schema_version": 1,
        "what": (__doc__ or "").strip(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processors": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "results": rows,
    }
    target = Path("results/bench/twelve_cells.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document, indent=1) + "\n")
    for name, row in rows.items():
        print(f"{name:24} median {row['median']:7} s   {row['ratio to nox -db uv']} x nox")
    print(f"written to {target}")


if __name__ == "__main__":
    main()
