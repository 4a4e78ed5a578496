"""Time programs with the tracer beside the same programs without it: results/bench/trace.*.

In seconds of processor time, which what else the machine does changes least.

The event-loop study's reproduction as a whole, and tight loops of what asyncio does most. Each
program runs plain, with the recorder (as every cell does) and with recorder and tracer, in turns,
so that what else the machine does meets all three alike: python -m bench.trace
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from uv import find_uv_bin

from versect.env.inject import PTH_LINE, PTH_NAME
from versect.forensics import recorder_file
from versect.report.write import write

REPEATS = 9
REQUIREMENTS = ("openai==1.109.1", "httpx==0.27.2", "numpy")
STUDY = Path("src/versect/studies/event_loop")
DATA = Path("data/qg_jets.npz")
TARGET = Path("results/bench/trace.json")
WAYS = ("plain", "recorder", "tracer")

TIGHT = """
import asyncio, json, socket, time

async def sleeps():
    for _ in range(100_000):
        await asyncio.sleep(0)

async def tasks():
    async def nothing():
        pass
    for _ in range(20_000):
        await asyncio.create_task(nothing())

async def messages():
    here, there = socket.socketpair()
    reader, _ = await asyncio.open_connection(sock=here)
    _, writer = await asyncio.open_connection(sock=there)
    for _ in range(10_000):
        writer.write(b"x")
        await reader.read(1)
    writer.close()

found = {}
for again in ("", " after a loop was closed"):
    for work in (sleeps, tasks, messages):
        started = time.process_time()
        asyncio.run(work())
        found.setdefault(work.__name__ + again, time.process_time() - started)
print(json.dumps(found))
"""


def main() -> None:
    """Measure, print and write both files."""
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder))
    rows = {
        name: {way: {"median": statistics.median(times[way]), "times": times[way]} for way in WAYS}
        for name, times in found.items()
    }
    load = os.getloadavg()[0]
    document = {
        "schema_version": 1,
        "python": sys.version.split()[0],
        "repeats": REPEATS,
        "requirements": REQUIREMENTS,
        "load_average_at_the_end": load,
        "seconds": rows,
    }
    write(TARGET, json.dumps(document, indent=1) + "\n")
    table = "\n".join(lines(rows, load))
    write(TARGET.with_suffix(".md"), table + "\n")
    print(table)


def measured(folder: Path) -> dict[str, dict[str, list[float]]]:
    """Give the processor time of each program, by the way in which it was run."""
    python, study = environment(folder / "env"), folder / "study"
    shutil.copytree(STUDY, study)
    if not (study / DATA.name).exists():
        shutil.copy(DATA, study)
    (study / "tight.py").write_text(TIGHT)
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for turn in range(REPEATS + 1):
        for way in WAYS:
            seconds, _ = run(python, "reproduce.py", study, way)
            _, printed = run(python, "tight.py", study, way)
            if turn:  # the first warms the caches of the machine
                found["reproduction, whole process"][way].append(seconds)
                for name, value in json.loads(printed).items():
                    found[name][way].append(value)
    return found


def environment(folder: Path) -> Path:
    """Make the environment of a cell."""
    python = folder / "bin" / "python"
    for words in (
        ("venv", "--quiet", "--python", sys.executable, str(folder)),
        ("pip", "install", "--quiet", "--python", str(python), *REQUIREMENTS),
    ):
        subprocess.run([find_uv_bin(), *words], check=True)
    site = next((folder / "lib").iterdir()) / "site-packages"
    (site / PTH_NAME).write_text(PTH_LINE)
    return python


def processor_seconds() -> float:
    """Give the processor time of all processes that were waited for so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(python: Path, program: str, study: Path, way: str) -> tuple[float, str]:
    """Run a program once; give its seconds and what it printed."""
    records, traced = study / "records.jsonl", study / "trace.jsonl"
    env = {"PATH": os.environ["PATH"]}
    if way != "plain":
        env |= {"VERSECT_RECORDER": str(recorder_file.PATH), "VERSECT_RECORD": str(records)}
    if way == "tracer":
        start = recorder_file.TRACER / "start.py"
        env |= {"VERSECT_TRACER": str(start), "VERSECT_TRACE": str(traced)}
    started = processor_seconds()
    done = subprocess.run(
        [str(python), program], cwd=study, env=env, capture_output=True, text=True, check=True
    )
    seconds = processor_seconds() - started
    for path in (records, traced):
        path.unlink(missing_ok=True)
    return seconds, done.stdout


def lines(rows: dict[str, dict[str, dict[str, float]]], load: float) -> list[str]:
    """Give the table as Markdown."""
    python = f"Python {sys.version.split()[0]}, load average {load:.1f} at the end"
    head = [
        "# What the tracer costs",
        "",
        f"Medians of {REPEATS} runs in turns, in seconds of processor time; {python}.",
        "`python -m bench.trace` measures again.",
        "",
        "| program | plain | with the recorder | with recorder and tracer | tracer / plain |",
        "|---|---|---|---|---|",
    ]
    for name, ways in rows.items():
        plain, recorder, tracer = (ways[way]["median"] for way in WAYS)
        head.append(
            f"| {name} | {plain:.3f} | {recorder:.3f} | {tracer:.3f} | {tracer / plain:.2f} |"
        )
    return head


if __name__ == "__main__":
    main()
