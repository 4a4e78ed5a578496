"""``versect history``: when each cell changed, and what else changed with it."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.completing import stored_studies
from versect.cli.options import place_options


@click.command()
@click.argument("study", shell_complete=stored_studies)
@place_options
@click.option("--runs", is_flag=True, help="List the runs that left trials, the oldest first.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def history(
    study: str, results: Path, cache_folder: Path | None, *, runs: bool, as_json: bool
) -> int:
    """Show when the cells of STUDY changed, from stored trials alone.

    A cell that was tried again is compared with its last trial; a cell that is new since the
    first run, with its nearest older neighbour. Below each change stands what else differs:
    releases, the interpreter's patch release or image, other packages, the reproduction.
    """
    from versect.cli import remembering
    from versect.cli.wiring import Wiring

    wiring = Wiring(results=results, cache=cache_folder, offline=True)
    if runs:
        return remembering.runs(wiring, study)
    return remembering.history(wiring, study, as_json=as_json)
