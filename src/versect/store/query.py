"""Stored trials as tables of SQLite, for questions that no report answers.

The record stays ``trials.jsonl``: the tables are made from it in memory for every question, and
nothing can be written to them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final, assert_never

from versect.classify.measured import measured
from versect.classify.signature import of_failure
from versect.errors import UsageError
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Passed, Unresolved
from versect.model.trial import Ending, Exited, NotRun, OutOfMemory, Signalled, TimedOut, Trial

Value = str | int | float | bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    meaning: str


def _columns(text: str) -> tuple[Column, ...]:
    lines = (line.split(maxsplit=2) for line in text.strip().splitlines())
    return tuple(Column(name=name, type=kind, meaning=meaning) for name, kind, meaning in lines)


TABLES: Final = {
    "trials": _columns("""
        id              INTEGER  counts the trials in the order written, over all studies
        study           TEXT     the study's name
        run             TEXT     the run that made it
        at              TEXT     when it ended (UTC, ISO 8601)
        fingerprint     TEXT     of everything in the study that can change the answer
        cell            TEXT     the cell's id
        repeat          INTEGER  0 for the first time that the cell was tried
        python          TEXT     major.minor, as the study says it
        outcome         TEXT     passed, failed, failed-otherwise, unresolved; NULL if not judged
        rule            TEXT     the rule that decided
        signature       TEXT     of a failure
        cause           TEXT     why it is unresolved
        detail          TEXT     the reason in the words of whoever gave it
        ending          TEXT     exited, signalled, timed-out, out-of-memory, not-run
        status          INTEGER  exit status
        signal          TEXT     the signal that ended it
        engine          TEXT     where it ran
        python_version  TEXT     the interpreter's whole version
        interpreter     TEXT     the image's digest or the interpreter's path
        lock            TEXT     the lock's digest
        environment     TEXT     the environment's key
        cut_off         TEXT     no later file was used (UTC, ISO 8601)
        resolve_seconds REAL     what cells share is counted in the first
        build_seconds   REAL     likewise
        start_seconds   REAL     until the reproduction's process existed
        run_seconds     REAL     what the reproduction took
        peak_memory     INTEGER  bytes of the largest process
        stdout          TEXT     head and tail of the output
        stderr          TEXT     likewise
        notes           TEXT     what the engine had to say, a JSON list
    """),
    "failures": _columns("""
        trial      INTEGER  the trial's id
        number     INTEGER  counts the failures of the trial, as they came to light
        place      TEXT     raised, unraisable, thread, asyncio, printed
        note       TEXT     what the place says of it
        depth      INTEGER  0 for the outermost exception of a chain
        link       TEXT     outermost, cause, context, group; NULL where there were only words
        type       TEXT     dotted name of the exception's class
        message    TEXT     its message
        file       TEXT     of the innermost call
        line       INTEGER  likewise
        function   TEXT     likewise
        signature  TEXT     of the failure, the same in all of its chain
    """),
    "packages": _columns("""
        trial     INTEGER  the trial's id
        project   TEXT     normalised name
        version   TEXT     the release installed
        imported  INTEGER  1 or 0; NULL when nobody could tell
    """),
    "axes": _columns("""
        trial  INTEGER  the trial's id
        axis   TEXT     python, a project, or a parameter
        value  TEXT     its value in the trial's cell
    """),
    "measured": _columns("""
        trial  INTEGER  the trial's id
        name   TEXT     of a number that the reproduction printed
        value  REAL     the number
    """),
}
"""The tables with their columns, in order."""

Stored = tuple[str, Trial, Outcome | None]
"""The study's name, the trial, and what it means; None where nobody can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question gave."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def ask(sql: str, stored: Iterable[Stored]) -> Answer:
    """Answer one ``SELECT`` over stored trials.

    Raises:
        UsageError: SQLite does not take it, or it would write.
        KeyboardInterrupt: It was interrupted.

    """
    with closing(sqlite3.connect(":memory:")) as database:
        _fill(database, stored)
        database.commit()
        database.set_authorizer(_only_reading)
        # A handler lets Python notice an interrupt while SQLite works; its error ends the work.
        database.set_progress_handler(lambda: 0, 100_000)
        try:
            cursor = database.execute(sql)
            rows = tuple(cursor.fetchall())
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code == sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from error
            why = "the tables can only be read" if code == sqlite3.SQLITE_AUTH else error
            raise UsageError(
                f"SQL: {why}",
                remedy="'versect query --schema' shows the tables",
            ) from error
        if cursor.description is None:
            raise UsageError("SQL: it asks nothing", remedy="'versect query --schema' shows tables")
        return Answer(columns=tuple(column[0] for column in cursor.description), rows=rows)


