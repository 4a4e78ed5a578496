"""``versect releases``: a project's series for each interpreter, and why others are dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from versect.cli.options import offline_option, place_options
from versect.model.release import Series


@click.command()
@click.argument("project")
@click.argument("specifier", default="")
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="3.X",
    default=("3.11", "3.12", "3.13"),
    show_default=True,
    help="Interpreter; repeatable.",
)
@click.option(
    "--every",
    type=click.Choice(["release", "patch-latest", "minor-latest"]),
    default="release",
    show_default=True,
    help="Thin out.",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, evenly spread.")
@click.option("--pre", is_flag=True, help="Pre-releases take part.")
@click.option("--yanked", is_flag=True, help="Yanked releases take part.")
@click.option("--cut-off", metavar="DATE", help="Files uploaded later do not exist.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@place_options
@offline_option
def releases(  # noqa: PLR0913, PLR0917 - one argument an option
    project: str,
    specifier: str,
    pythons: tuple[str, ...],
    every: str,
    limit: int | None,
    cut_off: str | None,
    results: Path,
    cache_folder: Path | None,
    *,
    pre: bool,
    yanked: bool,
    as_json: bool,
    offline: bool,
) -> int:
    """Show the releases of PROJECT that take part for each interpreter.

    SPECIFIER is a range such as '>=1.50,<2'. Every release of the range that takes no part is
    shown with its reason.
    """
    from versect.app.plan import enumerate_series
    from versect.cli.wiring import Wiring
    from versect.source.draft import Draft

    options = {"every": every, "limit": limit, "pre": pre, "yanked": yanked}
    table: dict[str, Any] = {
        "command": ["true"],
        "python": list(pythons),
        "projects": {project: {k: v for k, v in options.items() if v not in (None, False)}},
    }
    if specifier:
        table["projects"][project]["versions"] = specifier
    if cut_off:
        table["cut-off"] = cut_off
    draft = Draft(source="command line", root=Path.cwd(), table=table, default_name="releases")
    study = draft.study()
    wiring = Wiring(results=results, cache=cache_folder, offline=offline)
    found = enumerate_series(study, wiring.index, platform=None, say=wiring.say)
    different: list[tuple[Series, list[str]]] = []
    for (python, _), series in found.items():
        same = next((pythons for other, pythons in different if other == series), None)
        if same is None:
            different.append((series, [python]))
        else:
            same.append(python)
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "series": [_row(*one) for one in different]}))
        return 0
    for series, same in different:
        click.echo(f"{series.project} on Python {', '.join(same)}: {len(series.releases)} releases")
        for release in series.releases:
            uploaded = f"{release.uploaded:%Y-%m-%d}" if release.uploaded else ""
            click.echo(f"  {release.version!s:16} {uploaded}")
        if series.thinned:
            click.echo(f"  thinned out: {', '.join(map(str, series.thinned))}")
        for dropped in series.dropped:
            detail = f" ({dropped.detail})" if dropped.detail else ""
            click.echo(f"  {dropped.version!s:16} dropped: {dropped.reason}{detail}")
    return 0


def _row(series: Series, pythons: list[str]) -> dict[str, Any]:
    return {
        "project": series.project,
        "pythons": pythons,
        "releases": [
            {"version": str(r.version), "uploaded": r.uploaded and r.uploaded.isoformat()}
            for r in series.releases
        ],
        "thinned": [str(version) for version in series.thinned],
        "dropped": [
            {"version": str(d.version), "reason": d.reason, "detail": d.detail}
            for d in series.dropped
        ],
    }
