"""``versect blame``: which of the projects that two environments hold differently is to blame."""

from __future__ import annotations

from typing import Any

import click

from versect.cli.options import (
    WithCommand,
    draft_of,
    running_options,
    study_options,
)

_SIDE = "a lock (pylock.toml, uv.lock, requirements.txt), an environment's folder, or a date"
_EXAMPLES = "\b\nExamples:" + "".join(
    f"\n  versect blame {words}"
    for words in (
        "--good old/requirements.txt --bad requirements.txt -- python repro.py",
        "--good ~/works/.venv --bad .venv -- python -m pytest tests/test_client.py",
        "--good 2026-09-01 --bad today --require 'openai' --require httpx -- python repro.py",
    )
)


@click.command(cls=WithCommand, epilog=_EXAMPLES)
@study_options
@click.option("--good", metavar="SIDE", required=True, help=f"What passes: {_SIDE}.")
@click.option("--bad", metavar="SIDE", required=True, help="What fails: likewise.")
@click.option(
    "--confirm",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="How often both sides of each boundary are tried again.",
)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="The most mixes of the two sides that are tried.",
)
@click.option("--flaky", is_flag=True, help="The failure comes by chance: decide by repeats.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.9999),
    default=0.95,
    show_default=True,
    help="With --flaky: how probable each first failing release must be.",
)
@running_options
@click.option("--fresh", is_flag=True, help="Make every trial again, known or not.")
@click.option("--json", "as_json", is_flag=True, help="Print the finding as JSON.")
@click.pass_context
def blame(ctx: click.Context, /, **options: Any) -> int:
    """Find the changed projects that bring the failure, dependencies of dependencies included.

    Compares what passes with what fails: a minimal set of the differences that brings the failure
    is found by delta debugging, then the first failing release of each. Every mix is resolved
    anew, never put together from parts of locks.

    With two dates and nothing pinned, the first failing day is found first, from what the index
    had on each day.
    """
    from versect.cli import blaming, publishing
    from versect.cli.wiring import Wiring

    wiring = Wiring(
        results=options["results"], cache=options["cache_folder"], offline=options["offline"]
    )
    draft = draft_of(ctx, options["results"], options)
    code = blaming.blame(wiring, draft, blaming.Request.of(options))
    publishing.refresh(wiring, draft)
    return code
