"""Changes over time as lines and as JSON (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from versect.model.baseline import Event, Stand

SCHEMA_VERSION: Final = 1


def lines(changes: Sequence[Event]) -> Iterator[str]:
    """Give a change a line, and what else changed below it."""
    for one in changes:
        before = "new" if one.before is None else str(one.before)
        beside = f" (beside it {one.beside.id})" if one.beside is not None else ""
        yield f"{one.at:%Y-%m-%d %H:%M} {one.run} {one.cell.id}: {before} -> {one.after}{beside}"
        for reason in one.because:
            yield f"    {reason}"


def document(study: str, changes: Sequence[Event]) -> str:
    """Give the changes as JSON."""
    rows = [_row(one) for one in changes]
    table = {"schema_version": SCHEMA_VERSION, "study": study, "changes": rows}
    return json.dumps(table, indent=1) + "\n"


def _row(one: Event) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(timespec="seconds"),
        "run": one.run,
        "cell": one.cell.id,
        "beside": None if one.beside is None else one.beside.id,
        "before": None if one.before is None else _stand(one.before),
        "after": _stand(one.after),
        "because": list(one.because),
    }


def _stand(one: Stand) -> dict[str, str]:
    return {"outcome": one.word, "face": one.face}
