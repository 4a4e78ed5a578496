"""The releases of a matrix with which nothing failed, as constraints for an installer (pure).

A release is good where something passed with it and nothing failed, in whatever way; what could
not be decided says nothing. One project alone is held to its good releases where it has any: what
the others are is then free. Else two are, to a box of releases in which nothing failed.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from versect.model.cell import Cell
from versect.model.outcome import Failed, FailedOtherwise, Passed
from versect.report.markdown import cells as counted
from versect.report.view import MatrixView
from versect.report.xml_text import allowed

Series = tuple[Version, ...]
"""The releases of a project that were asked, oldest first."""
Box = Mapping[str, range]
"""Some projects, each with the places in its series to which it is held."""
Point = tuple[int, int]

_LISTED: Final = 6
"""Combinations of parameters that are named in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a matrix: where it passed, where it failed, and the releases asked."""

    series: Mapping[str, Series]
    passed: tuple[Cell, ...]
    failed: tuple[Cell, ...]
    aside: tuple[Cell, ...]
    """Decided cells with an interpreter and parameters with which nothing passes at all: no
    release can help there."""


def constraints(view: MatrixView, *, made: str) -> str:
    """Give ``constraints.txt``; empty where nothing failed, or no releases are known to be good.

    Args:
        view: The matrix.
        made: By which versect, and when.

    """
    known = _known(view, view.cells)
    written = _written(known)
    if not written:
        return ""
    (box, lines), *others = written
    comments = [
        *_comments(view, known, box),
        *(f"# This would do instead: {' with '.join(one)}" for _, one in others),
        *_easier(view, lines),
        f"# {_line(made)}",
    ]
    return "\n".join([*comments, *lines, ""])


def specifier(series: Series, chosen: range) -> str | None:
    """Give a specifier that admits of a series exactly the places chosen; None for impossible.

    A bound stands only where something else was asked beyond it: ``>=1.55.3`` for the newest
    releases, ``<=1.3.7`` for the oldest, since what lies before the next one was not asked.
    """
    wanted = series[chosen.start : chosen.stop]
    bounds = [f">={wanted[0].public}"] if chosen.start else []
    bounds += [f"<={wanted[-1].public}"] if chosen.stop < len(series) else []
    if len(bounds) == 2 and len(wanted) == 1:
        bounds = [f"=={wanted[0]}"]
    more = [v for v in _admitted(",".join(bounds), series) if v not in wanted]
    text = ",".join([*bounds, *(f"!={version}" for version in more)])
    return text if _admitted(text, series) == wanted else None


def _admitted(text: str, series: Series) -> Series:
    specifiers = SpecifierSet(text)
    return tuple(v for v in series if specifiers.contains(v, prereleases=True))


def _written(known: Known) -> list[tuple[Box, list[str]]]:
    """Give the boxes that can be written, the largest first, each as requirements."""
    boxes = _boxes(known) if known.failed else []
    return [(box, lines) for box in boxes if (lines := _requirements(box, known.series))]


def _known(view: MatrixView, cells: Sequence[Cell]) -> Known:
    contexts: dict[object, list[Cell]] = {}
    passed: list[Cell] = []
    failed: list[Cell] = []
    for cell in cells:
        outcome = view.results[cell.id][1] if cell.id in view.results else None
        if isinstance(outcome, Passed):
            passed.append(cell)
        elif isinstance(outcome, Failed | FailedOtherwise):
            failed.append(cell)
            contexts.setdefault(_context(cell), []).append(cell)
    hopeful = {_context(cell) for cell in passed}
    aside = {key for key in contexts if key not in hopeful}
    series: dict[str, set[Version]] = {}
    for cell in cells:
        for project, version in cell.pins.releases:
            series.setdefault(project, set()).add(version)
    return Known(
        series={project: tuple(sorted(versions)) for project, versions in series.items()},
        passed=tuple(passed),
        failed=tuple(cell for cell in failed if _context(cell) not in aside),
        aside=tuple(cell for key in contexts if key in aside for cell in contexts[key]),
    )


def _context(cell: Cell) -> tuple[object, ...]:
    """Give everything of a cell but its releases."""
    return (cell.pins.python, cell.parameters)


def _boxes(known: Known) -> list[Box]:
    """Give boxes of releases in which nothing failed, those with the most passing cells first.

    One for each project that has any; one for each pair of projects only where none has. Costs
    n * n * m steps for a pair with n and m releases, n being the lesser.
    """
    projects = sorted(known.series, key=lambda project: len(known.series[project]))
    for size in (1, 2):
        found = [
            best
            for names in itertools.combinations(projects, size)
            if (best := _best(known, names)) is not None
        ]
        if found:
            return [box for _, box in sorted(found, key=lambda pair: -pair[0])]
    return []


def _best(known: Known, names: tuple[str, ...]) -> tuple[int, Box] | None:
    """Give the box of one or two projects with the most passing cells, and how many; the newest.

    Something passed with each of its releases, inside it.
    """
    *first, last = names
    width = len(known.series[last])
    passed, failed = (_counts(known, cells, names) for cells in (known.passed, known.failed))
    if not first:
        run = _run(*([found[0, n] for n in range(width)] for found in (passed, failed)))
        return run and (run[0], {last: run[1]})
    best: tuple[int, Box] | None = None
    height = len(known.series[first[0]])
    for low in range(height):
        good, bad = [0] * width, [0] * width
        for high in range(low, height):
            good = [have + passed[high, n] for n, have in enumerate(good)]
            bad = [have + failed[high, n] for n, have in enumerate(bad)]
            rows = range(low, high + 1)
            run = _run(good, bad)
            if run is None or (best is not None and run[0] < best[0]):
                continue
            if all(any(passed[row, n] for n in run[1]) for row in rows):
                best = (run[0], {first[0]: rows, last: run[1]})
    return best


def _run(passed: Sequence[int], failed: Sequence[int]) -> tuple[int, range] | None:
    """Give the stretch in which most passed, everywhere something and nowhere a failure."""
    clean = [good > 0 and not bad for good, bad in zip(passed, failed, strict=True)]
    runs: list[tuple[int, range]] = []
    for is_clean, group in itertools.groupby(range(len(clean)), clean.__getitem__):
        if is_clean:
            places = list(group)
            stretch = range(places[0], places[-1] + 1)
            runs.append((sum(passed[place] for place in stretch), stretch))
    return max(runs, key=lambda run: (run[0], run[1].start), default=None)


def _counts(known: Known, cells: Sequence[Cell], names: tuple[str, ...]) -> Counter[Point]:
    """Count cells by the places of their releases; of one project alone in row 0."""
    places = {name: {v: n for n, v in enumerate(known.series[name])} for name in names}
    found: Counter[Point] = Counter()
    for cell in cells:
        pins: dict[str, Version] = dict(cell.pins.releases)
        row, column = (0, *(places[name][pins[name]] for name in names))[-2:]
        found[row, column] += 1
    return found


def _requirements(box: Box, series: Mapping[str, Series]) -> list[str]:
    """Give a box as requirements; nothing where one cannot be written."""
    found = {project: specifier(series[project], chosen) for project, chosen in box.items()}
    if None in found.values():
        return []
    return [f"{project}{text}" for project, text in sorted(found.items()) if text]


def _comments(view: MatrixView, known: Known, box: Box) -> Iterator[str]:
    """Say what a box rests on."""
    ids = {cell.id for cell in view.cells if _holds(box, known.series, cell)}
    passed = sum(cell.id in ids for cell in known.passed)
    undecided = len(ids - {cell.id for cell in (*known.passed, *known.aside)})
    yield f"# {_line(view.study.name)}: releases with which nothing failed, of those asked"
    yield f"# It rests on {counted(passed)} that passed; {undecided} more were not decided."
    aside: dict[str, list[str]] = {}
    for cell in known.aside:
        pythons = aside.setdefault(_parameters(cell), [])
        if cell.pins.python not in pythons:
            pythons.append(cell.pins.python)
    if aside:
        words = (f"{name or 'all'} on Python {', '.join(on)}" for name, on in aside.items())
        yield f"# Set aside, as no release passes there: {_listed(words)}."


def _easier(view: MatrixView, lines: list[str]) -> Iterator[str]:
    """Say for which parameters less would be enough."""
    cells: dict[str, list[Cell]] = {}
    for cell in view.cells:
        cells.setdefault(_parameters(cell), []).append(cell)
    enough: dict[str, list[str]] = {}
    for parameters, some in cells.items():
        known = _known(view, some)
        written = _written(known)
        if written and written[0][1] != lines:
            boxes = " or ".join(" with ".join(one) for _, one in written)
            enough.setdefault(boxes, []).append(parameters)
        elif known.passed and not (known.failed or known.aside):
            enough.setdefault("any", []).append(parameters)
    for words, which in enough.items():
        yield f"# Enough for {_listed(which)}: {words}"


def _parameters(cell: Cell) -> str:
    return _line(", ".join(f"{name} {value}" for name, value in cell.parameters))


def _listed(words: Iterable[str]) -> str:
    named = [*words]
    more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
    return f"{'; '.join(named[:_LISTED])}{more}"


def _holds(box: Box, series: Mapping[str, Series], cell: Cell) -> bool:
    pins: dict[str, Version] = dict(cell.pins.releases)
    return all(series[name].index(pins[name]) in chosen for name, chosen in box.items())


def _line(text: str) -> str:
    return " ".join(allowed(text).split())
