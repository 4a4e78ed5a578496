"""What ``versect plan`` does, in order; each step is somebody else's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import click

from versect.app.plan import Plan
from versect.cli.commands import planned
from versect.cli.wiring import Wiring
from versect.model.cell import Cell
from versect.report.evidence import counted
from versect.select.shards import Shard, part, shared_out
from versect.source.draft import Draft
from versect.store.jsonl import JsonLines


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of ``versect plan`` ask for."""

    engine: str
    shards: int
    shard: Shard | None
    as_json: bool


def plan(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Share the cells of a study out; see ``versect plan``."""
    study = draft.study()
    choice = wiring.choose(request.engine)
    log = JsonLines(wiring.results / study.name, study.name)
    whole = planned(wiring, study, choice, log, fresh=False)
    if request.shard is not None:
        _list(whole, request.shard, as_json=request.as_json)
        return 0
    rows = [
        {
            "shard": str(Shard(number=number, of=request.shards)),
            "number": number,
            **_counts(whole, cells),
        }
        for number, cells in enumerate(shared_out(whole.cells, request.shards), 1)
        if cells
    ]
    if request.as_json:
        click.echo(json.dumps({"include": rows}))
        return 0
    for row in rows:
        words = ", ".join(f"{row[name]} {name}" for name in ("cells", "environments"))
        click.echo(f"{row['shard']}: {words}, {row['open']} to run")
    wiring.say(
        f"{study.name}: {counted(len(whole.cells), 'cell')} in {counted(len(rows), 'part')}, "
        f"for engine {choice.engine.name} ({choice.reason})"
    )
    return 0


def _list(whole: Plan, shard: Shard, *, as_json: bool) -> None:
    cells = part(whole.cells, shard)
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
