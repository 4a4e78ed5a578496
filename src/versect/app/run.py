"""Run a study: ask every open cell, keep every answer, say what came of it."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from datetime import UTC, datetime
from typing import Protocol

from versect.app.laboratory import Laboratory, Prepared
from versect.app.plan import Plan, Result
from versect.classify.rules import classify
from versect.model.cell import Cell, Pins
from versect.model.outcome import Outcome
from versect.model.study import Symptom
from versect.model.trial import Probe, Trial
from versect.run.schedule import answers
from versect.store.interface import TrialLog


class Progress(Protocol):
    """Who is told how a run gets on; every hook returns at once."""

    def planned(self, cells: tuple[Cell, ...], known: int) -> None:
        """All cells of the run, and how many of them need not be asked."""

    def started(self, cell: Cell) -> None:
        """A worker has taken up a cell; may come from any thread."""

    def finished(self, cell: Cell, outcome: Outcome, seconds: float) -> None:
        """A cell's trial is on disk."""


def run_id(now: datetime) -> str:
    """Make the name of a run: ``20261124T101500-3fa9``, unique enough for one store."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


def run_cells(  # noqa: PLR0913 - a use case names everything that it needs
    plan: Plan,
    symptom: Symptom,
    *,
    laboratory: Laboratory,
    log: TrialLog,
    progress: Progress,
    executor: Executor,
    jobs: int,
    repeat: int = 0,
) -> dict[str, Result]:
    """Ask every open cell of a plan; each answer is on disk before it is shown.

    An exception, KeyboardInterrupt among them, leaves everything finished so far in the log.

    Returns:
        The results by cell id, known ones included; not in the order of the cells.

    """
    results = {cell.id: plan.known[cell.id] for cell in plan.cells if cell.id in plan.known}
    progress.planned(plan.cells, len(results))
    made = run_probes(
        [Probe(cell=cell, repeat=repeat) for cell in plan.open],
        symptom,
        laboratory=laboratory,
        log=log,
        progress=progress,
        executor=executor,
        jobs=jobs,
    )
    return results | {trial.probe.cell.id: (trial, outcome) for trial, outcome in made}


def run_probes(  # noqa: PLR0913 - likewise
    probes: Sequence[Probe],
    symptom: Symptom,
    *,
    laboratory: Laboratory,
    log: TrialLog,
    progress: Progress,
    executor: Executor,
    jobs: int,
) -> tuple[Result, ...]:
    """Ask questions, those of one environment together; see ``run_cells``."""
    groups: dict[Pins, list[Probe]] = defaultdict(list)
    for probe in probes:
        groups[probe.cell.pins].append(probe)
    for pins in groups:
        laboratory.foresee(pins)
    trials = answers(
        groups,
        prepare=laboratory.prepare,
        ask=_telling(laboratory, progress.started),
        executor=executor,
        jobs=jobs,
    )
    results = []
    with closing(trials):
        for trial in trials:
            log.append(trial)
            outcome = classify(symptom, trial.observation)
            results.append((trial, outcome))
            spent = trial.observation.timings
            seconds = spent.resolve + spent.build + spent.start + spent.run
            progress.finished(trial.probe.cell, outcome, seconds)
    return tuple(results)


def _telling(
    laboratory: Laboratory, started: Callable[[Cell], None]
) -> Callable[[Probe, Prepared], Trial]:
    def ask(probe: Probe, prepared: Prepared) -> Trial:
        started(probe.cell)
        return laboratory.ask(probe, prepared)

    return ask
