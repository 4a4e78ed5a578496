"""``versect check``: what is new since the baseline, and what of it broke."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from versect.cli.options import (
    WithCommand,
    draft_of,
    engine_option,
    jobs_option,
    offline_option,
    place_options,
    shard_option,
    study_options,
)
from versect.errors import UsageError
from versect.source.draft import Draft

if TYPE_CHECKING:
    from versect.cli.wiring import Wiring

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
@shard_option
@click.option("--fresh", is_flag=True, help="Ask every cell again, known or not.")
@click.option(
    "--changed",
    nargs=2,
    metavar="OLD NEW",
    help="Compare two locks instead: does the new one break the study, and which bump in it?",
)
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

    With --changed nothing is compared with a baseline: the reproduction runs with the old lock and
    with the new one, of what broke the bumps are found that bring it, with their first failing
    releases, and standard output is a comment for the pull request. A lock is a pylock.toml, a
    uv.lock, a requirements.txt or an environment's folder. The exit codes are the same.
    """
    from versect.cli import checking
    from versect.cli.wiring import Wiring

    results: Path = options["results"]
    wiring = Wiring(results=results, cache=options["cache_folder"], offline=options["offline"])
    draft = draft_of(ctx, results, options)
    if options["changed"]:
        return _changed(wiring, draft, options)
    asked = ("engine", "jobs", "budget", "fresh", "as_json", "shard")
    request = checking.Request(**{name: options[name] for name in asked})
    return checking.check(wiring, draft, request)


def _changed(wiring: Wiring, draft: Draft, options: dict[str, Any]) -> int:
    from versect.cli import changing

    if options["shard"] is not None:
        raise UsageError("--shard shares out a study's cells, and --changed runs two locks")
    old, new = options["changed"]
    asked = ("engine", "jobs", "budget", "fresh", "as_json")
    request = changing.Request(old=old, new=new, **{name: options[name] for name in asked})
    return changing.changed(wiring, draft, request)
