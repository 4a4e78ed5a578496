"""``versect trace``: the lives of event loops, clients and connections in cells or a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from versect.cli.options import (
    WithCommand,
    command_of,
    draft_of,
    running_options,
    study_options,
)
from versect.errors import UsageError

_EXAMPLES = "\b\nExamples:" + "".join(
    f"\n  versect trace {words}"
    for words in (
        "-- python app.py",
        "event-loop --python 3.12 --axis openai=1.109.1 --parameter mode=collected",
        "event-loop --cell py3.12-httpx0.27.2-openai1.109.1-mode=collected --json",
    )
)


@click.command(cls=WithCommand, epilog=_EXAMPLES)
@study_options
@running_options
@click.option(
    "--cell", "cells", multiple=True, metavar="ID", help="Only this cell of STUDY; repeatable."
)
@click.option("--fresh", is_flag=True, help="Trace again what has a timeline already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def trace(  # noqa: PLR0913 - one argument an option
    ctx: click.Context,
    /,
    engine: str,
    jobs: int,
    results: Path,
    cache_folder: Path | None,
    *,
    offline: bool,
    cells: tuple[str, ...],
    fresh: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Record the lives of event loops, clients and connections, and tell what went wrong.

    A COMMAND after -- runs here, in its own environment and with its own Python, as if it had been
    typed without versect; its exit status is versect's. With --json what it prints goes to
    standard error.

    With STUDY, its cells are run in environments of their own, each with the tracer. Trials of
    cells that had none are kept; known cells get a timeline and no further trial. So is a COMMAND
    with --python or --axis. Exit code 12 says that some cells have no timeline.

    Timelines are kept in RESULTS/STUDY/timelines, that of a COMMAND in RESULTS/trace/timelines.
    """
    from versect.cli import timelines
    from versect.cli.wiring import Wiring

    wiring = Wiring(results=results, cache=cache_folder, offline=offline)
    command = command_of(ctx)
    if command and not (options["pythons"] or options["axes"] or options["study"]):
        if cells:
            raise UsageError(
                "--cell names a cell of a STUDY, and a command has none",
                remedy="leave it out, or name the study: versect trace STUDY --cell ID",
            )
        name = _folder_name(options["name"] or "trace")
        return timelines.trace_command(wiring, command, name=name, as_json=as_json)
    draft = draft_of(ctx, results, options)
    return timelines.trace_study(
        wiring, draft, cells=cells, engine=engine, jobs=jobs, fresh=fresh, as_json=as_json
    )


def _folder_name(name: str) -> str:
    from versect.source.values import word

    try:
        return word(name)
    except ValueError as error:
        raise UsageError(f"--name: {error}", remedy="such as --name trace-2") from None
