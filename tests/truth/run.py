"""Ask versect for every case of the truth set, and compare: ``python -m tests.truth.run``."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.truth.cases import REPRODUCTIONS, Case, bound, found, load, wrong
from versect import __version__

TABLE = Path("results", "truth", "table.md")
HEADS = ("case", "kind", "releases", "asked", "bound", "trials", "verdict", "boundary", "right")
NUMBERS = range(2, 6)

INTRODUCTION = """\
# The truth set

{right} of {cases} right: versect {version}, engine {engine}, {today}. Made by `nox -s truth`; what
a case is stands in `tests/truth/README.md`.

No end was given, so both were searched for. Asked: releases tried until the boundary was known;
bound: ceil(log2 releases) + 2, what it takes when both ends are known; trials: with confirmations,
counterfactuals and the search for another face. A boundary is the last release before, the first
one after, and what that one does.
"""

Row = tuple[str, ...]


def main() -> int:
    """Run the cases that are named, or all; exit 1 where one is wrong."""
    cases = load()
    given = arguments(cases)
    chosen = [cases[name] for name in given.cases or cases]
    widths = [max(len(HEADS[0]), *(len(case.id) for case in chosen)), 11, 8, 5, 5, 6, 13, 0]
    say(HEADS, widths)
    rows, engines = [], set()
    for case in chosen:
        verdict = ask(case, given.engine, given.jobs, given.results)
        rows.append(row(case, verdict))
        say(rows[-1], widths)
        engines |= engines_of(verdict)
    if not given.cases:
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(table(rows, engines))
    return 0 if all(line[-1] == "yes" for line in rows) else 1


def arguments(names: Iterable[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Ask versect for the cases of the truth set.")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="ids; all by default")
    parser.add_argument("--engine", default="auto", help="where trials run (default: auto)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--results",
        type=Path,
        default=Path(tempfile.gettempdir(), "versect-truth"),
        help="trials and verdicts; finished trials there are not made again (default: %(default)s)",
    )
    given = parser.parse_args()
    unknown = set(given.cases) - set(names)
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    return given


def ask(case: Case, engine: str, jobs: int, results: Path) -> dict[str, Any] | None:
    """Call ``versect bisect`` as a user would; None where it gives no verdict.

    What it says on the way is in ``RESULTS/ID.log``.
    """
    program = Path(sys.executable).with_name("versect")
    work = results / "reproductions"  # away from this project's files, which pytest would read
    shutil.copytree(REPRODUCTIONS, work, dirs_exist_ok=True)
    flags = (f"--name=truth-{case.id}", f"--results={results.resolve()}", f"--engine={engine}")
    argv = [str(program), "bisect", *case.options, *flags, f"-j{jobs}", "--json"]
    with (results / f"{case.id}.log").open("w") as log:
        done = subprocess.run(
            [*argv, "--", *case.command],
            cwd=work,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            check=False,
        )
    return json.loads(done.stdout) if done.stdout else None


def engines_of(verdict: dict[str, Any] | None) -> set[str]:
    """Give the engine that answered, where a boundary was found."""
    side = None if verdict is None else verdict["before"]
    return set() if side is None else {side["engine"]}


def row(case: Case, verdict: dict[str, Any] | None) -> Row:
    """Give a case's line of the table."""
    if verdict is None:
        return (case.id, case.kind, *("?",) * 6, "no: versect gave no verdict")
    faults = wrong(case, verdict)
    releases = len(verdict["series"]["releases"])
    numbers = (
        releases,
        len(verdict["series"]["answers"]),
        bound(releases),
        verdict["trials"]["asked"],
    )
    right = f"no: {'; '.join(faults)}" if faults else "yes"
    return (case.id, case.kind, *map(str, numbers), verdict["verdict"], found(verdict), right)


def say(line: Row, widths: list[int]) -> None:
    """Print a line as soon as it is known."""
    cells = [
        text.rjust(width) if at in NUMBERS else text.ljust(width)
        for at, (text, width) in enumerate(zip(line, [*widths, 0], strict=True))
    ]
    sys.stdout.write("  ".join(cells).rstrip() + "\n")
    sys.stdout.flush()


def table(rows: list[Row], engines: set[str]) -> str:
    """Give the table in Markdown."""
    right = sum(line[-1] == "yes" for line in rows)
    intro = INTRODUCTION.format(
        right=right,
        cases=len(rows),
        version=__version__,
        engine=" and ".join(sorted(engines)),
        today=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    rules = ["---:" if at in NUMBERS else "---" for at in range(len(HEADS))]
    lines = [HEADS, rules, *(([f"`{line[0]}`", *line[1:]]) for line in rows)]
    escaped = ([text.replace("|", "\\|") for text in line] for line in lines)
    return "\n".join((intro, *(f"| {' | '.join(line)} |" for line in escaped), ""))


if __name__ == "__main__":
    sys.exit(main())
