"""What a check shows: the verdict first, then every regression as an issue, then the rest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from versect.model.baseline import Stand
from versect.report.evidence import counted
from versect.report.markdown import escaped, fenced

SCHEMA_VERSION: Final = 1

_LISTED: Final = 50
"""Cells of one kind that are named; of more there is only the number."""
_DIFF: Final = 20_000
"""Characters of a diff in an issue, which GitHub takes up to 65,536 of."""
_TITLE: Final = 200
"""Characters of an issue's title, which GitHub takes up to 256 of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """One thing that broke, with what a search found out about it."""

    identity: str
    """The same in every check that sees it; what an issue is found by."""
    culprit: str
    """``lib 1.7``: the first release that fails, or the first one that is known to."""
    face: str
    cells: tuple[str, ...]
    where: str
    """What these cells have in common; empty for nothing that others have not."""
    failing: str
    passing: str
    """The cells that were searched between; the passing one may be missing."""
    finding: str
    """The headline of the search; or why there was none."""
    verdict: str
    """The word of the search's verdict; empty where there was none."""
    suspects: tuple[str, ...]
    sentences: tuple[str, ...]
    explanation: str
    """The headline of the explanation; or why there is none."""
    diff: str

    @property
    def blame(self) -> str:
        """``lib 1.7 breaks it`` where a search found that; else ``it fails with lib 1.7``."""
        found = self.verdict == "found"
        return f"{self.culprit} breaks it" if found else f"it fails with {self.culprit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cell that is not as it was."""

    cell: str
    kind: str
    before: Stand | None
    now: Stand
    beside: str
    """The neighbour it was compared with; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """A check as every format shows it."""

    study: str
    engine: str
    accepted: datetime
    verdict: str
    """``nothing-new-broke``, ``regression``, ``inconclusive`` or ``infrastructure``."""
    exit_code: int
    cells: int
    asked: tuple[str, ...]
    """The cells that this check ran: those without a finished trial."""
    regressions: tuple[Regression, ...]
    rows: tuple[Row, ...]
    """Every cell that is not unchanged, in the study's order."""
    spent: int
    """Trials that searches made, of ``budget``."""
    budget: int
    notes: tuple[str, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many cells of each kind there are, the unchanged left out."""
        return Counter(row.kind for row in self.rows)


def headline(view: CheckView) -> str:
    """Give the verdict in one sentence."""
    if len(view.regressions) == 1:
        return f"{view.study}: {view.regressions[0].blame}"
    if view.regressions:
        culprits = ", ".join(sorted({one.culprit for one in view.regressions}))
        return f"{view.study}: {len(view.regressions)} regressions: {culprits}"
    if not view.cells:
        return f"{view.study}: not checked"
    if view.verdict == "infrastructure":
        return f"{view.study}: not all cells could be tried; nothing that could be broke"
    if view.verdict == "inconclusive":
        return f"{view.study}: nothing broke that could be told; some cells could not"
    return f"{view.study}: nothing new broke"


def summary(view: CheckView) -> Iterator[str]:
    """Give what else is to be said, a line each."""
    if not view.cells:
        yield from view.notes
        return
    yield (
        f"{counted(view.cells, 'cell')}, {len(view.asked)} of them run now, "
        f"against the baseline of {view.accepted:%Y-%m-%d}, on {view.engine}"
    )
    for kind, count in view.counts.items():
        yield f"{kind}: {counted(count, 'cell')}"
    if view.spent:
        yield f"searches made {view.spent} of {view.budget} trials"
    yield from view.notes


def markdown(view: CheckView, *, made: str) -> str:
    """Give ``check.md``."""
    lines = [f"# {escaped(headline(view))}", ""]
    lines += [f"- {escaped(line)}" for line in summary(view)]
    lines.append("")
    for one in view.regressions:
        lines += [f"## {escaped(title(one))}", "", *_regression(view, one)]
    for kind in (kind for kind in view.counts if kind != "regression"):
        lines += _listed(kind, [row for row in view.rows if row.kind == kind])
    return "\n".join([*lines, made, ""])


def summarised(view: CheckView, *, made: str, room: int) -> str:
    """Give ``check.md`` where it fits into so many bytes, else its beginning; or nothing."""
    whole = markdown(view, made=made)
    short = f"# {escaped(headline(view))}\n\nThe rest did not fit here; it is in check.md.\n"
    texts = ((text, text.encode("utf-8", "backslashreplace")) for text in (whole, short))
    return next((text for text, written in texts if len(written) <= room), "")


def issue(view: CheckView, one: Regression, *, made: str) -> str:
    """Give the issue of one regression: it says the same as ``check.md``, and nothing else."""
    return "\n".join([*_regression(view, one), made, ""])


def title(one: Regression) -> str:
    """Give the title of a regression's issue."""
    return f"{one.blame}: {one.face}"[:_TITLE]


def document(view: CheckView, *, made: str) -> str:
    """Give ``check.json``."""
    return (
        json.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "made": made,
                "study": view.study,
                "engine": view.engine,
                "accepted": view.accepted.isoformat(timespec="seconds"),
                "verdict": view.verdict,
                "exit_code": view.exit_code,
                "headline": headline(view),
                "cells": view.cells,
                "asked": list(view.asked),
                "counts": dict(view.counts),
                "spent": view.spent,
                "budget": view.budget,
                "notes": list(view.notes),
                "regressions": [_regression_row(view, one) for one in view.regressions],
                "changed": [_row(row) for row in view.rows],
            },
            indent=1,
        )
        + "\n"
    )


