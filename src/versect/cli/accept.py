"""``versect accept``: what a study's cells do now is what later checks compare with."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.completing import stored_studies
from versect.cli.options import place_options


@click.command()
@click.argument("study", shell_complete=stored_studies)
@place_options
def accept(study: str, results: Path, cache_folder: Path | None) -> int:
    """Make the newest stored trials of STUDY the baseline of 'versect check'.

    Nothing is run. RESULTS/STUDY/baseline.json holds, for each cell, its outcome and what was
    installed; keep it in version control. What changes against the old one is printed.
    """
    from versect.cli import checking
    from versect.cli.wiring import Wiring

    return checking.accept(Wiring(results=results, cache=cache_folder, offline=True), study)
