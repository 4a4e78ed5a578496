"""A study's sweeps: their cells, what is known of them, and what is still to be asked.

Sweeps share everything with the study but its axes, so their trials stand in the same record under
the same fingerprint, and a trial that the table or another sweep has made is not made again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.utils import NormalizedName
from packaging.version import Version

from versect.app.plan import Result, answering, enumerate_series, is_transient
from versect.classify.rules import classify
from versect.index.interface import Index
from versect.model.cell import Cell
from versect.model.release import Release
from versect.model.study import Study, Sweep, Symptom
from versect.model.trial import Probe, Trial
from versect.select.matrix import cells as combine
from versect.select.matrix import combines


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """A sweep with its cells and every trial of them that counts."""

    sweep: Sweep
    cells: tuple[Cell, ...]
    """In the order of the sweep's axes; empty where it has no interpreter left."""
    results: Mapping[str, tuple[Result, ...]]
    """By cell id, in the order of repeats, no more than the sweep asks for. One that ended for a
    transient cause stands here until a finished one takes its place."""
    releases: Mapping[tuple[NormalizedName, Version], Release]
    """Those of its axes; empty where the index was not asked."""

    @property
    def open(self) -> tuple[Probe, ...]:
        """The questions that have no finished trial, all first ones before any is repeated."""
        known = {
            (name, trial.probe.repeat)
            for name, found in self.results.items()
            for trial, outcome in found
            if not is_transient(outcome)
        }
        return tuple(
            Probe(cell=cell, repeat=repeat)
            for repeat in range(self.sweep.repeats)
            for cell in self.cells
            if (cell.id, repeat) not in known
        )


def taking_part(study: Study, *, full: bool) -> Iterator[Sweep]:
    """Give the sweeps that a run asks and that have an interpreter."""
    for sweep in study.sweeps:
        if sweep.study.pythons and (full or not sweep.full):
            yield sweep


def planned(
    sweeps: Iterable[Sweep], index: Index, *, platform: str | None, say: Callable[[str], None]
) -> tuple[Swept, ...]:
    """Give sweeps with their cells and no trial yet; costs one index request a project.

    Raises:
        StudyError: A version that a sweep names does not exist, or nothing is left of an axis.
        UnknownProject: No configured index has a project.
        IndexUnavailable: The index gave no usable answer.

    """
    return tuple(_planned(sweep, index, platform, say) for sweep in sweeps)


def remembered(sweeps: Iterable[Sweep], trials: Sequence[Trial]) -> tuple[Swept, ...]:
    """Give sweeps with those of their cells that have a trial, without asking the index."""
    cells = {trial.probe.cell.id: trial.probe.cell for trial in trials}
    return tuple(
        Swept(
            sweep=sweep,
            cells=tuple(sorted(filter(_in(sweep), cells.values()), key=_place(sweep.study))),
            results={},
            releases={},
        )
        for sweep in sweeps
    )


def with_trials(
    sweeps: Sequence[Swept],
    trials: Iterable[Trial],
    symptom: Symptom,
    *,
    fingerprint: str,
    engine: str,
) -> tuple[Swept, ...]:
    """Give sweeps with the trials that were made for a fingerprint on an engine.

    Args:
        sweeps: The sweeps; what they had is forgotten.
        trials: In the order in which they were made: of finished ones that answer the same
            question the last one counts.
        symptom: What counts as the failure.
        fingerprint: Of the study that the sweeps belong to.
        engine: Its name.

    """
    found: dict[str, dict[int, Result]] = defaultdict(dict)
    wanted = {cell.id for one in sweeps for cell in one.cells}
    for trial in answering(trials, fingerprint=fingerprint, engine=engine):
        name, repeat = trial.probe.cell.id, trial.probe.repeat
        if name in wanted:
            outcome = classify(symptom, trial.observation)
            before = found[name].get(repeat)
            if before is None or is_transient(before[1]) or not is_transient(outcome):
                found[name][repeat] = (trial, outcome)
    return tuple(
        replace(
            one,
            results={
                cell.id: tuple(
                    result
                    for repeat, result in sorted(found[cell.id].items())
                    if repeat < one.sweep.repeats
                )
                for cell in one.cells
                if cell.id in found
            },
        )
        for one in sweeps
    )


def questions(sweeps: Sequence[Swept]) -> tuple[Probe, ...]:
    """Give what all of them have open, each question once, in the order of the sweeps."""
    return tuple(dict.fromkeys(probe for one in sweeps for probe in one.open))


def _planned(sweep: Sweep, index: Index, platform: str | None, say: Callable[[str], None]) -> Swept:
    series = enumerate_series(
        sweep.study, index, platform=platform, say=lambda words: say(f"{sweep.name}: {words}")
    )
    versions = {key: [release.version for release in s.releases] for key, s in series.items()}
    return Swept(
        sweep=sweep,
        cells=combine(sweep.study, versions),
        results={},
        releases={(s.project, r.version): r for s in series.values() for r in s.releases},
    )


def _in(sweep: Sweep) -> Callable[[Cell], bool]:
    return lambda cell: combines(sweep.study, cell)


def _place(study: Study) -> Callable[[Cell], tuple[object, ...]]:
    orders = [axis.values for axis in study.parameters]

    def place(cell: Cell) -> tuple[object, ...]:
        values = zip(orders, cell.parameters, strict=True)
        return (
            study.pythons.index(cell.pins.python),
            *(version for _, version in cell.pins.releases),
            *(order.index(value) for order, (_, value) in values),
        )

    return place
