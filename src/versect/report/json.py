"""The matrix as a JSON document with a published form (pure); see docs/reference/matrix-json.md."""

from __future__ import annotations

import json
from typing import Any, Final

from versect.classify.measured import measured
from versect.model.cell import Cell
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Passed, Unresolved
from versect.model.trial import Trial
from versect.report.findings import is_inert
from versect.report.grid import axis_values
from versect.report.sweep import SweepView
from versect.report.view import Glyph, MatrixView, sought_words

SCHEMA_VERSION: Final = 1


def matrix(view: MatrixView, *, made: str) -> str:
    """Give ``matrix.json``."""
    return json.dumps(document(view, made=made), indent=1) + "\n"


def document(view: MatrixView, *, made: str) -> dict[str, Any]:
    """Give what ``matrix.json`` holds."""
    study = view.study
    return {
        "schema_version": SCHEMA_VERSION,
        "made": made,
        "study": study.name,
        "failure": sought_words(study.symptom),
        "resolution": study.resolution,
        "axes": {name: list(values) for name, values in axis_values(view.cells).items()},
        "counts": {glyph.name.lower(): count for glyph, count in view.counts.items()},
        "cells": [_cell(cell, *view.results.get(cell.id, (None, None))) for cell in view.cells],
        "failures": [
            {"mark": c.mark, "signature": c.title, "sought": not c.mark, "cells": list(c.cells)}
            for c in (*view.sought, *view.otherwise)
        ],
        "unresolved": [
            {"mark": c.mark, "cause": c.title, "detail": c.detail, "cells": list(c.cells)}
            for c in view.unresolved
        ],
        "inert": [
            {"project": unused.project, "where": unused.where, "cells": list(unused.cells)}
            for unused in view.inert
        ],
        "boundaries": [
            {
                "axis": b.axis,
                "before": b.before,
                "after": b.after,
                "change": b.change,
                "changed": b.changed,
                "comparable": b.comparable,
                "where": b.where,
            }
            for b in view.boundaries
        ],
        "sweeps": [_sweep(sweep) for sweep in view.sweeps],
    }


def _sweep(view: SweepView) -> dict[str, Any]:
    sweep, counts = view.sweep, view.count(view.cells)
    return {
        "name": sweep.name,
        "about": sweep.about,
        "part": sweep.part,
        "vary": sweep.vary,
        "words": dict(sweep.words),
        "full": sweep.full,
        "repeats": sweep.repeats,
        "trace": sweep.trace,
        "axes": {name: list(values) for name, values in axis_values(view.cells).items()},
        "counts": {sign.name.lower(): counts[sign] for sign in Glyph if sign is not Glyph.OPEN},
        "cells": [
            {
                "id": cell.id,
                "axes": _axes(cell),
                "trials": [_asked(*result) for result in view.results.get(cell.id, ())],
            }
            for cell in view.cells
        ],
    }


def _asked(trial: Trial, outcome: Outcome) -> dict[str, Any]:
    return {
        "repeat": trial.probe.repeat,
        "at": trial.at.isoformat(timespec="seconds"),
        "run": trial.run,
        **outcome_of(outcome),
        "measured": measured(trial.observation),
    }


def _axes(cell: Cell) -> dict[str, str]:
    axes: dict[str, str] = {"python": cell.pins.python}
    axes.update((name, str(version)) for name, version in cell.pins.releases)
    axes.update(cell.parameters)
    return axes


def _cell(cell: Cell, trial: Trial | None, outcome: Outcome | None) -> dict[str, Any]:
    known: dict[str, Any] = {"id": cell.id, "axes": _axes(cell), **outcome_of(outcome)}
    if trial is None:
        return known
    setting, observation = trial.setting, trial.observation
    timings = observation.timings
    return {
        **known,
        "at": trial.at.isoformat(timespec="seconds"),
        "run": trial.run,
        "engine": setting.engine,
        "python_version": setting.version,
        "interpreter": setting.interpreter,
        "lock": setting.lock,
        "packages": dict(setting.packages),
        "cut_off": setting.cut_off and setting.cut_off.isoformat(),
        "inert": [name for name, _ in cell.pins.releases if is_inert(name, trial)],
        "seconds": {
            "resolve": round(timings.resolve, 3),
            "build": round(timings.build, 3),
            "start": round(timings.start, 3),
            "run": round(timings.run, 3),
        },
        "peak_memory": observation.peak_memory,
        "notes": list(observation.notes),
    }


def outcome_of(outcome: Outcome | None) -> dict[str, Any]:
    """Give an outcome as every document writes it."""
    match outcome:
        case None:
            return {"outcome": None}
        case Passed(rule=rule):
            return {"outcome": "passed", "rule": rule}
        case Failed(rule=rule, signature=signature):
            return {"outcome": "failed", "rule": rule, "signature": str(signature)}
        case FailedOtherwise(rule=rule, signature=signature):
            return {"outcome": "failed-otherwise", "rule": rule, "signature": str(signature)}
        case Unresolved(rule=rule, cause=cause, detail=detail):
            return {"outcome": "unresolved", "rule": rule, "cause": cause, "detail": detail}
