"""``versect diff``: what two runs left known that is not the same."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.options import place_options


@click.command()
@click.argument("one", metavar="RUN")
@click.argument("other", metavar="RUN")
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def diff(one: str, other: str, results: Path, cache_folder: Path | None, *, as_json: bool) -> int:
    """Show what was known at the end of the first RUN and is otherwise at the end of the second.

    RUN is the name of a run, or its beginning: 'versect history STUDY --runs' lists them.
    """
    from versect.cli import remembering
    from versect.cli.wiring import Wiring

    wiring = Wiring(results=results, cache=cache_folder, offline=True)
    return remembering.diff(wiring, one, other, as_json=as_json)
