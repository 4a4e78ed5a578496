"""What ``versect plan`` does, in order; each step is somebody else's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from versect.app.plan import Plan
from versect.cli.commands import planned
from versect.cli.wiring import Wiring
from versect.errors import UsageError
from versect.model.cell import Cell
from versect.report.evidence import counted
from versect.select.shards import Shard, part, shared_out
from versect.source.draft import Draft
from versect.store.jsonl import JsonLines


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of ``versect plan`` ask for."""

    engine: str
    shards: int | None
    shard: Shard | None
    as_json: bool


def plan(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Share the cells of a study out; see ``versect plan``.

    Raises:
        UsageError: Both all parts and one of them are asked for, or no cell is left.

    """
    if request.shard is not None and request.shards is not None:
        raise UsageError(
            "both --shards and --shard are given",
            remedy="--shards NUMBER shows all parts, --shard N/SHARDS the cells of one",
        )
    study = draft.study()
    choice = wiring.choose(request.engine)
    log = JsonLines(wiring.results / study.name, study.name)
    whole = planned(wiring, study, choice, log, fresh=False)
    if request.shard is not None:
        _list(wiring, whole, request.shard, as_json=request.as_json)
        return 0
    shards = request.shards or 1
    rows: list[dict[str, Any]] = [
        {
            "shard": str(Shard(number=number, of=shards)),
            "number": number,
            **_counts(whole, cells),
        }
        for number, cells in enumerate(shared_out(whole.cells, shards), 1)
        if cells
    ]
    if request.as_json:
        click.echo(json.dumps({"include": rows}))
        return 0
    for row in rows:
        words = ", ".join(counted(row[f"{name}s"], name) for name in ("cell", "environment"))
        click.echo(f"{row['shard']}: {words}, {row['open']} to run")
    wiring.say(
        f"{study.name}: {counted(len(whole.cells), 'cell')} in {counted(len(rows), 'part')}, "
        f"for engine {choice.engine.name} ({choice.reason})"
    )
    return 0


def _list(wiring: Wiring, whole: Plan, shard: Shard, *, as_json: bool) -> None:
    cells = part(whole.cells, shard)
    if not cells:
        wiring.say(f"shard {shard} has no cells: there are fewer environments than shards")
    if as_json:
        known = [{"id": cell.id, "known": cell.id in whole.known} for cell in cells]
        click.echo(json.dumps({"schema_version": 1, "shard": str(shard), "cells": known}))
        return
    for cell in cells:
        click.echo(cell.id)


def _counts(whole: Plan, cells: Sequence[Cell]) -> dict[str, int]:
    return {
        "cells": len(cells),
        "environments": len({cell.pins for cell in cells}),
        "open": sum(cell.id not in whole.known for cell in cells),
    }
