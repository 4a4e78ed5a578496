"""What a GitHub job shows of a run: the verdict first, then the table, logs folded away (pure).

GitHub refuses a whole summary above 1 MiB a step, so what does not fit is left out, from the end
and in whole parts, and a sentence says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Final

from versect.model.verdict import Side, Step
from versect.report import bisection_words, blame, explanation, region
from versect.report.account import account
from versect.report.bisection import BisectionView
from versect.report.blame import BlameView
from versect.report.evidence import cell_of, counted, outcome_words, section, trials
from versect.report.explanation import ExplanationView
from versect.report.markdown import cells, escaped, fenced, rows, sentence
from versect.report.markdown import summary as counts
from versect.report.region import RegionView
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


def of_region(view: RegionView, *, room: int = LIMIT) -> str:
    """Give the summary of a region in at most ``room`` bytes; empty where none fits."""
    return _fitted(_region(view), room, "verdict.md")


def of_blame(view: BlameView, *, room: int = LIMIT) -> str:
    """Give the summary of a comparison in at most ``room`` bytes; empty where none fits."""
    return _fitted(_blame(view), room, "blame.md")


def of_explanation(view: ExplanationView, *, room: int = LIMIT) -> str:
    """Give the summary of an explanation in at most ``room`` bytes; empty where none fits."""
    return _fitted(_explanation(view), room, "explanation.md")


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
    said = (*bisection_words.sentences(view), *_notes(view.notes))
    yield from _verdict(
        bisection_words.headline(view),
        f"**Verdict: {view.kind}.** The failure sought: {escaped(sought_words(view.symptom))}.",
        (*said, *_next(bisection_words.advice(view))),
    )
    yield _trials(view.steps)
    for title, side in (("before", view.before), ("after", view.after)):
        if side is not None:
            name = side.step.trial.probe.cell.value(view.line.axis)
            yield from _side(view.study, f"The side {title}: {name}", name, side)


def _region(view: RegionView) -> Iterator[str]:
    said = (*region.sentences(view), *_notes(view.notes), *_next(region.advice(view)))
    yield from _verdict(
        region.headline(view),
        f"**Verdict: {view.verdict}.** The failure sought: {escaped(sought_words(view.symptom))}.",
        said,
    )
    yield _trials(view.steps)
    for title, side in view.shown:
        yield from _side(view.study, title, cell_of(side.step), side)


def _blame(view: BlameView) -> Iterator[str]:
    pairs = zip(("passes", "fails"), view.sides, (view.good, view.bad), strict=True)
    sides = (f"{does}: {name}: {outcome_words(step.outcome)}" for does, name, step in pairs)
    said = (*sides, *blame.sentences(view), *_notes(view.notes), *_next(blame.advice(view)))
    yield from _verdict(blame.headline(view), f"**Verdict: {view.kind}.**", said)
    listed = fenced("\n".join(map(str, view.differences)))
    yield _folded(counted(len(view.differences), "difference"), listed)
    yield _trials(view.steps)
    for title, side in view.shown:
        yield from _side(view.study, title, title, side)


def _explanation(view: ExplanationView) -> Iterator[str]:
    yield from _verdict(explanation.headline(view), "", explanation.sentences(view))
    if view.diff:
        yield f"{fenced(view.diff, 'diff')}\n\n"
    yield _trials(view.steps, view.part)


def _verdict(headline: str, lead: str, said: Iterable[str]) -> Iterator[str]:
    yield f"## {escaped(headline)}\n\n"
    yield f"{lead}\n\n" if lead else ""
    yield from (f"- {escaped(words)}\n" for words in said)
    yield "\n"


def _notes(notes: Iterable[str]) -> Iterator[str]:
    return (f"note: {note}" for note in notes)


def _next(advice: str) -> Iterator[str]:
    if advice:
        yield f"next: {advice}"


def _trials(steps: Sequence[Step], name: Callable[[Step], str] = cell_of) -> str:
    table = "\n".join(trials(steps, name)).partition("\n\n")[2]
    return _folded(counted(len(steps), "trial"), table)


def _side(study: str, title: str, name: str, side: Side) -> Iterator[str]:
    yield "\n".join(section(study, title, side))
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
