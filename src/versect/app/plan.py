"""What a run would do: the study's cells, what is known of them, and what is left to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from packaging.utils import NormalizedName
from packaging.version import Version

from versect.classify.rules import classify
from versect.errors import Fault, StudyError
from versect.index.interface import Index
from versect.model.cell import Cell
from versect.model.outcome import Outcome, Unresolved
from versect.model.release import Release, Series
from versect.model.study import ProjectAxis, Study, Symptom
from versect.model.trial import Trial
from versect.select.matrix import cells as combine
from versect.select.platforms import compatible_tags
from versect.select.series import series as series_of
from versect.select.shards import Shard, part

Result = tuple[Trial, Outcome]

_PAGES: Final = 4
"""Pages of an index that are asked for at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study's cells with what is known of them."""

    cells: tuple[Cell, ...]
    """In the order in which they are asked."""
    releases: Mapping[tuple[NormalizedName, Version], Release]
    series: Mapping[tuple[str, NormalizedName], Series]
    """For each interpreter and project axis."""
    known: Mapping[str, Result]
    """Finished trials by cell id."""

    @property
    def open(self) -> tuple[Cell, ...]:
        """The cells that have no finished trial."""
        return tuple(cell for cell in self.cells if cell.id not in self.known)


def enumerate_series(
    study: Study,
    index: Index,
    *,
    platform: str | None,
    say: Callable[[str], None],
) -> dict[tuple[str, NormalizedName], Series]:
    """Ask the index for the series of every project axis and interpreter.

    Raises:
        StudyError: A version that the study names does not exist, or nothing is left of an axis.
        UnknownProject: No configured index has a project.
        IndexUnavailable: The index gave no usable answer.

    """
    found: dict[tuple[str, NormalizedName], Series] = {}
    faults: list[Fault] = []
    with ThreadPoolExecutor(_PAGES, thread_name_prefix="versect-index") as pool:
        projects = pool.map(index.project, (axis.project for axis in study.projects))
        known = dict(zip(study.projects, projects, strict=True))
    for axis in study.projects:
        for python in study.pythons:
            found[python, axis.project] = series_of(
                known[axis],
                axis,
                python_version=python,
                tags=compatible_tags(python, platform),
                cut_off=study.cut_off,
                build_allowed=axis.project in study.build,
            )
        faults.extend(_faults(axis, [found[python, axis.project] for python in study.pythons]))
        for python in study.pythons:
            one = found[python, axis.project]
            if not one.releases and not faults:
                say(f"py{python}: no release of {axis.project} is left: {_reasons(one)}")
    if faults:
        raise StudyError(
            study.name,
            tuple(faults),
            remedy="'versect releases PROJECT' shows every release and why it was dropped",
        )
    return found


def make(
    study: Study,
    series: Mapping[tuple[str, NormalizedName], Series],
    trials: Iterable[Trial],
    *,
    fingerprint: str,
    engine: str,
) -> Plan:
    """Lay the cells of a study beside the trials that are stored."""
    versions = {key: [release.version for release in s.releases] for key, s in series.items()}
    return Plan(
        cells=combine(study, versions),
        releases={(s.project, r.version): r for s in series.values() for r in s.releases},
        series=series,
        known=finished(trials, study.symptom, fingerprint=fingerprint, engine=engine),
    )


def only(plan: Plan, shard: Shard | None, *, beside: bool = False) -> Plan:
    """Leave a plan the cells of one shard; all of them for None.

    Args:
        plan: Of the whole study.
        shard: Which of the study's cells are asked.
        beside: Whether cells of other shards stay too where they have a finished trial.

    """
    if shard is None:
        return plan
    mine = {cell.id for cell in part(plan.cells, shard)}
    stay = mine | (plan.known.keys() if beside else set())
    return replace(plan, cells=tuple(cell for cell in plan.cells if cell.id in stay))


def finished(
    trials: Iterable[Trial], symptom: Symptom, *, fingerprint: str, engine: str, repeat: int = 0
) -> dict[str, Result]:
    """Give the last finished trial of each cell, by cell id, judged under a symptom.

    A trial that ended for a transient cause is not finished; one made for another fingerprint or
    on another engine answers another question.
    """
    known: dict[str, Result] = {}
    for trial in answering(trials, fingerprint=fingerprint, engine=engine):
        outcome = classify(symptom, trial.observation)
        if trial.probe.repeat == repeat and not is_transient(outcome):
            known[trial.probe.cell.id] = (trial, outcome)
    return known


def answering(trials: Iterable[Trial], *, fingerprint: str, engine: str) -> Iterator[Trial]:
    """Give the trials that were made for a fingerprint on an engine."""
    for trial in trials:
        if trial.fingerprint == fingerprint and trial.setting.engine == engine:
            yield trial


def is_transient(outcome: Outcome) -> bool:
    """Whether a trial is to be made again, since only the world was in its way."""
    return isinstance(outcome, Unresolved) and outcome.cause.transient


def _faults(axis: ProjectAxis, series: Sequence[Series]) -> list[Fault]:
    path = f"projects.{axis.project}.versions"
    missing = sorted({version for s in series for version in s.missing})
    if missing:
        words = ", ".join(map(str, missing))
        return [Fault(path, f"{axis.project} has no release {words}")]
    if not any(s.releases for s in series):
        return [Fault(path, f"no release is left: {_reasons(series[0])}")]
    return []


def _reasons(series: Series) -> str:
    """Say why releases were dropped: ``12 yanked, 3 pre-release``."""
    counts: dict[str, int] = {}
    for dropped in series.dropped:
        counts[dropped.reason] = counts.get(dropped.reason, 0) + 1
    if not counts:
        return "the specifier admits none"
    return ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))
