"""When cells changed and what else changed with them, read off stored trials alone (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from versect.app.neighbours import Neighbours, ordered_axes
from versect.app.plan import is_transient
from versect.classify.rules import classify
from versect.errors import UsageError
from versect.model.baseline import Event, Stand, differences, stand
from versect.model.cell import Cell
from versect.model.study import Study
from versect.model.trial import Trial
from versect.select.matrix import combines, has_axes


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The trials that one run left."""

    name: str
    at: datetime
    """When its last trial ended (UTC)."""
    engine: str
    trials: int


def events(study: Study, trials: Iterable[Trial]) -> tuple[Event, ...]:
    """Give every change, in the order in which the trials were made.

    A cell is compared with itself at its last trial on the same engine; a cell that is new since
    the first run, with its nearest older neighbour of the same run or an earlier one.
    """
    found = tuple(_stands(study, trials))
    neighbours = Neighbours({trial.probe.cell for trial, _ in found})
    known: dict[tuple[str, str], Stand] = {}
    told: list[Event] = []
    for run, group in groupby(found, key=lambda one: one[0].run):
        made = tuple(group)
        after = known | {_key(trial): one for trial, one in made}
        for trial, one in made:
            before, beside = known.get(_key(trial)), None
            if before is None and run != found[0][0].run:
                beside = _beside(trial, neighbours, after)
                before = None if beside is None else after[trial.setting.engine, beside.id]
            if before is not None and before.shown != one.shown:
                told.append(_event(trial, beside, before, one))
        known = after
    return tuple(told)


def difference(study: Study, trials: Sequence[Trial], one: str, other: str) -> tuple[Event, ...]:
    """Say what was known at the end of one run and is otherwise at the end of another.

    Args:
        study: Whose cells they are.
        trials: In the order made.
        one: The name of a run, or as much of its beginning as tells it apart.
        other: Likewise.

    Raises:
        UsageError: There is no such run, or several begin so.

    """
    names = [run.name for run in runs(trials)]
    before = _known(study, trials, _run(names, one))
    after = _known(study, trials, _run(names, other))
    return tuple(
        _event(trial, None, before[name][1] if name in before else None, stand)
        for name, (trial, stand) in after.items()
        if name not in before or before[name][1].shown != stand.shown
    )


def runs(trials: Iterable[Trial]) -> tuple[Run, ...]:
    """Give the runs that left trials, the oldest first."""
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.run, []).append(trial)
    return tuple(
        Run(name=name, at=some[-1].at, engine=some[0].setting.engine, trials=len(some))
        for name, some in found.items()
    )


def _stands(study: Study, trials: Iterable[Trial]) -> Iterator[tuple[Trial, Stand]]:
    """Give what the finished first trials of the study's own cells say."""
    for trial in trials:
        if trial.probe.repeat == 0 and _is_of_table(study, trial.probe.cell):
            outcome = classify(study.symptom, trial.observation)
            if not is_transient(outcome):
                yield trial, stand(trial, outcome)


def _is_of_table(study: Study, cell: Cell) -> bool:
    """Whether a cell combines the study's axes, as those of a search among others need not.

    Values that the study has no more stay part of its history, but for those of a sweep.
    """
    return has_axes(study, cell) and (
        combines(study, cell) or not any(combines(sweep.study, cell) for sweep in study.sweeps)
    )


def _key(trial: Trial) -> tuple[str, str]:
    return trial.setting.engine, trial.probe.cell.id


def _beside(
    trial: Trial, neighbours: Neighbours, known: Mapping[tuple[str, str], Stand]
) -> Cell | None:
    """Give the nearest older neighbour that is known, among releases before interpreters."""
    cell, engine = trial.probe.cell, trial.setting.engine
    for axis in ordered_axes(cell):
        for older in neighbours.older(cell, axis):
            if (engine, older.id) in known:
                return older
    return None


def _known(study: Study, trials: Sequence[Trial], run: str) -> dict[str, tuple[Trial, Stand]]:
    """Give what was known of each cell, on the engine of a run, when the run had ended."""
    ends = max(place for place, trial in enumerate(trials) if trial.run == run)
    engine = trials[ends].setting.engine
    before = (trial for trial in trials[: ends + 1] if trial.setting.engine == engine)
    return {trial.probe.cell.id: (trial, one) for trial, one in _stands(study, before)}


def _run(names: Sequence[str], wanted: str) -> str:
    matching = [name for name in names if name.startswith(wanted)]
    if wanted in matching or len(matching) == 1:
        return wanted if wanted in matching else matching[0]
    if matching:
        raise UsageError(
            f"{len(matching)} runs begin with {wanted}: {', '.join(matching[:5])}",
            remedy="write more of the name",
        )
    raise UsageError(
        f"there is no run {wanted}", remedy="'versect history STUDY --runs' lists them"
    )


def _event(trial: Trial, beside: Cell | None, before: Stand | None, after: Stand) -> Event:
    return Event(
        at=trial.at,
        run=trial.run,
        cell=trial.probe.cell,
        beside=beside,
        before=before,
        after=after,
        because=() if before is None else differences(before, after),
    )
