"""What shells are offered as values of arguments; whatever cannot be read offers nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem

_ID: Final = re.compile(r'"id": "(py3\.[^"]+)"')
_MOST: Final = 16 << 20
"""Bytes of a table that are looked through for ids: a shell waits while this goes on."""


def studies(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Give the names of studies, and let the shell add files."""
    from versect.source.load import builtins

    names = [name for name, _ in builtins()] + stored(ctx)
    found = [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]
    # In this order bash shows files only where no name fits, and the others show both.
    return [CompletionItem(incomplete, type="file"), *found]


def stored_studies(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Give the names of studies that have results."""
    return [CompletionItem(name) for name in stored(ctx) if name.startswith(incomplete)]


def projects(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Give the axes of the study named on the line, and what it requires."""
    names = (name for name in _axes(ctx) if name.startswith(incomplete))
    return [CompletionItem(name) for name in dict.fromkeys(names)]


def cells(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Give the ids of tried cells, and before them the names of studies.

    bash takes a word apart at ``=``: of an id with a parameter only what comes after the last one
    typed is offered.
    """
    words = [str(word) for word in ctx.params.get("words") or ()]
    names = stored(ctx)
    study = words.pop(0) if words and words[0] in names else None
    ids = [one for name in ([study] if study else names) for one in _ids(_results(ctx) / name)]
    typed = "".join(words)
    if typed and not typed.endswith("="):
        if typed in ids:
            return []
        typed += "="
    offered = [one.removeprefix(typed) for one in ids if one.startswith(typed + incomplete)]
    if study is None and not words:
        offered = [*(name for name in names if name.startswith(incomplete)), *offered]
    return [CompletionItem(one) for one in dict.fromkeys(offered)]


def stored(ctx: click.Context) -> list[str]:
    """Give the names of studies that have results, sorted."""
    try:
        return sorted(path.parent.name for path in _results(ctx).glob("*/trials.jsonl"))
    except OSError:
        return []


def _results(ctx: click.Context) -> Path:
    return Path(ctx.params.get("results") or "results")


def _axes(ctx: click.Context) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    from versect.errors import VersectError
    from versect.source.flags import bare_name
    from versect.source.load import find

    yield "python"
    # Before an option that still lacks its value click has not got to the arguments.
    study = ctx.params.get("study") or next(iter(ctx.args), None)
    if study is None:
        return
    try:
        table = find(study, Path.cwd(), _results(ctx)).table
        yield from map(bare_name, table.get("projects", {}))
        yield from (canonicalize_name(Requirement(one).name) for one in table.get("requires", ()))
    except (VersectError, InvalidRequirement, OSError, TypeError, AttributeError):
        return


def _ids(folder: Path) -> list[str]:
    try:
        with (folder / "matrix.json").open(encoding="utf-8", errors="replace") as file:
            return _ID.findall(file.read(_MOST))
    except OSError:
        return []
