"""A diagnosis as a JSON document with a published form (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from versect.report.diagnosis import (
    AxisFinding,
    Chain,
    Diagnosis,
    Entry,
    Rate,
    Remedies,
    Row,
    Share,
    Statement,
)
from versect.search.contingency import Dependence

SCHEMA_VERSION: Final = 1


def document(view: Diagnosis, *, made: str) -> str:
    """Give ``diagnosis.json``."""
    found = {
        "schema_version": SCHEMA_VERSION,
        "made": made,
        "study": view.study,
        "failure": view.failure,
        "summary": _statements(view.summary),
        "when": {
            "statements": _statements(view.when),
            "axes": list(map(_axis, view.axes)),
            "contrasts": _statements(view.contrasts),
        },
        "why": list(map(_chain, view.why)),
        "where": [
            {"title": scene.title, "statements": _statements(scene.statements)}
            for scene in view.where
        ],
        "how": list(map(_remedies, view.how)),
        "missing": _statements(view.missing),
        "settings": list(view.settings),
    }
    return json.dumps(found, indent=1) + "\n"


def _statements(statements: Sequence[Statement]) -> list[dict[str, Any]]:
    return [
        {
            "text": one.text,
            "weight": one.weight,
            "cells": list(one.cells),
            **({"command": one.command} if one.command else {}),
        }
        for one in statements
    ]


def _axis(found: AxisFinding) -> dict[str, Any]:
    return {
        "sweep": found.sweep,
        "about": found.about,
        "axis": found.axis,
        "rows": [_row(row, found.rates) for row in found.rows],
        "rates": [
            {
                "others": rate.others,
                "value": rate.value,
                **_share(rate.share),
                "cells": [*rate.cells],
            }
            for rate in found.rates
        ],
        "outcomes": _dependence(found.outcomes),
        "shares": _dependence(found.shares),
        "statements": _statements(found.statements),
    }


def _row(row: Row, rates: Sequence[Rate]) -> dict[str, Any]:
    mine = [rate.share for rate in rates if rate.value == row.value]
    return {
        "value": row.value,
        "words": row.words,
        "counts": dict(row.counts),
        "share": _share(mine[0]) if len(mine) == 1 else None,
        "numbers": {name: list(ends) for name, ends in row.numbers.items()},
        "cells": list(row.cells),
    }


def _share(share: Share) -> dict[str, Any]:
    return {"times": share.times, "trials": share.trials, "low": share.low, "high": share.high}


def _dependence(found: Dependence | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "method": found.method,
        "p": found.p,
        "cramers_v": found.v,
        "missed": found.missed,
        "trials": found.trials,
    }


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "sweep": chain.sweep,
        "about": chain.about,
        "axis": chain.axis,
        "baseline": chain.baseline,
        "interventions": [
            {
                "value": one.value,
                "words": one.words,
                "flips": {turn.change: list(turn.cells) for turn in one.flips},
                "keeps": list(one.keeps),
                "undecided": list(one.undecided),
                "leaves": list(one.leaves),
            }
            for one in chain.interventions
        ],
        "statements": _statements(chain.statements),
    }


def _remedies(found: Remedies) -> dict[str, Any]:
    return {
        "sweep": found.sweep,
        "about": found.about,
        "axis": found.axis,
        "columns": list(found.columns),
        "remedies": [
            {
                "value": one.value,
                "words": one.words,
                "entries": [_entry(entry) for entry in one.entries],
            }
            for one in found.remedies
        ],
        "recommended": found.recommended,
        "statements": _statements(found.statements),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {"standings": _cells(entry.standings), "reasons": list(entry.reasons)}


def _cells(found: Mapping[Any, Sequence[str]]) -> dict[str, list[str]]:
    return {str(key): list(cells) for key, cells in found.items()}
