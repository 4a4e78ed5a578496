"""``versect reproduce``: the exact command of one cell, printed or run."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.completing import cells
from versect.cli.options import engine_option, offline_option, place_options


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[STUDY] CELL", shell_complete=cells)
@engine_option
@place_options
@offline_option
@click.option("--run", "run_it", is_flag=True, help="Run it, with the limits of the study.")
@click.option("--trace", is_flag=True, help="Run it, and record the lives of loops and clients.")
def reproduce(  # noqa: PLR0913 - one argument an option
    words: tuple[str, ...],
    engine: str,
    results: Path,
    cache_folder: Path | None,
    *,
    offline: bool,
    run_it: bool,
    trace: bool,
) -> int:
    """Print the exact command of one cell, or run it.

    CELL is a cell's id as the table shows it. Without STUDY every study in RESULTS is searched.
    The environment is built if it is not there any more.
    """
    from versect.cli import commands, timelines
    from versect.cli.wiring import Wiring

    if len(words) > 2:
        raise click.UsageError("give a cell's id, with its study's name before it if need be")
    study, cell = (words[0], words[1]) if len(words) == 2 else (None, words[0])
    wiring = Wiring(results=results, cache=cache_folder, offline=offline)
    if not trace:
        return commands.reproduce(wiring, study, cell, engine=engine, run_it=run_it)
    result = commands.reproduce(wiring, study, cell, engine=engine, run_it=True, traced=True)
    if result == 0:
        timelines.tell(wiring, study, cell)
    return result
