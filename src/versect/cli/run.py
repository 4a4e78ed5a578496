"""``versect run``: plan a study, ask what is open, write and show the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from versect.cli.options import (
    WithCommand,
    draft_of,
    running_options,
    shard_option,
    study_options,
)
from versect.select.shards import Shard

_EXAMPLES = "\b\nExamples:" + "".join(
    f"\n  versect run {words}"
    for words in (
        "event-loop",
        "path/to/study.toml --python 3.12 -j 2",
        "--python 3.12 --axis httpx='>=0.25' --every minor-latest -- python repro.py",
    )
)


@click.command(cls=WithCommand, epilog=_EXAMPLES)
@study_options
@running_options
@shard_option
@click.option(
    "--full", is_flag=True, help="Then every sweep of the study, and every search; resumable."
)
@click.option("--fresh", is_flag=True, help="Ask every cell again, known or not.")
@click.option("--trace", is_flag=True, help="Record the lives of event loops and clients too.")
@click.option("--dry-run", is_flag=True, help="Show the cells, what is known and what would run.")
@click.pass_context
def run(  # noqa: PLR0913 - one argument an option
    ctx: click.Context,
    /,
    engine: str,
    jobs: int,
    results: Path,
    cache_folder: Path | None,
    *,
    offline: bool,
    full: bool,
    fresh: bool,
    trace: bool,
    dry_run: bool,
    shard: Shard | None,
    **options: Any,
) -> int:
    """Run a study and write its compatibility table.

    STUDY is a built-in study (event-loop), a study.toml, a pyproject.toml with [tool.versect], a
    script, or a folder that holds one of them. Without STUDY, the reproduction is the COMMAND
    after --, and its axes come from --python and --axis.

    Finished trials are kept in RESULTS/STUDY/trials.jsonl and never run again unless --fresh: a run
    that was ended in any way goes on when the same command is given again.
    """
    from versect.cli import commands, timelines
    from versect.cli import full as whole
    from versect.cli.wiring import Wiring

    wiring = Wiring(results=results, cache=cache_folder, offline=offline)
    draft = draft_of(ctx, results, options)
    if dry_run:
        show = whole.dry_run if full else commands.dry_run
        return show(wiring, draft, engine=engine, fresh=fresh, shard=shard)
    if trace:
        timelines.trace(
            *(wiring, draft),
            cells=(),
            engine=engine,
            jobs=jobs,
            again=False,
            fresh=fresh,
            shard=shard,
        )
        fresh = False  # they are
    ask = whole.run if full else commands.run
    return ask(wiring, draft, engine=engine, jobs=jobs, fresh=fresh, shard=shard)
