"""``versect explain``: which lines of the first failing release bring the failure."""

from __future__ import annotations

from typing import Any

import click

from versect.cli.bisect import finish_options, search_options
from versect.cli.options import (
    WithCommand,
    draft_of,
    running_options,
    study_options,
)


@click.command(cls=WithCommand)
@study_options
@search_options
@running_options
@finish_options
@click.pass_context
def explain(ctx: click.Context, /, **options: Any) -> int:
    """Find the lines that bring the failure, or mend it.

    Bisects as 'versect bisect' does with the same options (trials made before are not made
    again). Then the changes from the last release before the boundary to the first one behind it
    are applied to the older release's installed files, part by part, down to a set none of which
    can be left out. It is shown as a diff.
    """
    from versect.cli import explaining, publishing
    from versect.cli.searching import Request
    from versect.cli.wiring import Wiring

    wiring = Wiring(
        results=options["results"], cache=options["cache_folder"], offline=options["offline"]
    )
    draft = draft_of(ctx, options["results"], options)
    request = Request.of(options)
    code = explaining.explain(wiring, draft, request)
    if not request.dry_run:
        publishing.refresh(wiring, draft)
    return code
