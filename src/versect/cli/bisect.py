"""``versect bisect``: which release brought the failure, or mended it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from versect.cli.completing import projects
from versect.cli.options import (
    WithCommand,
    draft_of,
    running_options,
    stacked,
    study_options,
)

_EXAMPLES = "\b\nExamples:" + "".join(
    f"\n  versect bisect {words}"
    for words in (
        "event-loop --project openai --good 1.3.0",
        "--project numpy --require pandas==2.0.3 -- python -c 'import pandas'",
        "--project openai --project httpx --message proxies -- python repro.py",
        "--project python --python 3.11 --python 3.12 repro.py",
        "study.toml --project openai --find-fix --bad 1.55.2",
    )
)

search_options = stacked(
    click.option(
        "--project",
        "projects",
        multiple=True,
        metavar="NAME",
        shell_complete=projects,
        help="Whose releases are searched; python for interpreters. Several: the region in which "
        "they fail together.",
    ),
    click.option("--good", metavar="RELEASE", help="Passes; by default searched for backwards."),
    click.option("--bad", metavar="RELEASE", help="Fails; by default the newest."),
    click.option("--find-fix", is_flag=True, help="Find the first release that passes again."),
    click.option(
        "--order",
        type=click.Choice(["version", "date"]),
        default="version",
        show_default=True,
        help="Search by version or by upload time; by that, lines beside each other one by one "
        "where the failure is in one of them.",
    ),
    click.option(
        "--confirm",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        help="How often both sides of the boundary are tried again.",
    ),
    click.option(
        "--check-monotone",
        "checks",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="N",
        help="Spend N trials on places where a window could hide.",
    ),
    click.option("--scan", is_flag=True, help="When both ends pass, look for a window between."),
    click.option("--flaky", is_flag=True, help="The failure comes by chance: search under noise."),
    click.option(
        "--confidence",
        type=click.FloatRange(0.5, 0.9999),
        default=0.95,
        show_default=True,
        help="With --flaky: stop when the verdict is this probable.",
    ),
    click.option(
        "--rate",
        type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
        default=0.08,
        show_default=True,
        metavar="SHARE",
        help="With --flaky: a release fails if more than this share of its trials shows the "
        "failure. Rarer failures take more trials to tell.",
    ),
    click.option(
        "--budget",
        type=click.IntRange(min=1),
        default=300,
        show_default=True,
        help="The most trials of a search under noise, and the most parts that explain tries.",
    ),
)

finish_options = stacked(
    click.option("--fresh", is_flag=True, help="Make every trial again, known or not."),
    click.option(
        "--dry-run", is_flag=True, help="Show the series and how many trials it would take."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON."),
)


@click.command(cls=WithCommand, epilog=_EXAMPLES)
@study_options
@search_options
@running_options
@finish_options
@click.pass_context
def bisect(ctx: click.Context, /, **options: Any) -> int:
    """Find the release that brought the failure.

    STUDY is as for 'versect run'; without it the reproduction is the COMMAND after --. All axes
    but those searched are held still; their other values are chosen with --python and --axis.

    Both ends are tried first. The verdict keeps every suspect and is written to
    RESULTS/STUDY/bisect/ as Markdown to paste into an issue, as JSON, with the locks of both sides.
    Finished trials are kept and never made again unless --fresh.
    """
    from versect.cli import bisecting, publishing, regions
    from versect.cli.searching import Request
    from versect.cli.wiring import Wiring

    results: Path = options["results"]
    wiring = Wiring(results=results, cache=options["cache_folder"], offline=options["offline"])
    draft, request = draft_of(ctx, results, options), Request.of(options)
    search = regions.bisect if len(request.projects) > 1 else bisecting.bisect
    code = search(wiring, draft, request)
    if not request.dry_run:
        publishing.refresh(wiring, draft)
    return code
