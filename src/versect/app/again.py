"""One cell again: found by its id among stored trials, its environment made if need be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from versect.errors import UsageError
from versect.index.interface import Index
from versect.model.cell import Cell
from versect.model.release import Release
from versect.model.trial import Trial
from versect.store.jsonl import NAME, JsonLines


def stored_trials(results: Path, study: str | None) -> dict[tuple[str, str], Trial]:
    """Give the last trial of every cell that has one, by study and cell id.

    Args:
        results: The folder of all results.
        study: Look only into this study; None for all.

    """
    folders = [results / study] if study else sorted(p.parent for p in results.glob(f"*/{NAME}"))
    found: dict[tuple[str, str], Trial] = {}
    for folder in folders:
        for trial in JsonLines(folder, folder.name).trials():
            found[folder.name, trial.probe.cell.id] = trial
    return found


def find_trial(
    trials: Mapping[tuple[str, str], Trial], wanted: str, results: Path
) -> tuple[str, Trial]:
    """Find the trial of a cell by the cell's id.

    Returns:
        The study's name and the trial.

    Raises:
        UsageError: No stored cell has this id, or cells of several studies have.

    """
    matching = [key for key in trials if key[1] == wanted]
    if len(matching) == 1:
        return matching[0][0], trials[matching[0]]
    if matching:
        studies = ", ".join(study for study, _ in matching)
        raise UsageError(
            f"several studies have a cell {wanted}: {studies}",
            remedy=f"name one: versect reproduce {matching[0][0]} {wanted}",
        )
    close = difflib.get_close_matches(wanted, [cell for _, cell in trials], n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}? " if close else ""
    raise UsageError(
        f"no cell {wanted!r} is stored in {results}",
        remedy=f"{hint}the ids stand in the study's matrix.json; 'versect run' stores cells",
    )


def releases_of(cell: Cell, index: Index) -> dict[tuple[NormalizedName, Version], Release]:
    """Give the releases that a cell pins.

    Raises:
        UsageError: The index does not have one of them any more.

    """
    return dict(_releases(cell, index))


def _releases(cell: Cell, index: Index) -> Iterable[tuple[tuple[NormalizedName, Version], Release]]:
    for name, version in cell.pins.releases:
        release = next((r for r in index.project(name).releases if r.version == version), None)
        if release is None:
            raise UsageError(f"the index has no {name} {version} any more")
        yield (name, version), release
