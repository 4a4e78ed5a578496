"""What the supervisor in a cell is told, and what it says when the cell has ended (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from versect.engine.interface import Execution, Job
from versect.model.outcome import Cause
from versect.model.trial import (
    EMPTY_OUTPUT,
    Ending,
    Exited,
    NotRun,
    Output,
    Signalled,
    TimedOut,
)

SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")

MOST_TRACED: Final = 60_000
"""Records of a tracer that are read; its own bound is lower, a liar's is not."""

FILE_SIZE: Final = 256 << 20
"""Bytes that a cell may write into one file."""


def specification(  # noqa: PLR0913 - the paths that a cell sees
    job: Job,
    *,
    env: Mapping[str, str],
    cwd: str,
    scratch: str,
    recorder: str | None,
    tracer: str | None,
) -> str:
    """Give the supervisor's only argument.

    Args:
        job: The job.
        env: The whole environment of the reproduction.
        cwd: Its working directory, as the cell sees it.
        scratch: A writable folder, as the cell sees it.
        recorder: The recorder's file, as the cell sees it.
        tracer: The tracer's folder, likewise.

    """
    python, *arguments = job.argv
    return json.dumps(
        {
            "argv": [job.environment.python if python == "python" else python, *arguments],
            "env": {**env, **job.variables},
            "cwd": cwd,
            "timeout": job.limits.timeout,
            "output": job.limits.output,
            "scratch": scratch,
            "recorder": recorder,
            "tracer": tracer and f"{tracer}/start.py",
            "file_size": FILE_SIZE,
            "die_with_parent": True,
        }
    )


def execution(line: bytes, *, seconds: float, notes: tuple[str, ...]) -> Execution | None:
    """Read the supervisor's report; None when there is none or it is garbled.

    Args:
        line: The supervisor's standard output.
        seconds: How long the whole cell took, as the harness saw it.
        notes: What the engine has to say.

    """
    try:
        report = json.loads(line.decode("utf-8", "replace").strip().rpartition("\n")[2])
        return _execution(report, seconds, notes)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def lost(cause: Cause, detail: str, *, seconds: float, notes: tuple[str, ...]) -> Execution:
    """Give the execution of a cell that ended without a report."""
    return Execution(
        ending=NotRun(cause=cause, detail=detail),
        stdout=EMPTY_OUTPUT,
        stderr=EMPTY_OUTPUT,
        records=(),
        timeline=(),
        start=seconds,
        run=0.0,
        peak_memory=None,
        notes=notes,
    )


def traced(text: str) -> Iterator[Mapping[str, Any]]:
    """Give the records in what a tracer wrote; whatever else is there is passed over."""
    for line in text.split("\n"):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def _execution(report: Mapping[str, Any], seconds: float, notes: tuple[str, ...]) -> Execution:
    ending = _ending(report["ending"])
    if isinstance(ending, NotRun):
        return lost(ending.cause, ending.detail, seconds=seconds, notes=notes)
    run = float(report["run"])
    if report["records_dropped"]:
        notes = (*notes, f"{report['records_dropped']} unreadable or surplus records left out")
    return Execution(
        ending=ending,
        stdout=_output(report["stdout"]),
        stderr=_output(report["stderr"]),
        records=tuple(record for record in report["records"] if isinstance(record, dict)),
        timeline=tuple(islice(traced(str(report["trace"])), MOST_TRACED)),
        start=max(0.0, seconds - run),
        run=run,
        peak_memory=int(report["peak_memory"]),
        notes=notes,
    )


def _ending(ending: Mapping[str, Any]) -> Ending:
    match ending:
        case {"exited": int(status)}:
            return Exited(status=status)
        case {"signalled": str(name)}:
            return Signalled(signal=name)
        case {"timed_out": float() | int() as limit}:
            return TimedOut(limit=float(limit))
        case {"not_started": str(reason)}:
            return NotRun(
                cause=Cause.NOT_STARTED, detail=f"the reproduction could not be started: {reason}"
            )
        case _:
            raise ValueError(ending)


def _output(stream: Mapping[str, Any]) -> Output:
    return Output(head=str(stream["head"]), tail=str(stream["tail"]), size=int(stream["size"]))
