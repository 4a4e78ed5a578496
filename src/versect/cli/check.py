"""``versect check``: what is new since the baseline, and what of it broke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from versect.cli.options import (
    WithCommand,
    draft_of,
    engine_option,
    jobs_option,
    offline_option,
    place_options,
    study_options,
)

_BUDGET = 60


@click.command(cls=WithCommand)
@study_options
@engine_option
@jobs_option
@place_options
@offline_option
@click.option(
    "--budget",
    type=click.IntRange(min=0),
    default=_BUDGET,
    show_default=True,
    metavar="TRIALS",
    help="Spend at most so many trials on searching what broke: its release and its lines. "
    "The two repeats of each cell that broke are not counted.",
)
@click.option("--fresh", is_flag=True, help="Ask every cell again, known or not.")
@click.option("--json", "as_json", is_flag=True, help="Print the check as JSON.")
@click.pass_context
def check(ctx: click.Context, /, **options: Any) -> int:
    """Run what is new of a study and compare it with its baseline.

    The index is asked again; only cells without a finished trial run: new releases, new
    interpreters, all of them when the reproduction changed. What passed and fails now, and what is
    new and fails where its older neighbour passes, is asked twice more, then bisected to its
    release and its lines. RESULTS/STUDY/check.md says it, and check/ID/issue.md each regression.

    Ends with 0 when nothing new broke, 20 for a regression, 21 when only some cells could not be
    told, 22 when the machine or its network was in the way, 2 without a baseline ('versect
    accept' makes one). The baseline is never changed.
    """
    from versect.cli import checking
    from versect.cli.wiring import Wiring

    results: Path = options["results"]
    wiring = Wiring(results=results, cache=options["cache_folder"], offline=options["offline"])
    asked = ("engine", "jobs", "budget", "fresh", "as_json")
    request = checking.Request(**{name: options[name] for name in asked})
    return checking.check(wiring, draft_of(ctx, results, options), request)
