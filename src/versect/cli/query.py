"""``versect query``: questions in SQL over everything stored."""

from __future__ import annotations

from pathlib import Path

import click

from versect.cli.options import place_options


@click.command()
@click.argument("sql", required=False)
@click.argument("study", required=False)
@click.option("--schema", is_flag=True, help="Show the tables and their columns.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print comma-separated values.")
@place_options
def query(  # noqa: PLR0913 - one argument an option
    sql: str | None,
    study: str | None,
    form: str | None,
    results: Path,
    cache_folder: Path | None,
    *,
    schema: bool,
) -> int:
    """Answer a question in SQL over stored trials, of STUDY or of all studies.

    The tables trials, failures, packages and axes are made from RESULTS/*/trials.jsonl for each
    question, and can only be read. Outcomes are what the last run of a study takes for a failure.

    \b
    Example:
      versect query "SELECT outcome, count(*) FROM trials GROUP BY outcome"
    """  # noqa: D301 - click's mark for lines that stay as they are
    from versect.cli import asking
    from versect.cli.wiring import Wiring

    if schema:
        asking.schema(form)
        return 0
    if sql is None:
        raise click.UsageError("a question in SQL is missing; --schema shows the tables")
    wiring = Wiring(results=results, cache=cache_folder, offline=True)
    asking.query(wiring, sql, study, form)
    return 0
