"""``versect cache``: what is kept on disk, and how it gets smaller."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import platformdirs

from versect.app.cache import Row, remove, usage

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def age(_context: click.Context, _option: click.Parameter, text: str) -> float:
    """Give the seconds of a number with a unit: ``30d``, ``12h``, ``2w``."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} is no age; write 30d, 12h or 2w")
    return float(found[1]) * _UNITS[found[2]]


folder_option = click.option(
    "--cache",
    "cache_folder",
    type=click.Path(path_type=Path),
    envvar="VERSECT_CACHE",
    help="The folder; by default the user's cache folder.",
)


@click.group(invoke_without_command=True)
@folder_option
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_context
def cache(ctx: click.Context, cache_folder: Path | None, *, as_json: bool) -> None:
    """Show or prune what is kept on disk: environments, wheels, bytecode, locks, index pages.

    All of it can be made again; results are never kept here. Files that are shared by hard links
    are counted once, and may be shared with uv's own cache as well.
    """
    ctx.obj = root = cache_folder or _default()
    if ctx.invoked_subcommand is not None:
        return
    rows = usage(root)
    if as_json:
        document = {
            "schema_version": 1,
            "path": str(root),
            "kinds": [
                {"kind": row.kind, "count": row.count, "bytes": row.size, "last_used": row.used}
                for row in rows
            ],
        }
        click.echo(json.dumps(document, indent=1))
        return
    click.echo(f"{root}\n")
    click.echo(f"{'':12} {'entries':>8} {'size':>10}  last used")
    for row in rows:
        click.echo(_line(row))
    click.echo(
        f"{'total':12} {sum(r.count for r in rows):8} {_size(sum(r.size for r in rows)):>10}"
    )


@cache.command()
@folder_option
@click.option(
    "--older-than",
    metavar="AGE",
    callback=age,
    default="30d",
    show_default=True,
    help="Remove what was not used for so long.",
)
@click.option("--all", "everything", is_flag=True, help="Remove everything that is not in use.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.pass_context
def prune(
    ctx: click.Context,
    cache_folder: Path | None,
    *,
    older_than: float,
    everything: bool,
    dry_run: bool,
) -> None:
    """Remove what was not used lately; what a running versect uses is kept."""
    root: Path = cache_folder or ctx.obj
    now = time.time()
    before = now + 1 if everything else now - older_than
    pruned = remove(root, before=before, dry_run=dry_run)
    verb = "would remove" if dry_run else "removed"
    size = _size(sum(entry.size for entry in pruned.removed))
    click.echo(f"{verb} {len(pruned.removed)} entries, {size}, from {root}")
    if pruned.in_use:
        click.echo(f"kept {len(pruned.in_use)} environments that a running versect uses")


def _default() -> Path:
    return platformdirs.user_cache_path("versect", appauthor=False)


def _line(row: Row) -> str:
    used = "" if row.used is None else f"{datetime.fromtimestamp(row.used, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{row.kind:12} {row.count:8} {_size(row.size):>10}  {used}".rstrip()


def _size(count: int) -> str:
    """Give a size in words: ``14.2 MB``."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError(count)
