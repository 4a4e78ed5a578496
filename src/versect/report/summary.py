"""What a GitHub job shows of a run: the verdict first, then the table, logs folded away (pure).

GitHub refuses a whole summary above 1 MiB a step, so what does not fit is left out, from the end
and in whole parts, and a sentence says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from versect.report import bisection_words
from versect.report.account import account
from versect.report.bisection import BisectionView
from versect.report.evidence import counted, section, trials
from versect.report.markdown import cells, escaped, fenced, rows, sentence
from versect.report.markdown import summary as counts
from versect.report.view import WORDS, Class, MatrixView, sought_words
from versect.report.xml_text import allowed

LIMIT: Final = 1024 * 1024
"""Bytes of UTF-8 that GitHub takes of one step."""
_TITLE: Final = 200
"""Characters of a failure's face in the line that unfolds it."""
_LISTED: Final = 50
"""Cells that are named of one failure."""


def of_matrix(view: MatrixView, *, room: int = LIMIT) -> str:
    """Give the summary of a matrix in at most ``room`` bytes; empty where none fits."""
    return _fitted(_matrix(view), room, "table.md")


def of_bisection(view: BisectionView, *, room: int = LIMIT) -> str:
    """Give the summary of a verdict in at most ``room`` bytes; empty where none fits."""
    return _fitted(_bisection(view), room, "verdict.md")


def _matrix(view: MatrixView) -> Iterator[str]:
    yield f"## {escaped(view.study.name)}\n\n"
    sought = escaped(sought_words(view.study.symptom))
    yield f"**{counts(view)}.** The failure sought: {sought}.\n\n"
    yield from (f"- {escaped(sentence(boundary))}\n" for boundary in view.boundaries)
    yield "\n"
    yield from (f"{row}\n" for row in rows(view))
    yield "\n"
    legend = "; ".join(f"`{glyph}` {WORDS[glyph]}" for glyph, n in view.counts.items() if n)
    yield f"{legend}\n\n"
    for one in (*view.sought, *view.otherwise, *view.unresolved):
        mark = f"{one.mark}: " if one.mark else ""
        face = f"{mark}{one.title[:_TITLE]}"
        yield _folded(f"{face} ({cells(len(one.cells))})", _log(one, view))


def _log(one: Class, view: MatrixView) -> str:
    """Give which cells look like this, and what the first of them said."""
    listed = [*one.cells[:_LISTED]]
    if len(one.cells) > _LISTED:
        listed.append(f"... and {len(one.cells) - _LISTED} more")
    trial, _ = view.results[one.cells[0]]
    said = one.detail or account(trial.observation)
    first = [f"The first, {escaped(one.cells[0])}:", "", fenced(said)] if said else []
    return "\n".join([fenced("\n".join(listed)), "", *first])


def _bisection(view: BisectionView) -> Iterator[str]:
    yield f"## {escaped(bisection_words.headline(view))}\n\n"
    sought = escaped(sought_words(view.symptom))
    yield f"**Verdict: {view.kind}.** The failure sought: {sought}.\n\n"
    yield from (f"- {escaped(words)}\n" for words in bisection_words.sentences(view))
    yield from (f"- note: {escaped(note)}\n" for note in view.notes)
    if bisection_words.advice(view):
        yield f"- next: {escaped(bisection_words.advice(view))}\n"
    yield "\n"
    table = "\n".join(trials(view.steps)).partition("\n\n")[2]
    yield _folded(counted(len(view.steps), "trial"), table)
    for title, side in (("before", view.before), ("after", view.after)):
        if side is not None:
            name = side.step.trial.probe.cell.value(view.line.axis)
            yield "\n".join(section(view.study, f"The side {title}: {name}", side))
            yield _folded(f"what {name} said", fenced(account(side.step.trial.observation)))


def _folded(title: str, body: str) -> str:
    line = escape(" ".join(title.split()))
    return f"<details><summary>{line}</summary>\n\n{body}\n\n</details>\n\n"


def _fitted(parts: Iterable[str], room: int, whole: str) -> str:
    """Join the parts that fit, in their order, up to the first that does not."""
    end = f"\n**Cut here:** GitHub takes 1 MiB of a step. The whole is in {whole}.\n"
    left = room - len(end.encode())
    found = []
    for part in map(allowed, parts):
        left -= len(part.encode())
        if left < 0:
            found.append(end)
            break
        found.append(part)
    return "".join(found) if room >= len(end.encode()) else ""