_READS: Final = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


def _only_reading(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def _fill(database: sqlite3.Connection, stored: Iterable[Stored]) -> None:
    for table, columns in TABLES.items():
        words = ", ".join(f"{column.name} {column.type}" for column in columns)
        database.execute(f"CREATE TABLE {table} ({words})")
    for number, (study, trial, outcome) in enumerate(stored, 1):
        parts: dict[str, list[Sequence[Value]]] = {
            "trials": [(number, study, *_trial(trial, outcome))],
            "failures": [(number, *row) for row in _failures(trial)],
            "packages": [(number, *row) for row in _packages(trial)],
            "axes": [(number, *row) for row in _axes(trial)],
            "measured": [(number, *row) for row in measured(trial.observation).items()],
        }
        for table, rows in parts.items():
            marks = ", ".join("?" * len(TABLES[table]))
            clean = [tuple(map(_storable, row)) for row in rows]
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", clean)  # noqa: S608


def _storable(value: Value) -> Value:
    """Write lone surrogates as escapes: SQLite holds UTF-8 only."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value


def _trial(trial: Trial, outcome: Outcome | None) -> Sequence[Value]:
    probe, setting, seen = trial.probe, trial.setting, trial.observation
    return (
        trial.run,
        trial.at.isoformat(),
        trial.fingerprint,
        probe.cell.id,
        probe.repeat,
        probe.cell.pins.python,
        *_meaning(outcome, seen.ending),
        *_ending(seen.ending),
        setting.engine,
        setting.version,
        setting.interpreter,
        setting.lock,
        setting.environment,
        None if setting.cut_off is None else setting.cut_off.isoformat(),
        seen.timings.resolve,
        seen.timings.build,
        seen.timings.start,
        seen.timings.run,
        seen.peak_memory,
        seen.stdout.text,
        seen.stderr.text,
        json.dumps(seen.notes),
    )


def _meaning(outcome: Outcome | None, ending: Ending) -> Sequence[Value]:
    """Give outcome, rule, signature, cause and detail."""
    match outcome:
        case None if isinstance(ending, NotRun):
            return (None, None, None, ending.cause, ending.detail)
        case None:
            return (None, None, None, None, None)
        case Passed(rule=rule):
            return ("passed", rule, None, None, None)
        case Failed(rule=rule, signature=signature):
            return ("failed", rule, str(signature), None, None)
        case FailedOtherwise(rule=rule, signature=signature):
            return ("failed-otherwise", rule, str(signature), None, None)
        case Unresolved(rule=rule, cause=cause, detail=detail):
            return ("unresolved", rule, None, cause, detail)
        case other:
            assert_never(other)


def _ending(ending: Ending) -> Sequence[Value]:
    """Give ending, status and signal."""
    match ending:
        case Exited(status=status):
            return ("exited", status, None)
        case Signalled(signal=signal):
            return ("signalled", None, signal)
        case TimedOut():
            return ("timed-out", None, None)
        case OutOfMemory(status=status):
            return ("out-of-memory", status, None)
        case NotRun():
            return ("not-run", None, None)
        case other:
            assert_never(other)


def _failures(trial: Trial) -> Iterator[Sequence[Value]]:
    for number, seen in enumerate(trial.observation.failures):
        face = str(of_failure(seen))
        if not seen.chain:
            yield (number, seen.place, seen.note, 0, *(None,) * 6, face)
        for depth, one in enumerate(seen.chain):
            call = one.frames[-1] if one.frames else None
            where = (None, None, None) if call is None else (call.file, call.line, call.function)
            words = (one.link, one.type, one.message)
            yield (number, seen.place, seen.note, depth, *words, *where, face)


def _packages(trial: Trial) -> Iterator[Sequence[Value]]:
    used = trial.observation.imported
    for project, version in trial.setting.packages:
        yield (project, version, None if used is None else int(project in used))


def _axes(trial: Trial) -> Iterator[Sequence[Value]]:
    cell = trial.probe.cell
    yield ("python", cell.pins.python)
    yield from ((name, str(version)) for name, version in cell.pins.releases)
    yield from cell.parameters