def issue_place(one: Regression) -> str:
    """Say where the issue of a regression lies below the study's results."""
    return f"check/{one.identity}/issue.md"


def _regression(view: CheckView, one: Regression) -> Iterator[str]:
    yield f"Identity: `{one.identity}`"
    yield ""
    yield f"**{escaped(one.finding)}**"
    yield ""
    yield f"- {escaped(one.face)}"
    where = f", {one.where}" if one.where else ""
    yield f"- in {counted(len(one.cells), 'cell')}{escaped(where)}"
    for sentence in one.sentences:
        yield f"- {escaped(sentence)}"
    if one.explanation:
        yield f"- {escaped(one.explanation)}"
    yield ""
    if one.diff:
        yield fenced(one.diff[:_DIFF], "diff")
        yield ""
        if len(one.diff) > _DIFF:
            yield f"The diff goes on: {len(one.diff)} characters; all of it is in explanation.diff."
            yield ""
    yield "Again:"
    yield ""
    again = [f"versect reproduce {view.study} {c} --run" for c in (one.passing, one.failing) if c]
    yield fenced("\n".join(again), "console")
    yield ""
    yield "<details><summary>cells</summary>"
    yield ""
    yield fenced("\n".join(_short(one.cells)))
    yield ""
    yield "</details>"
    yield ""


def _listed(kind: str, rows: Sequence[Row]) -> Iterator[str]:
    yield f"## {kind.replace('-', ' ').capitalize()}"
    yield ""
    for row in rows[:_LISTED]:
        before = "" if row.before is None else f" (before: {row.before})"
        beside = f"; beside it {row.beside}" if row.beside else ""
        yield f"- {escaped(f'{row.cell}: {row.now}{before}{beside}')}"
    if len(rows) > _LISTED:
        yield f"- and {len(rows) - _LISTED} more"
    yield ""


def _short(names: Sequence[str]) -> Iterator[str]:
    yield from names[:_LISTED]
    if len(names) > _LISTED:
        yield f"and {len(names) - _LISTED} more"


def _regression_row(view: CheckView, one: Regression) -> dict[str, Any]:
    return {
        "identity": one.identity,
        "title": f"{view.study}: {title(one)}",
        "issue": issue_place(one),
        "culprit": one.culprit,
        "signature": one.face,
        "cells": list(one.cells),
        "failing": one.failing,
        "passing": one.passing or None,
        "verdict": one.verdict or None,
        "finding": one.finding,
        "suspects": list(one.suspects),
        "sentences": list(one.sentences),
        "explanation": one.explanation,
        "diff": one.diff,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "cell": row.cell,
        "kind": row.kind,
        "before": _stand(row.before),
        "now": _stand(row.now),
        "beside": row.beside or None,
    }


def _stand(one: Stand | None) -> dict[str, str] | None:
    return None if one is None else {"outcome": one.word, "face": one.face}
