"""Trace cells of a study, and commands of this machine: what becomes of loops and clients."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from versect.app.laboratory import Laboratory
from versect.app.plan import Plan, Result
from versect.app.run import Progress, run_probes
from versect.engine.supervised import MOST_TRACED, traced
from versect.errors import UsageError
from versect.forensics import recorder_file
from versect.forensics.timeline import Timeline
from versect.forensics.timeline_codec import (
    UnreadableTimelineError,
    fingerprint,
    timeline_file,
)
from versect.forensics.timeline_records import timeline
from versect.model.cell import Cell
from versect.model.study import Symptom
from versect.model.trial import Probe
from versect.run.process import attached
from versect.store.interface import TrialLog
from versect.store.memory import MemoryLog

_LARGEST: Final = 8 << 20
"""Bytes read of what a tracer wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has been traced."""

    status: int
    """Its exit status; a negative signal number when a signal ended it."""
    timeline: Timeline | None
    """None where no Python of the command started the tracer, or nothing lived in it."""


def chosen(plan: Plan, wanted: Collection[str]) -> tuple[Cell, ...]:
    """Give the cells of a plan with some ids, or all of them when none is wanted.

    Raises:
        UsageError: The plan has no such cell.

    """
    cells = {cell.id: cell for cell in plan.cells}
    for name in wanted:
        if name not in cells:
            raise UsageError(
                f"the study has no cell {name!r}",
                remedy="'versect run --dry-run' shows the cells; options such as --python choose",
            )
    return tuple(cell for cell in plan.cells if not wanted or cell.id in wanted)


def untraced(cells: Sequence[Cell], folder: Path, of: str) -> tuple[Cell, ...]:
    """Give the cells that have no timeline of a study's fingerprint ``of`` in its folder."""
    return tuple(cell for cell in cells if _stored(timeline_file(folder, cell.id)) != of)


def trace_cells(  # noqa: PLR0913 - a use case names everything that it needs
    cells: Sequence[Cell],
    plan: Plan,
    symptom: Symptom,
    *,
    laboratory: Laboratory,
    log: TrialLog,
    progress: Progress,
    executor: Executor,
    jobs: int,
) -> dict[str, Result]:
    """Ask cells in a laboratory that traces them.

    The trials of open cells are kept as those of any run are; a known cell has its trial, which
    another one would not make truer, so only its timeline is kept.

    Returns:
        What came of each cell, by id.

    """
    progress.planned(tuple(cells), 0)
    made: list[Result] = []
    for where, known in ((log, False), (MemoryLog(), True)):
        made += run_probes(
            [Probe(cell=c, repeat=0) for c in cells if (c.id in plan.known) is known],
            symptom,
            laboratory=laboratory,
            log=where,
            progress=progress,
            executor=executor,
            jobs=jobs,
        )
    return {trial.probe.cell.id: (trial, outcome) for trial, outcome in made}


def trace_command(
    argv: Sequence[str], environment: Mapping[str, str], *, stdout: int | None
) -> Ran:
    """Run a command as the user does, with every Python in it traced.

    Args:
        argv: The command.
        environment: Its environment; PYTHONPATH and the tracer's variables are added.
        stdout: The descriptor that it writes to; None for this process's standard output.

    Raises:
        UsageError: It cannot be run.

    """
    with tempfile.TemporaryDirectory(prefix="versect-trace-") as folder:
        written = Path(folder) / "trace.jsonl"
        path = (str(recorder_file.SITE), environment.get("PYTHONPATH", ""))
        variables = {
            "PYTHONPATH": os.pathsep.join(part for part in path if part),
            "VERSECT_RECORDER": str(recorder_file.PATH),
            "VERSECT_RECORD": str(Path(folder) / "records.jsonl"),
            "VERSECT_TRACER": str(recorder_file.TRACER / "start.py"),
            "VERSECT_TRACE": str(written),
        }
        try:
            status = attached(argv, env={**environment, **variables}, stdout=stdout)
        except OSError as error:
            raise UsageError(
                f"cannot run {argv[0]}: {error.strerror}",
                remedy="check the spelling; words of a shell need one: -- sh -c '...'",
            ) from error
        if not written.exists():
            return Ran(status=status, timeline=None)
        with written.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
        return Ran(status=status, timeline=timeline(islice(traced(text), MOST_TRACED)))


def _stored(path: Path) -> str | None:
    try:
        return fingerprint(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, UnreadableTimelineError):
        return None
