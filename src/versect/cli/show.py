"""``versect show``: a study's page in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.completing import stored_studies
from versect.cli.options import place_options


@click.command()
@click.argument("study", required=False, shell_complete=stored_studies)
@place_options
def show(study: str | None, results: Path, cache_folder: Path | None) -> int:  # noqa: ARG001
    """Open the page of STUDY in the browser and print its path.

    Without STUDY the newest page in RESULTS is opened. The page is a file that asks no network
    for anything; 'versect run' and 'versect report' write it.
    """
    import webbrowser

    from versect.errors import UsageError
    from versect.report.page import NAME

    found = [results / study / NAME] if study else list(results.glob(f"*/{NAME}"))
    pages = sorted((p for p in found if p.is_file()), key=lambda p: p.stat().st_mtime)
    if not pages:
        of_whom = study or "any study"
        raise UsageError(
            f"no page of {of_whom} in {results}",
            remedy=f"versect report {study or 'STUDY'} writes it from stored trials, "
            "versect run runs the study",
        )
    page = pages[-1].resolve()
    click.echo(page)
    if not webbrowser.open(page.as_uri()):
        click.echo("no browser could be started here; open the file in one", err=True)
    return 0
