"""A bisection as Markdown that can be pasted into an issue (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from versect.report.bisection import BisectionView
from versect.report.bisection_words import advice, headline, sentences
from versect.report.evidence import section, trials
from versect.report.markdown import escaped
from versect.report.view import sought_words


def document(view: BisectionView, *, made: str) -> str:
    """Give ``verdict.md``.

    Args:
        view: The bisection.
        made: By which versect, and when.

    """
    return "\n".join(_lines(view, made)).rstrip() + "\n"


def _lines(view: BisectionView, made: str) -> Iterator[str]:
    yield f"# {escaped(headline(view))}"
    yield ""
    sought = escaped(sought_words(view.symptom))
    yield f"**Verdict: {view.kind}.** The failure sought: {sought}."
    yield ""
    for sentence in sentences(view):
        yield f"- {escaped(sentence)}"
    for note in view.notes:
        yield f"- note: {escaped(note)}"
    if advice(view):
        yield f"- next: {escaped(advice(view))}"
    yield ""
    yield from _posterior(view)
    if view.fixed:
        yield f"In all trials: `{view.fixed}`."
        yield ""
    yield from trials(view.steps)
    for title, side in (("before", view.before), ("after", view.after)):
        if side is not None:
            name = side.step.trial.probe.cell.value(view.line.axis)
            yield from section(view.study, f"The side {title}: {name}", side)
    yield made
    yield ""


def _posterior(view: BisectionView) -> Iterator[str]:
    if view.noise is None:
        return
    yield "## Confidence"
    yield ""
    yield "| release | probability |"
    yield "|---|---|"
    for name, chance in view.noise.posterior:
        yield f"| {escaped(name)} | {chance:.3f} |"
    yield ""
    for assumption in view.noise.assumptions:
        yield f"- assumed: {escaped(assumption)}"
    yield ""
