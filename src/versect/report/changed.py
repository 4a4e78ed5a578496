"""What is shown of a change of locks: one comment for whoever proposes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from versect.model.change import Effect, Tried
from versect.model.verdict import Change
from versect.report import blame as blamed
from versect.report.bisection_words import headline as bisection_headline
from versect.report.blame import BlameView
from versect.report.evidence import counted, outcome_words
from versect.report.json import outcome_of
from versect.report.markdown import escaped, fenced

SCHEMA_VERSION: Final = 1

_LISTED: Final = 100
"""Bumps and cells that are named; of more there is only the number."""

_ALIKE: Final = {
    Effect.MENDED: "this change mends it",
    Effect.FAILS: "it fails with the old lock too, and in the same way",
    Effect.PASSES: "it passes with both locks",
}
"""What is said where the change does the same to all cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What broke with one face, and what brings it."""

    face: str
    cells: tuple[str, ...]
    found: BlameView | None
    """None where it was not searched."""
    words: str
    """Why it was not searched; empty where it was."""

    @property
    def culprits(self) -> str:
        """``httpx 0.27.2 -> 0.28.0``: what brings it, empty where nothing was found."""
        return "" if self.found is None else " together with ".join(map(str, self.found.guilty))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedView:
    """A change of locks as every format shows it."""

    study: str
    identity: str
    """The same for every change of the study: a comment is found by it."""
    engine: str
    python: str
    locks: tuple[str, str]
    """The old one and the new one, as they were named."""
    bumps: tuple[Change, ...]
    tried: tuple[Tried, ...]
    broken: tuple[Broken, ...]
    verdict: str
    exit_code: int
    made: int
    """Trials that were made for it."""
    notes: tuple[str, ...]


def headline(view: ChangedView) -> str:
    """Give the answer in one sentence."""
    return f"{view.study}: {_answer(view)}"


def _answer(view: ChangedView) -> str:
    culprits = list(dict.fromkeys(one.culprits for one in view.broken if one.culprits))
    if culprits:
        return f"{'; '.join(culprits)} breaks it"
    if view.broken:
        return "this change breaks it; which bump does was not found"
    if not view.tried:
        same = "both locks install the same releases"
        return "not checked" if view.exit_code else same
    effects = {one.effect for one in view.tried}
    if effects & {Effect.UNTOLD, Effect.LOST, Effect.FLAKY}:
        return "nothing broke that could be told; some cells could not"
    words = {_ALIKE.get(effect, "") for effect in effects}
    return words.pop() if len(effects) == 1 and words != {""} else "this change breaks nothing"


def summary(view: ChangedView) -> Iterator[str]:
    """Give what else is to be said, a line each."""
    if view.tried:
        yield (
            f"{counted(len(view.bumps), 'bump')}, {counted(len(view.tried), 'cell')} with both "
            f"locks, Python {view.python}, on {view.engine}"
        )
    for effect in Effect:
        count = sum(one.effect is effect for one in view.tried)
        if count:
            yield f"{effect}: {counted(count, 'cell')}"
    yield from view.notes


def markdown(view: ChangedView, *, made: str) -> str:
    """Give ``changed.md``, which is the comment."""
    lines = [f"<!-- {view.identity} -->", f"## {escaped(headline(view))}", ""]
    lines += [f"- {escaped(line)}" for line in summary(view)]
    for one in view.broken:
        lines += ["", *_broken(view, one)]
    told = [one for one in view.tried if one.effect not in (Effect.PASSES, Effect.BROKE)]
    if told:
        lines += ["", "| cell | | old lock | new lock |", "|---|---|---|---|"]
        lines += [_row(one) for one in told[:_LISTED]]
    if view.bumps:
        listed = [*map(str, view.bumps[:_LISTED])]
        if len(view.bumps) > _LISTED:
            listed.append(f"and {len(view.bumps) - _LISTED} more")
        title = f"all {counted(len(view.bumps), 'bump')}"
        lines += ["", f"<details><summary>{title}</summary>", "", fenced("\n".join(listed))]
        lines += ["", "</details>"]
    identity = f"{view.identity}: {view.locks[0]} -> {view.locks[1]}, {made}"
    return "\n".join([*lines, "", f"<sub>{escaped(identity)}</sub>", ""])


def document(view: ChangedView, *, made: str) -> str:
    """Give ``changed.json``."""
    return (
        json.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "made": made,
                "study": view.study,
                "identity": view.identity,
                "engine": view.engine,
                "python": view.python,
                "old": view.locks[0],
                "new": view.locks[1],
                "verdict": view.verdict,
                "exit_code": view.exit_code,
                "headline": headline(view),
                "bumps": _changes(view.bumps),
                "cells": [
                    {
                        "cell": one.cell.id,
                        "effect": one.effect,
                        "old": outcome_of(one.before.outcome),
                        "new": outcome_of(one.after.outcome),
                    }
                    for one in view.tried
                ],
                "broken": [_broken_row(one) for one in view.broken],
                "trials": view.made,
                "notes": list(view.notes),
            },
            indent=1,
        )
        + "\n"
    )


def _broken(view: ChangedView, one: Broken) -> Iterator[str]:
    yield f"**{escaped(one.culprits or 'not found')}**: {escaped(one.face)}"
    yield ""
    if one.words:
        yield f"- {escaped(one.words)}"
    if one.found is not None:
        if not one.culprits:
            yield f"- {escaped(blamed.headline(one.found))}"
        told = (words for words in blamed.sentences(one.found) if words not in view.notes)
        yield from (f"- {escaped(words)}" for words in told)
    yield f"- in {counted(len(one.cells), 'cell')}: {escaped(', '.join(one.cells[:_LISTED]))}"
    yield ""
    again = [f"versect reproduce {view.study} {cell} --run" for cell in _again(one)]
    if again:
        yield fenced("\n".join(again), "console")


def _again(one: Broken) -> Iterator[str]:
    """Name the cells of the old side and of the new one."""
    if one.found is not None:
        yield from (step.trial.probe.cell.id for step in (one.found.good, one.found.bad))


def _row(one: Tried) -> str:
    words = (outcome_words(step.outcome) for step in (one.before, one.after))
    return "| " + " | ".join(map(escaped, (one.cell.id, str(one.effect), *words))) + " |"


def _changes(changes: tuple[Change, ...]) -> list[dict[str, str]]:
    return [{"project": c.project, "old": c.before, "new": c.after} for c in changes]


def _broken_row(one: Broken) -> dict[str, Any]:
    found = one.found
    return {
        "signature": one.face,
        "cells": list(one.cells),
        "verdict": None if found is None else found.kind,
        "culprits": [] if found is None else _changes(found.guilty),
        "proven": found is not None and found.proven,
        "sentences": [one.words] if found is None else list(blamed.sentences(found)),
        "series": []
        if found is None
        else [
            {
                "project": series.line.axis,
                "verdict": series.kind,
                "suspects": list(series.suspects),
                "headline": bisection_headline(series),
            }
            for series in found.series
        ],
    }
