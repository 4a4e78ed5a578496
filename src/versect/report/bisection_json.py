"""A bisection as a JSON document (pure); its form is in docs/reference/verdict-json.md."""

from __future__ import annotations

import json
from typing import Any, Final

from versect.model.verdict import Change, Counterfactual, Side
from versect.report.bisection import BisectionView
from versect.report.bisection_words import advice, headline, sentences
from versect.report.evidence import side_row, step_row
from versect.report.view import sought_words
from versect.search.series import Transition

SCHEMA_VERSION: Final = 1


def document(view: BisectionView, *, made: str) -> str:
    """Give ``verdict.json``."""
    found, history = view.history.transition, view.history
    return (
        json.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "made": made,
                "study": view.study,
                "fingerprint": view.steps[0].trial.fingerprint if view.steps else None,
                "question": view.question,
                "verdict": view.kind,
                "exit_code": view.kind.exit_code,
                "headline": headline(view),
                "sentences": list(sentences(view)),
                "advice": advice(view),
                "failure": sought_words(view.symptom),
                "axis": view.line.axis,
                "fixed": view.fixed,
                "suspects": list(view.suspects),
                "before": _side(view.before, view),
                "after": _side(view.after, view),
                "boundary": None if found is None else _transition(found, view),
                "transitions": [_transition(one, view) for one in history.transitions],
                "faces": [
                    {
                        "last": view.line.names[face.last],
                        "first": view.line.names[face.first],
                        "before": str(face.before),
                        "after": str(face.after),
                    }
                    for face in view.faces
                ],
                "changes": [_change(change) for change in view.changes],
                "counterfactuals": [_counterfactual(one) for one in view.counterfactuals],
                "confirmed": history.confirmed,
                "unexplored": [
                    [view.line.names[gap[0]], view.line.names[gap[-1]], len(gap)]
                    for gap in history.unexplored
                ],
                "noise": _noise(view),
                "series": {
                    "order": view.line.order,
                    "releases": list(view.line.names),
                    "inversions": view.line.inversions,
                    "answers": {
                        view.line.names[place]: view.verb(answer)
                        for place, answer in sorted(history.known.items())
                    },
                },
                "trials": {"asked": len(view.steps), "made": view.made},
                "steps": [step_row(step) for step in view.steps],
                "notes": list(view.notes),
            },
            indent=1,
        )
        + "\n"
    )


def _transition(found: Transition, view: BisectionView) -> dict[str, Any]:
    names = view.line.names
    return {
        "last": names[found.last],
        "first": names[found.first],
        "into": view.verb(found.into),
        "suspects": [names[place] for place in found.suspects],
    }


def _side(side: Side | None, view: BisectionView) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"release": side.step.trial.probe.cell.value(view.line.axis), **(side_row(side) or {})}


def _change(change: Change) -> dict[str, str]:
    return {"project": change.project, "before": change.before, "after": change.after}


def _counterfactual(one: Counterfactual) -> dict[str, Any]:
    return {
        "applied": [_change(change) for change in one.applied],
        "withheld": [_change(change) for change in one.withheld],
        "moved": [_change(change) for change in one.moved],
        **step_row(one.step),
    }


def _noise(view: BisectionView) -> dict[str, Any] | None:
    if view.noise is None:
        return None
    return {
        "confidence": view.noise.confidence,
        "mass": view.noise.mass,
        "posterior": dict(view.noise.posterior),
        "before": view.noise.before,
        "after": view.noise.after,
        "trials": view.noise.trials,
        "assumptions": list(view.noise.assumptions),
    }
