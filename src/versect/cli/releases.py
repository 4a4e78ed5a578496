"""``versect releases``: a project's series for each interpreter, and why others are dropped."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
from packaging.version import Version

from versect.app.releases import Listing, listings
from versect.cli.options import offline_option, place_options
from versect.errors import UsageError
from versect.model.release import Release
from versect.select.platforms import compatible_tags

_WIDTH: Final = 100
_ENDS: Final = 4


@click.command()
@click.argument("project")
@click.argument("specifier", metavar="[SPEC]", default="")
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="3.X",
    default=("3.11", "3.12", "3.13"),
    show_default=True,
    help="Interpreter; repeatable. It need not be installed.",
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
@click.option("--build", is_flag=True, help="A source archive is as good as a wheel.")
@click.option("--cut-off", metavar="DATE", help="Files uploaded later do not exist.")
@click.option(
    "--platform",
    metavar="NAME",
    help="Whose wheels count, such as x86_64-manylinux_2_28; by default this machine's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Say which indexes are asked, and why these.")
@place_options
@offline_option
def releases(  # noqa: PLR0913, PLR0917 - one argument an option
    project: str,
    specifier: str,
    pythons: tuple[str, ...],
    every: str,
    limit: int | None,
    cut_off: str | None,
    platform: str | None,
    results: Path,
    cache_folder: Path | None,
    *,
    pre: bool,
    yanked: bool,
    build: bool,
    as_json: bool,
    verbose: bool,
    offline: bool,
) -> int:
    """Show the releases of PROJECT that take part for each interpreter.

    SPEC is a range such as '>=1.50,<2', or versions separated by commas. Every release of the
    range that takes no part is shown with its reason.
    """
    from versect.cli.wiring import Wiring
    from versect.source.draft import Draft
    from versect.source.flags import lay

    thinning = {"every": every, "limit": limit, "pre": pre, "yanked": yanked}
    base: dict[str, Any] = {"command": ["true"], "python": list(pythons), "projects": {project: {}}}
    table = lay(
        base,
        keys={"cut-off": cut_off} if cut_off else {},
        parameters=(),
        axes=(f"{project}={specifier}",) if specifier else (),
        thinning={key: value for key, value in thinning.items() if value not in (None, False)},
    )
    study = Draft(
        source="command line", root=Path.cwd(), table=table, default_name="releases"
    ).study()
    if platform:
        _check(platform)
    wiring = Wiring(results=results, cache=cache_folder, offline=offline)
    if verbose:
        for words in wiring.configuration.words:
            wiring.say(words)
    found = listings(
        wiring.index,
        study.projects[0],
        pythons=study.pythons,
        platform=platform,
        cut_off=study.cut_off,
        build_allowed=build,
    )
    if as_json:
        document = {"schema_version": 1, "project": study.projects[0].project}
        click.echo(json.dumps({**document, "series": [_row(one) for one in found]}, indent=1))
        return 0
    for line in (line for one in found for line in _lines(one)):
        click.echo(line)
    return 0


def _check(platform: str) -> None:
    try:
        compatible_tags("3.12", platform)
    except ValueError as error:
        raise UsageError(f"--platform: {error}") from error


def _lines(listing: Listing) -> Iterator[str]:
    """Give a series as text: what takes part, then what does not, grouped by reason."""
    series = listing.series
    count = len(series.releases)
    releases = f"{count or 'no'} release{'' if count == 1 else 's'}"
    yield f"{series.project} on Python {', '.join(listing.pythons)}: {releases}"
    for release in series.releases:
        uploaded = f"{release.uploaded:%Y-%m-%d}" if release.uploaded else ""
        yield f"  {release.version!s:16} {uploaded:10}  {_remark(release)}".rstrip()
    if series.thinned:
        yield from _wrapped(f"{len(series.thinned)} thinned out: {_abridged(series.thinned)}")
    for (reason, detail), versions in listing.dropped.items():
        because = f"{reason} ({detail})" if detail else str(reason)
        listed = ", ".join(map(str, versions))
        yield from _wrapped(f"{len(versions)} dropped, {because}: {listed}")
    if not (series.releases or series.dropped):
        yield "  the index has no release in this range"


def _remark(release: Release) -> str:
    """Say what would have kept a release out of a range, had nobody named it."""
    if release.yanked:
        reasons = "; ".join(sorted({f.yanked_reason for f in release.files if f.yanked_reason}))
        return f"yanked: {reasons}" if reasons else "yanked"
    return "pre-release" if release.version.is_prerelease else ""


def _abridged(versions: Sequence[Version]) -> str:
    """Give versions that would do, only the ends of a long list: JSON has them all."""
    words = [str(version) for version in versions]
    if len(words) > 2 * _ENDS + 1:
        words = [*words[:_ENDS], "...", *words[-_ENDS:]]
    return ", ".join(words)


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(
        words,
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _row(listing: Listing) -> dict[str, Any]:
    series = listing.series
    return {
        "pythons": list(listing.pythons),
        "releases": [
            {
                "version": str(release.version),
                "uploaded": release.uploaded and release.uploaded.isoformat(),
                "yanked": release.yanked,
            }
            for release in series.releases
        ],
        "thinned": [str(version) for version in series.thinned],
        "dropped": [
            {"version": str(one.version), "reason": one.reason, "detail": one.detail}
            for one in series.dropped
        ],
    }
