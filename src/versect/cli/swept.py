"""A matrix with the sweeps of its study, as the record has them or as a run just asked them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from versect.app import sweeps as sweeping
from versect.app.plan import answering
from versect.app.sweeps import Swept
from versect.model.study import Study
from versect.report.sweep import sweep_view
from versect.report.view import MatrixView
from versect.store.jsonl import JsonLines


def remembered(
    study: Study, folder: Path, *, fingerprint: str, engine: str, full: bool = True
) -> tuple[Swept, ...]:
    """Give the sweeps of a study as the record has them; neither index nor engine is asked.

    A sweep then has only those of its cells that have a trial; one without any is left out.

    Args:
        study: The study.
        folder: Of its results.
        fingerprint: Trials of another one do not count.
        engine: Likewise those of another engine.
        full: Whether the sweeps of a full run are given too.

    """
    every = JsonLines(folder, study.name).trials()
    trials = tuple(answering(every, fingerprint=fingerprint, engine=engine))
    known = sweeping.with_trials(
        sweeping.remembered(sweeping.taking_part(study, full=full), trials),
        trials,
        study.symptom,
        fingerprint=fingerprint,
        engine=engine,
    )
    return tuple(one for one in known if one.results)


def with_sweeps(view: MatrixView, folder: Path) -> MatrixView:
    """Give a matrix with the sweeps that were asked under its fingerprint, on its engine."""
    newest = max((trial for trial, _ in view.results.values()), key=lambda t: t.at, default=None)
    if newest is None or not view.study.sweeps or view.sweeps:
        return view
    known = remembered(
        view.study, folder, fingerprint=newest.fingerprint, engine=newest.setting.engine
    )
    return showing(view, known)


def showing(view: MatrixView, swept: Iterable[Swept]) -> MatrixView:
    """Give a matrix with some sweeps."""
    return replace(
        view, sweeps=tuple(sweep_view(one.sweep, one.cells, one.results) for one in swept)
    )
