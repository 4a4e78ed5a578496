"""``versect site``: the pages of all studies for a web server."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.options import place_options


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@place_options
def site(out: Path, results: Path, cache_folder: Path | None) -> int:
    """Write a site of all studies in RESULTS to the folder OUT.

    Its front page tells of each study how it stands, what searches found and when its cells
    changed, and leads to copies of its page and its files. It asks no network for anything and
    needs no program on the server: open it from disk, or host it as it is.

    OUT is replaced as a whole once the new site is complete. A folder that holds something else
    than a site is refused.
    """
    from versect.cli import hosting
    from versect.cli.wiring import Wiring

    return hosting.site(Wiring(results=results, cache=cache_folder, offline=True), out)
