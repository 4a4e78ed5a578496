"""How a failure is cured: remedies against modes, cures told from covers by what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from versect.model.outcome import Failed, FailedOtherwise, Passed, Unresolved
from versect.model.study import Part
from versect.report.diagnosis import (
    Asked,
    Entry,
    Remedies,
    Remedy,
    Result,
    Standing,
    Statement,
    Weight,
    listed,
)
from versect.report.diagnosis_trials import by_value, numbers
from versect.report.evidence import counted
from versect.report.view import gist

CALLS, REQUESTS = "calls", "requests"
NOUGHT: Final[Mapping[str, str]] = {
    "unclosed": "unclosed",
    "sockets": "connection* still open",
    "logged": "time* in the log",
    "raised": "raised",
    "errors": "error*",
    "warnings": "warning*",
}
"""Numbers that are 0 where nothing is wrong, and what they count; a star is an s of many."""
_FIX: Final = re.compile(r"\bfix ([A-Z])\b", re.IGNORECASE)


def remedies(sweeps: Iterable[Asked]) -> Iterator[Remedies]:
    """Give the table of remedies of each sweep of the part "how".

    Recommended is one value of one axis: of the axis with the most values, the one that cures
    most cells in all tables of that axis; of equals the one that the study names first.
    """
    tables = [_table(asked) for asked in sweeps if asked.sweep.part is Part.HOW and asked.cells]
    main = max(tables, key=lambda table: len(table.found), default=None)
    if main is None:
        return
    alike = [table for table in tables if table.axis == main.axis]
    cured = {remedy.value: 0 for table in alike for remedy in table.found}
    words: dict[str, str] = {}
    for table in alike:
        for remedy in table.found:
            cured[remedy.value] += _cured(remedy)
            words[remedy.value] = words.get(remedy.value) or remedy.words
    best = max(cured, key=cured.__getitem__, default="")
    recommended = best if cured.get(best) else ""
    for table in tables:
        same = table.axis == main.axis
        named = [replace(r, words=words[r.value]) if same else r for r in table.found]
        advice = tuple(_recommendation(alike, recommended, cured)) if table is main else ()
        yield Remedies(
            sweep=table.asked.sweep.name,
            about=table.asked.sweep.about,
            axis=table.axis,
            columns=table.columns,
            remedies=tuple(named),
            recommended=recommended if same else "",
            advice=advice,
            statements=(*advice, *_statements(table.asked, table.columns, named)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table of remedies before anything is said of it."""

    asked: Asked
    columns: tuple[str, ...]
    found: tuple[Remedy, ...]

    @property
    def axis(self) -> str:
        return self.asked.sweep.vary


def standing(result: Result) -> tuple[Standing, str]:
    """Say how one trial stands, and why where it is not cured."""
    outcome, seen = result[1], numbers(result)
    wrong = [_noun(seen[name], noun) for name, noun in NOUGHT.items() if seen.get(name)]
    twice = REQUESTS in seen and CALLS in seen and seen[REQUESTS] != seen[CALLS]
    if twice:
        wrong.insert(0, f"{seen[REQUESTS]:g} requests for {seen[CALLS]:g} calls")
    match outcome:
        case Passed() if wrong:
            return Standing.HIDDEN, ", ".join(wrong)
        case Passed():
            known = (seen.keys() & NOUGHT.keys()) or (REQUESTS in seen and CALLS in seen)
            return (Standing.CURED, "") if known else (Standing.PASSES, "nothing was measured")
        case Failed():
            return Standing.FAILS, ""
        case FailedOtherwise() if twice and seen[REQUESTS] > seen[CALLS]:
            # The reproduction says so by failing: without it nobody would notice.
            return Standing.HIDDEN, ", ".join(wrong)
        case FailedOtherwise(signature=signature):
            return Standing.OTHERWISE, str(signature)
        case Unresolved(cause=cause, detail=detail):
            return Standing.UNRESOLVED, f"{cause}: {gist(detail)}"
        case other:
            assert_never(other)


def _noun(number: float, noun: str) -> str:
    return f"{number:g} {noun.replace('*', '' if number == 1 else 's')}"


def _table(asked: Asked) -> _Table:
    columns = _columns(asked)
    found = tuple(
        Remedy(
            value=value,
            words=asked.sweep.meaning(value),
            entries=tuple(
                _entry([r for r in results if _column(columns, r) == column])
                for column in columns.values()
            ),
        )
        for value, results in by_value(asked).items()
    )
    return _Table(asked=asked, columns=tuple(columns.values()), found=found)


def _columns(asked: Asked) -> dict[tuple[tuple[str, str], ...], str]:
    """Give the columns: parameters that vary beside the remedies, as ``mode=reused``.

    Interpreters and releases are merged: an entry then speaks of several cells.
    """
    varied: dict[str, set[str]] = {}
    for cell in asked.cells:
        for name, value in cell.parameters:
            varied.setdefault(name, set()).add(value)
    axes = [name for name, found in varied.items() if len(found) > 1 and name != asked.sweep.vary]
    found: dict[tuple[tuple[str, str], ...], str] = {}
    for cell in asked.cells:
        key = tuple(pair for pair in cell.parameters if pair[0] in axes)
        found[key] = ", ".join(f"{name}={value}" for name, value in key) or "outcome"
    return found


def _column(columns: Mapping[tuple[tuple[str, str], ...], str], result: Result) -> str:
    axes = {name for key in columns for name, _ in key}
    cell = result[0].probe.cell
    return columns.get(tuple(pair for pair in cell.parameters if pair[0] in axes), "")


