"""``versect plan``: a study's cells shared out, as a table or as the matrix of a CI job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from versect.cli.options import (
    WithCommand,
    draft_of,
    engine_option,
    offline_option,
    place_options,
    shard_option,
    study_options,
)

_EXAMPLES = "\b\nExamples:" + "".join(
    f"\n  versect plan {words}"
    for words in (
        "study.toml --shards 4",
        "study.toml --shards 4 --json",
        "study.toml --shard 2/4",
    )
)


@click.command(cls=WithCommand, epilog=_EXAMPLES)
@study_options
@click.option(
    "--shards",
    type=click.IntRange(min=1, max=256),
    metavar="NUMBER",
    help="Share the cells out into so many parts, 1 by default; GitHub takes at most 256 jobs of "
    "one matrix.",
)
@shard_option
@engine_option
@place_options
@offline_option
@click.option("--json", "as_json", is_flag=True, help="Print the matrix of a GitHub job.")
@click.pass_context
def plan(ctx: click.Context, /, **options: Any) -> int:
    """Share the cells of STUDY out among machines; nothing is run.

    Cells of one environment stay together, and every machine that asks the same index comes to the
    same parts. 'versect run STUDY --shard 2/4' and 'versect check STUDY --shard 2/4' ask one of
    them, 'versect merge' brings the trials together.

    With --json it is what GitHub's strategy.matrix takes through fromJSON: an "include" with one
    entry for each part that has cells. With --shard it lists that part's cells.
    """
    from versect.cli import sharing
    from versect.cli.wiring import Wiring

    results: Path = options["results"]
    wiring = Wiring(results=results, cache=options["cache_folder"], offline=options["offline"])
    asked = ("engine", "shards", "shard", "as_json")
    request = sharing.Request(**{name: options[name] for name in asked})
    return sharing.plan(wiring, draft_of(ctx, results, options), request)
