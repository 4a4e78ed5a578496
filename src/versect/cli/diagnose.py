"""``versect diagnose``: when, why and where a study fails, and what helps."""

from __future__ import annotations

from typing import Any

import click

from versect.cli.options import (
    WithCommand,
    draft_of,
    running_options,
    study_options,
)


@click.command(cls=WithCommand)
@study_options
@running_options
@click.option("--full", is_flag=True, help="Ask the sweeps and searches of a full run as well.")
@click.option(
    "--no-run",
    is_flag=True,
    help="Ask nothing: diagnose from stored trials, verdicts and timelines.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the diagnosis as JSON.")
@click.pass_context
def diagnose(ctx: click.Context, /, **options: Any) -> int:
    """Say when, why and where a study fails, and what cures it.

    Asks what is open of the study's sweeps and searches (trials made before are not made again),
    then writes RESULTS/STUDY/diagnosis.md and diagnosis.json. Every sentence rests on trials,
    verdicts and timelines of this study, and names the cells; what was not asked is said, with
    the command that asks it.

    Sweeps, searches and the words about them are the study's: see docs/how-to/diagnose.md.
    """
    from versect.cli import diagnosing
    from versect.cli.wiring import Wiring

    wiring = Wiring(
        results=options["results"], cache=options["cache_folder"], offline=options["offline"]
    )
    draft = draft_of(ctx, options["results"], options)
    return diagnosing.diagnose(
        wiring,
        draft,
        diagnosing.Request(
            **{name: options[name] for name in ("engine", "jobs", "full", "no_run", "as_json")}
        ),
    )
