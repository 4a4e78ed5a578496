"""What ``versect query`` does, in order; each step is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from versect.classify.rules import classify
from versect.cli.wiring import Wiring, stdout
from versect.errors import UsageError, VersectError
from versect.model.study import Symptom
from versect.report import rows as report
from versect.source.remember import recalled
from versect.store.jsonl import NAME, JsonLines
from versect.store.query import TABLES, Stored, ask


def query(wiring: Wiring, sql: str, study: str | None, form: str | None) -> None:
    """Answer a question over one study, or all.

    Raises:
        UsageError: The question is wrong, or nothing is stored.

    """
    known = sorted(path.parent.name for path in wiring.results.glob(f"*/{NAME}"))
    if study is not None and study not in known:
        raise UsageError(
            f"no trial of {study!r} is stored in {wiring.results}",
            remedy=f"stored: {', '.join(known) or 'nothing; versect run stores trials'}",
        )
    names = known if study is None else [study]
    answer = ask(sql, (one for name in names for one in _stored(wiring, name)))
    _print(answer.columns, answer.rows, form)


def schema(form: str | None) -> None:
    """Print the tables."""
    columns = ("table", "column", "type", "meaning")
    found = [(t, c.name, c.type, c.meaning) for t, each in TABLES.items() for c in each]
    _print(columns, found, form)


def _stored(wiring: Wiring, name: str) -> Iterator[Stored]:
    symptom = _symptom(wiring, name)
    for trial in JsonLines(wiring.results / name, name).trials():
        outcome = None if symptom is None else classify(symptom, trial.observation)
        yield (name, trial, outcome)


def _symptom(wiring: Wiring, name: str) -> Symptom | None:
    """Give what counts as the failure; None, said aloud, where the study cannot be read again."""
    try:
        draft = recalled(wiring.results, name)
        if draft is not None:
            return draft.study().symptom
        wiring.say(f"note: what {name} takes for a failure is not kept; its outcomes are NULL")
    except VersectError as error:
        wiring.say(f"note: {error}; the outcomes of {name} are NULL")
    return None


def _print(columns: Sequence[str], rows: Sequence[Sequence[Any]], form: str | None) -> None:
    match form:
        case "json":
            click.echo(report.as_json(columns, rows), nl=False)
        case "csv":
            click.echo(report.as_csv(columns, rows), nl=False)
        case _:
            report.show(columns, rows, stdout())