def _entry(results: Sequence[Result]) -> Entry:
    standings: dict[Standing, dict[str, None]] = {}
    reasons: dict[str, None] = {}
    for result in results:
        one, reason = standing(result)
        standings.setdefault(one, {})[result[0].probe.cell.id] = None
        if reason:
            reasons[reason] = None
    return Entry(
        standings={one: tuple(standings[one]) for one in Standing if one in standings},
        reasons=tuple(reasons),
    )


def _cured(remedy: Remedy) -> int:
    """Count the cells that a remedy cures each time that they are asked."""
    return sum(len(_of(entry, Standing.CURED)) for entry in remedy.entries)


def _of(entry: Entry, wanted: Standing) -> tuple[str, ...]:
    """Give the cells of an entry with one standing and no other."""
    elsewhere = {
        cell for one, cells in entry.standings.items() if one is not wanted for cell in cells
    }
    return tuple(cell for cell in entry.standings.get(wanted, ()) if cell not in elsewhere)


def _cells(remedy: Remedy) -> tuple[str, ...]:
    found = (
        cell for entry in remedy.entries for cells in entry.standings.values() for cell in cells
    )
    return tuple(dict.fromkeys(found))


def _statements(
    asked: Asked, columns: Sequence[str], found: Sequence[Remedy]
) -> Iterator[Statement]:
    for remedy in found:
        for letter in _FIX.findall(remedy.words):
            yield _fix(letter.upper(), asked, columns, remedy)
    plain = [r for r in found if not _FIX.search(r.words) and _cells(r)]
    whole = [r for r in plain if _cured(r) == len(_cells(r))]
    if whole:
        yield Statement(
            text=f"Cured in every cell with {asked.sweep.vary} {listed(r.value for r in whole)}.",
            cells=tuple(cell for r in whole for cell in _cells(r)),
        )
    for remedy in plain:
        if remedy not in whole:
            yield Statement(
                text=f"{_named(asked, remedy)}: {_verdict(columns, remedy)}.", cells=_cells(remedy)
            )
    if asked.open:
        yield Statement(
            text=f"{counted(len(asked.open), 'cell')} of this table were not asked.",
            weight=Weight.MISSING,
            command=asked.command,
        )


def _recommendation(
    tables: Sequence[_Table], value: str, cured: Mapping[str, int]
) -> Iterator[Statement]:
    axis = tables[0].axis
    rows = [(table, r) for table in tables for r in table.found if r.value == value]
    every = [remedy for table in tables for remedy in table.found]
    if not value:
        cells = dict.fromkeys(cell for remedy in every for cell in _cells(remedy))
        if cells:
            yield Statement(text=f"No {axis} cures anything.", cells=tuple(cells))
        return
    cells = dict.fromkeys(cell for _, remedy in rows for cell in _cells(remedy))
    words = next((remedy.words for _, remedy in rows if remedy.words), "")
    equal = [other for other, count in cured.items() if count == cured[value] and other != value]
    does = "cures" if len(equal) == 1 else "cure"
    also = f"; {listed(equal)} {does} as many, but the study names this one first" if equal else ""
    rest = ""
    if cured[value] < len(cells):
        rest = "".join(f"; {_verdict(table.columns, remedy)}" for table, remedy in rows)
    named = f"{axis}={value}{f' ({words})' if words else ''}"
    yield Statement(
        text=f"Recommended: {named}. It cures {cured[value]} of "
        f"{counted(len(cells), 'cell')}{rest}{also}.",
        cells=tuple(cells),
    )


def _fix(letter: str, asked: Asked, columns: Sequence[str], remedy: Remedy) -> Statement:
    """Say whether a fix that somebody proposed holds."""
    cells = _cells(remedy)
    lost = {c for entry in remedy.entries for c in entry.standings.get(Standing.UNRESOLVED, ())}
    decided = [cell for cell in cells if cell not in lost]
    if not decided:
        return Statement(
            text=f"Fix {letter} ({remedy.value}): not decided in any cell.",
            cells=cells,
            weight=Weight.MISSING,
            command=asked.command if not cells else "",
        )
    cured = _cured(remedy)
    if cured == len(decided):
        word = "holds where it was decided" if lost else "holds"
    elif cured:
        word = "holds in part"
    else:
        word = "does not hold"
    return Statement(
        text=f"Fix {letter}, {_named(asked, remedy)}, {word}: {_verdict(columns, remedy)}.",
        cells=cells,
        weight=Weight.CAUTION if lost or word == "holds in part" else Weight.FOUND,
    )


def _verdict(columns: Sequence[str], remedy: Remedy) -> str:
    """Say how a remedy stands, column by column; columns that stand alike together."""
    alike: dict[str, list[str]] = {}
    for column, entry in zip(columns, remedy.entries, strict=True):
        if entry.standings:
            because = f" ({'; '.join(entry.reasons)})" if entry.reasons else ""
            alike.setdefault(f"{entry}{because}", []).append(column)
    if list(alike.values()) == [["outcome"]]:
        return next(iter(alike))
    return "; ".join(f"{words} with {listed(where)}" for words, where in alike.items())


def _named(asked: Asked, remedy: Remedy) -> str:
    words = _FIX.sub("", remedy.words).strip(" ,:;()")
    return f"{asked.sweep.vary}={remedy.value}" + (f" ({words})" if words else "")
