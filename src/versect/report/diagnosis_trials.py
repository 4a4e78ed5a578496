"""What the parts of a diagnosis ask of trials: values, groups, numbers, what cells share (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from packaging.version import InvalidVersion, Version

from versect.classify.measured import measured
from versect.model.cell import Cell
from versect.model.outcome import Word
from versect.report.diagnosis import Asked, Result


def ids(results: Iterable[Result]) -> tuple[str, ...]:
    """Give the cells of trials, each once."""
    return tuple(dict.fromkeys(trial.probe.cell.id for trial, _ in results))


def numbers(result: Result) -> Mapping[str, float]:
    """Give what a trial measured."""
    return measured(result[0].observation)


def context(cell: Cell, but: str = "") -> tuple[tuple[str, str], ...]:
    """Give all of a cell but one axis: cells with equal ones are alike but for it."""
    pins = ((str(name), str(version)) for name, version in cell.pins.releases)
    axes = (("python", cell.pins.python), *pins, *cell.parameters)
    return tuple(axis for axis in axes if axis[0] != but)


def by_value(asked: Asked) -> dict[str, list[Result]]:
    """Give the trials of each value of the axis under test, values in the study's order.

    Every value is there, the first one always, whether the record has cells of it or not.
    """
    vary, study = asked.sweep.vary, asked.sweep.study
    values = {axis.name: axis.values for axis in study.parameters}
    found: dict[str, list[Result]] = {value: [] for value in values.get(vary, ())}
    for cell in asked.cells:
        found.setdefault(cell.value(vary), [])
    for trial, outcome in asked.results:
        found.setdefault(trial.probe.cell.value(vary), []).append((trial, outcome))
    return found


def grouped(results: Iterable[Result], key: Callable[[Result], str]) -> dict[str, list[Result]]:
    """Group trials, groups in the order in which they first appear."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(key(result), []).append(result)
    return found


def word_of(result: Result) -> Word:
    """Give the outcome of a trial in a word."""
    return Word.of(result[1])


def distinguishing(cells: Sequence[Cell], every: Sequence[Cell]) -> str:
    """Say what sets some cells apart from all of them: ``mode=reused, python=3.11|3.12``.

    Named are axes that all of these have, with fewer values than all have between them.
    """
    mine = [dict(context(cell)) for cell in cells]
    all_of = [dict(context(cell)) for cell in every]
    parts = []
    for axis in mine[0] if mine else ():
        values = dict.fromkeys(axes.get(axis) for axes in mine)
        if None not in values and len(values) < len({axes.get(axis) for axes in all_of}):
            parts.append(f"{axis}={'|'.join(_ordered(map(str, values)))}")
    return ", ".join(parts)


def _ordered(values: Iterable[str]) -> list[str]:
    """Put versions and numbers in their order; other values stay as they were met."""
    found = list(values)
    try:
        return sorted(found, key=Version)
    except InvalidVersion:
        return found
