"""A bisection as Markdown that can be pasted into an issue (pure)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from versect.model.verdict import Side
from versect.report.bisection import BisectionView, advice, headline, outcome_words, sentences
from versect.report.markdown import escaped, fenced
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
    yield f"**Verdict: {view.history.kind}.** The failure sought: {sought}."
    yield ""
    for sentence in sentences(view):
        yield f"- {escaped(sentence)}"
    for note in view.notes:
        yield f"- held still: {escaped(note)}"
    if advice(view):
        yield f"- next: {escaped(advice(view))}"
    yield ""
    yield from _posterior(view)
    yield "## Trials, in order"
    yield ""
    yield f"In all of them: `{view.fixed}`."
    yield ""
    yield "| | trial | outcome | seconds |"
    yield "|---|---|---|---|"
    for number, step in enumerate(view.steps, 1):
        cell = step.trial.probe.cell.id
        again = f", again ({step.trial.probe.repeat})" if step.trial.probe.repeat else ""
        outcome, seconds = outcome_words(step.outcome), step.trial.observation.timings.run
        yield f"| {number} | {escaped(cell)}{again} | {escaped(outcome)} | {seconds:.1f} |"
    yield ""
    for title, side in (("before", view.before), ("after", view.after)):
        if side is not None:
            yield from _side(view, title, side)
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


def _side(view: BisectionView, title: str, side: Side) -> Iterator[str]:
    trial = side.step.trial
    where = f"on {trial.setting.engine}, Python {trial.setting.version}"
    yield f"## The side {title}: {escaped(trial.probe.cell.value(view.line.axis))}"
    yield ""
    yield f"{escaped(outcome_words(side.step.outcome))}, {where}. Again:"
    yield ""
    again = f"versect reproduce {view.study} {trial.probe.cell.id} --run"
    by_hand = f"\n{shlex.join(side.command)}" if side.command else ""
    yield fenced(f"{again}{by_hand}").replace("text\n", "console\n", 1)
    yield ""
    packages = "\n".join(f"{name}=={version}" for name, version in trial.setting.packages)
    yield "<details><summary>installed</summary>"
    yield ""
    yield fenced(packages)
    yield ""
    yield "</details>"
    yield ""
