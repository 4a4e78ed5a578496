"""``versect merge``: what several machines tried, brought together."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.options import place_options


@click.command()
@click.argument(
    "sources",
    metavar="RESULTS_DIR...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@place_options
def merge(sources: tuple[Path, ...], results: Path, cache_folder: Path | None) -> int:
    """Bring together the trials, locks and timelines of several machines in RESULTS.

    A RESULTS_DIR is the folder of all results of one machine, or the folder of one study in it.
    What several of them have, or RESULTS has already, is taken once: merging again changes
    nothing. Results of different commits or engines are refused. Then the tables are written
    again; nothing is run.
    """
    from versect.cli import merging
    from versect.cli.wiring import Wiring

    return merging.merge(Wiring(results=results, cache=cache_folder, offline=True), sources)
