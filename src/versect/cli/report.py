"""``versect report``: the table again from what is stored, running nothing."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.completing import stored_studies
from versect.cli.options import place_options


@click.command()
@click.argument("study", shell_complete=stored_studies)
@place_options
@click.option(
    "--reclassify",
    is_flag=True,
    help="Judge every trial under the study's present [failure] and say what changes.",
)
def report(study: str, results: Path, cache_folder: Path | None, *, reclassify: bool) -> int:
    """Write the table of STUDY again from stored trials, running nothing.

    Outcomes are always computed from what was observed. Without --reclassify the failure sought
    is the one of the last run; with it, the one that the study's file says now.
    """
    from versect.cli import commands
    from versect.cli.wiring import Wiring

    wiring = Wiring(results=results, cache=cache_folder, offline=True)
    return commands.report(wiring, study, reclassify=reclassify)
