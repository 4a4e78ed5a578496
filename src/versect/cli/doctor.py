"""``versect doctor``: what this machine can do, and what to install."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.options import offline_option, place_options


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@place_options
@offline_option
def doctor(results: Path, cache_folder: Path | None, *, as_json: bool, offline: bool) -> int:
    """Say what this machine can do, and what to install.

    Interpreters, container engines (do they answer, do they hold limits, is the network really
    closed), where images come from, uv, the package index, the folders, the clock. Nothing is
    changed: no image is made, no engine started. It takes seconds, also without a network.

    Ends with 0 when something can run here, else with the code of what is in the way: 3 the index,
    4 neither an engine nor an interpreter, 6 uv, 7 a folder.
    """
    from versect.cli import doctoring
    from versect.cli.wiring import Wiring

    wiring = Wiring(results=results, cache=cache_folder, offline=offline)
    return doctoring.doctor(wiring, as_json=as_json)
