"""What every verdict shows of its trials: the table of them, and a side that anybody can repeat."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from versect.model.outcome import Failed, FailedOtherwise, Outcome, Passed, Unresolved
from versect.model.verdict import Side, Step
from versect.report.json import outcome_of
from versect.report.markdown import escaped, fenced
from versect.report.view import gist, glyph

_REASON: Final = 300
"""Characters of a reason; the whole of it is in the record."""


def outcome_words(outcome: Outcome) -> str:
    """Say an outcome in one line."""
    match outcome:
        case Passed():
            return f"{glyph(outcome)} passed"
        case Failed(signature=signature):
            return f"{glyph(outcome)} failed: {signature}"
        case FailedOtherwise(signature=signature):
            return f"{glyph(outcome)} failed otherwise: {signature}"
        case Unresolved(cause=cause, detail=detail):
            return f"{glyph(outcome)} unresolved, {cause}: {gist(detail)[:_REASON]}"


def counted(count: int, noun: str, several: str = "") -> str:
    """Count in words: ``1 day``, ``2 releases``; ``several`` where more than an s makes many."""
    return f"{count} {noun if count == 1 else several or f'{noun}s'}"


def cell_of(step: Step) -> str:
    """Name what a trial tried."""
    return step.trial.probe.cell.id


def trials(steps: Sequence[Step], name: Callable[[Step], str] = cell_of) -> Iterator[str]:
    """Give the table of trials in Markdown, in the order in which they were asked."""
    yield "## Trials, in order"
    yield ""
    yield "| | trial | outcome | seconds |"
    yield "|---|---|---|---|"
    for number, step in enumerate(steps, 1):
        repeat = step.trial.probe.repeat
        again = f", again ({repeat})" if repeat else ""
        outcome, seconds = outcome_words(step.outcome), step.trial.observation.timings.run
        yield f"| {number} | {escaped(name(step))}{again} | {escaped(outcome)} | {seconds:.1f} |"
    yield ""


def section(study: str, title: str, side: Side) -> Iterator[str]:
    """Give one side in Markdown: what it did, how to repeat it, what it had installed."""
    trial = side.step.trial
    yield f"## {escaped(title)}"
    yield ""
    where = f"on {trial.setting.engine}, Python {trial.setting.version}"
    yield f"{escaped(outcome_words(side.step.outcome))}, {escaped(where)}. Again:"
    yield ""
    again = f"versect reproduce {study} {trial.probe.cell.id} --run"
    by_hand = f"\n{shlex.join(side.command)}" if side.command else ""
    yield fenced(f"{again}{by_hand}", "console")
    yield ""
    yield "<details><summary>installed</summary>"
    yield ""
    yield fenced("\n".join(f"{name}=={version}" for name, version in trial.setting.packages))
    yield ""
    yield "</details>"
    yield ""


def step_row(step: Step) -> dict[str, Any]:
    """Give a trial as every document writes it."""
    trial = step.trial
    return {
        "cell": trial.probe.cell.id,
        "repeat": trial.probe.repeat,
        **outcome_of(step.outcome),
        "known": step.known,
        "seconds": round(trial.observation.timings.run, 3),
        "at": trial.at.isoformat(timespec="seconds"),
    }


def side_row(side: Side | None) -> dict[str, Any] | None:
    """Give a side as every document writes it."""
    if side is None:
        return None
    trial = side.step.trial
    return {
        **step_row(side.step),
        "engine": trial.setting.engine,
        "python_version": trial.setting.version,
        "interpreter": trial.setting.interpreter,
        "packages": dict(trial.setting.packages),
        "command": list(side.command),
    }
