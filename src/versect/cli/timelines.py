"""What ``versect trace`` does: cells or a command traced, their stories told."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import click

from versect.app import trace as tracing
from versect.app.plan import Plan, Result, only
from versect.app.run import run_id
from versect.cli import publishing
from versect.cli.commands import INCONCLUSIVE, alone, planned
from versect.cli.searching import made
from versect.cli.wiring import Wiring, now
from versect.engine.select import Choice
from versect.forensics.timeline import Timeline
from versect.forensics.timeline_codec import decode, encode, timeline_file
from versect.model.cell import Cell
from versect.model.outcome import Outcome, Word
from versect.report import page
from versect.report import timeline as report
from versect.report.progress import describe
from versect.report.write import write
from versect.select.shards import Shard
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.source.remember import NAME, document, place
from versect.store.jsonl import JsonLines

COMMAND: Final = "command"
"""Under this name lies the timeline of a command, where those of cells have their ids."""
_SIGNALLED: Final = 128


def trace_study(  # noqa: PLR0913 - one argument an option
    wiring: Wiring,
    draft: Draft,
    *,
    cells: Sequence[str],
    engine: str,
    jobs: int,
    fresh: bool,
    as_json: bool,
) -> int:
    """Trace cells of a study and tell what became of their loops and clients."""
    study = draft.study()
    folder = wiring.results / study.name
    wanted = trace(wiring, draft, cells=cells, engine=engine, jobs=jobs, again=fresh)
    found = {cell.id: _read(timeline_file(folder, cell.id)) for cell in wanted}
    told = {cell: timeline for cell, timeline in found.items() if timeline is not None}
    if as_json:
        parts = [{"cell": cell, **report.document(timeline)} for cell, timeline in told.items()]
        _echo_json({"study": study.name, "cells": parts})
    for cell, timeline in () if as_json else told.items():
        click.echo(f"{cell}:")
        _tell(timeline, whole=len(found) == 1)
    wiring.say(f"timelines: {folder / 'timelines'}")
    publishing.refresh(wiring, draft)
    return 0 if len(told) == len(found) else INCONCLUSIVE


def trace(  # noqa: PLR0913 - likewise
    wiring: Wiring,
    draft: Draft,
    *,
    cells: Sequence[str],
    engine: str,
    jobs: int,
    again: bool,
    fresh: bool = False,
    shard: Shard | None = None,
) -> tuple[Cell, ...]:
    """See to it that cells of a study have timelines; give those cells.

    Args:
        wiring: The parts.
        draft: The study.
        cells: Their ids; none for all.
        engine: Which engine.
        jobs: Cells that run at once.
        again: Whether those that have one are traced again.
        fresh: Whether all trials are made anew, and kept.
        shard: Which part of the study's cells.

    """
    study = draft.study()
    folder = wiring.results / study.name
    choice = wiring.choose(engine)
    wiring.say(f"{study.name}: engine {choice.engine.name} ({choice.reason}), -j {jobs}, traced")
    with alone(wiring, folder):
        plan = planned(wiring, study, choice, JsonLines(folder, study.name), fresh=fresh)
        wanted = tracing.chosen(only(plan, shard), cells)
        missing = wanted
        if not (fresh or again):
            missing = tracing.untraced(wanted, folder, fingerprint(study))
        if missing:
            for path in (folder / NAME, place(folder, fingerprint(study))):
                write(path, document(draft))
            results = _ask(wiring, draft, choice, plan, missing, jobs=jobs)
            for cell, (_, outcome) in results.items():
                wiring.say(f"{cell}: {describe(outcome)}{_unlike(plan.known.get(cell), outcome)}")
    return wanted


def _unlike(known: Result | None, outcome: Outcome) -> str:
    """Say that a cell did something else when nobody looked; empty where it did the same."""
    if known is None or Word.of(known[1]) is Word.of(outcome):
        return ""
    return f"; but untraced it {describe(known[1])}, which may be chance"


def tell(wiring: Wiring, study: str | None, cell: str) -> None:
    """Tell what the timeline of a cell says; without a study it is looked for in all results."""
    for folder in sorted(wiring.results.glob(study or "*")):
        timeline = _read(timeline_file(folder, cell))
        if timeline is not None:
            _tell(timeline, whole=True)
            return


def trace_command(wiring: Wiring, argv: Sequence[str], *, name: str, as_json: bool) -> int:
    """Trace a command that runs as it is; its exit status is given back."""
    ran = tracing.trace_command(argv, wiring.environment, stdout=2 if as_json else None)
    status = ran.status if ran.status >= 0 else _SIGNALLED - ran.status
    if ran.timeline is None:
        wiring.say(
            "nothing was traced: no Python started here, or one with -I, -E or -S, "
            "or it had no event loop, client or connection"
        )
        return status or INCONCLUSIVE
    path = timeline_file(wiring.results / name, COMMAND)
    write(path, encode(ran.timeline, fingerprint=""))
    if as_json:
        _echo_json({"command": list(argv), "status": status, **report.document(ran.timeline)})
    else:
        click.echo()
        _tell(ran.timeline, whole=True)
    title = shlex.join(argv)
    shown = page.publish_timeline(path.parents[1], title, ran.timeline, made=made())
    wiring.say(f"page: {shown}")
    wiring.say(f"the command ended with {status}; timeline: {path}")
    return status


def _ask(  # noqa: PLR0913 - the parts, and what is asked
    wiring: Wiring,
    draft: Draft,
    choice: Choice,
    plan: Plan,
    cells: Sequence[Cell],
    *,
    jobs: int,
) -> dict[str, Result]:
    study = draft.study()
    progress = wiring.progress()
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="versect-cell")
    try:
        with wiring.laboratory(
            study, plan.releases, choice.engine, run_id(now()), traced=lambda _: True
        ) as laboratory:
            return tracing.trace_cells(
                cells,
                plan,
                study.symptom,
                laboratory=laboratory,
                log=JsonLines(wiring.results / study.name, study.name),
                progress=progress,
                executor=executor,
                jobs=jobs,
            )
    finally:
        progress.close()
        executor.shutdown(wait=True, cancel_futures=True)


def _tell(timeline: Timeline, *, whole: bool) -> None:
    for line in report.told(timeline):
        click.echo(line)
    if whole:
        click.echo()
        for line in report.lanes(timeline):
            click.echo(line)


def _read(path: Path) -> Timeline | None:
    try:
        return decode(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _echo_json(body: dict[str, Any]) -> None:
    click.echo(json.dumps({"schema_version": report.SCHEMA_VERSION, **body}, indent=2))
