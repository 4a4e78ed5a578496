"""What is new against an accepted state: regressions, fixes, and what could not be told (pure).

A cell that is new is compared with its nearest older neighbour on the axis along which it is new;
a cell that the baseline knows, with what it did then.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from versect.app.neighbours import Neighbours, ordered_axes
from versect.model.baseline import Baseline, Stand, differences
from versect.model.cell import Cell
from versect.model.outcome import Cause, Word

REGRESSION: Final = 20
INCONCLUSIVE: Final = 21
INFRASTRUCTURE: Final = 22


class Kind(StrEnum):
    """What a cell is to a check. The value is what is stored and shown."""

    SAME = "unchanged"
    REGRESSION = "regression"
    """Passed before and fails now; or new, and fails where an older neighbour passes."""
    MENDED = "broke-and-mended"
    """Would be a regression, but a newer release that is as new to the baseline passes again."""
    FIXED = "fixed"
    GREEN = "new-and-green"
    FAILING = "new-and-failing"
    """New, and fails as an older neighbour was accepted to, or has none that passes."""
    CHANGED = "changed-failure"
    FLAKY = "flaky"
    """Failed once and passed when it was asked again."""
    UNTOLD = "could-not-be-told"
    LOST = "infrastructure"
    """Could not be tried, for a reason that lies in this machine or its network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One cell of a check."""

    cell: Cell
    kind: Kind
    now: Stand
    before: Stand | None
    """What the baseline says of it; None for a cell that is new."""
    axis: str = ""
    """The axis along which it was compared; empty where it was compared with itself."""
    beside: Cell | None = None
    """The neighbour it was compared with; for what is mended, the newer one that passes."""
    first: Cell | None = None
    """Of a regression along an axis: the oldest cell, from this one back, that fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Regressions with one cause, as far as the matrix can tell."""

    axis: str
    """Empty where something other than a release or an interpreter must have changed."""
    passing: Cell | None
    failing: Cell
    stand: Stand
    """What the failing cell does."""
    changes: tuple[str, ...]
    """What else is not as it was in the baseline; only where the axis is empty."""
    cells: tuple[Cell, ...]
    """Every cell in which it shows, in the study's order."""


def judge(
    baseline: Baseline,
    cells: Sequence[Cell],
    stands: Mapping[str, Stand],
    flaky: Collection[str] = (),
) -> tuple[Judged, ...]:
    """Say of every cell what it is against the baseline.

    Args:
        baseline: What was accepted.
        cells: Of the study as it is now, in its order.
        stands: What they do, by cell id; cells that are missing here are left out.
        flaky: Ids of cells that did one thing and then another; no cell is compared with them.

    """
    bench = _Bench(baseline, cells, stands, frozenset(flaky))
    return tuple(bench.judged(cell) for cell in cells if cell.id in stands)


def faults(judged: Sequence[Judged]) -> tuple[Fault, ...]:
    """Put regressions that share axis, first failing release and face together."""
    groups: dict[tuple[object, ...], list[Judged]] = defaultdict(list)
    stands = {one.cell.id: one.now for one in judged}
    for one in judged:
        if one.kind is not Kind.REGRESSION:
            continue
        if one.first is not None:
            face = stands[one.first.id].shown
            groups[one.axis, one.first.value(one.axis), face].append(one)
        else:
            groups["", _changes(one), one.now.shown].append(one)
    return tuple(_fault(group, stands) for group in groups.values())


def exit_code(judged: Iterable[Judged]) -> int:
    """Give the exit code: a regression weighs most, then what the infrastructure kept from us."""
    kinds = {one.kind for one in judged}
    if Kind.REGRESSION in kinds:
        return REGRESSION
    if Kind.LOST in kinds:
        return INFRASTRUCTURE
    return INCONCLUSIVE if kinds & {Kind.UNTOLD, Kind.FLAKY} else 0


def identity(study: str, face: str, culprit: str) -> str:
    """Name a regression so that it is called the same in every check: ``versect-1a2b3c4d5e6f``."""
    words = json.dumps([study, face, culprit])
    return f"versect-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


class _Bench:
    """What the judgement of one cell looks at."""

    def __init__(
        self,
        baseline: Baseline,
        cells: Sequence[Cell],
        stands: Mapping[str, Stand],
        flaky: frozenset[str],
    ) -> None:
        self._accepted = baseline.cells
        self._stands = stands
        self._flaky = flaky
        self._neighbours = Neighbours(cells)
        known: dict[str, set[str]] = defaultdict(set)
        for cell in cells:
            if cell.id in baseline.cells:
                for axis in ordered_axes(cell):
                    known[axis].add(cell.value(axis))
        self._known = known

    def judged(self, cell: Cell) -> Judged:
        now, before = self._stands[cell.id], self._accepted.get(cell.id)
        if cell.id in self._flaky:
            return Judged(cell=cell, kind=Kind.FLAKY, now=now, before=before)
        if now.word is Word.UNRESOLVED:
            return self._unresolved(cell, now, before)
        if now.word is Word.PASSED:
            return self._passed(cell, now, before)
        if before is not None and before.word.failing:
            kind = Kind.SAME if before.shown == now.shown else Kind.CHANGED
            return Judged(cell=cell, kind=kind, now=now, before=before)
        return self._failed(cell, now, before)

    def _unresolved(self, cell: Cell, now: Stand, before: Stand | None) -> Judged:
        cause, kind, axis, beside = Cause(now.face), Kind.UNTOLD, "", None
        if cause.infrastructure:
            kind = Kind.LOST
        elif before is not None:
            kind = Kind.SAME if before.shown == now.shown else Kind.UNTOLD
        elif not cause.transient:
            for axis in self._axes(cell):  # what an older one could not say, this one need not
                beside = next(iter(self._neighbours.older(cell, axis)), None)
                alike = beside is not None and self._accepted.get(beside.id)
                if alike and alike.shown == now.shown:
                    kind = Kind.SAME
                    break
        return Judged(cell=cell, kind=kind, now=now, before=before, axis=axis, beside=beside)

    def _passed(self, cell: Cell, now: Stand, before: Stand | None) -> Judged:
        if before is not None and before.word is not Word.UNRESOLVED:
            kind = Kind.FIXED if before.word.failing else Kind.SAME
            return Judged(cell=cell, kind=kind, now=now, before=before)
        for axis in self._axes(cell) if before is None else ():
            beside = next(filter(self._decided, self._neighbours.older(cell, axis)), None)
            if beside is not None and self._stands[beside.id].word.failing:
                return Judged(
                    cell=cell, kind=Kind.FIXED, now=now, before=before, axis=axis, beside=beside
                )
        return Judged(cell=cell, kind=Kind.GREEN, now=now, before=before)

    def _failed(self, cell: Cell, now: Stand, before: Stand | None) -> Judged:
        passed = before is not None and before.word is Word.PASSED
        kind = Kind.REGRESSION if passed else Kind.FAILING
        alone = Judged(cell=cell, kind=kind, now=now, before=before)
        if passed and before is not None and before.fingerprint == now.fingerprint:
            return alone  # neither its releases nor its reproduction are what changed
        found: Judged | None = None
        for axis in self._axes(cell):
            first, beside = self._walk(cell, axis)
            if beside is None:
                continue
            if self._stands[beside.id].word is Word.PASSED:
                one = replace(alone, kind=Kind.REGRESSION, axis=axis, beside=beside, first=first)
                found = found or self._unless_mended(one)
            elif not passed:
                alike = self._stands[beside.id].shown == now.shown
                kind = Kind.FAILING if alike else Kind.CHANGED
                return Judged(
                    cell=cell, kind=kind, now=now, before=before, axis=axis, beside=beside
                )
        return found or alone

    def _walk(self, cell: Cell, axis: str) -> tuple[Cell, Cell | None]:
        """Go back along an axis, past whatever began to fail since the baseline.

        Returns:
            The oldest cell that did, and the next one behind it: it passes, or was accepted as
            failing, or there is none.

        """
        first = cell
        for older in filter(self._decided, self._neighbours.older(cell, axis)):
            accepted = self._accepted.get(older.id)
            new = accepted is None or not accepted.word.failing
            if self._stands[older.id].word is Word.PASSED or not new:
                return first, older
            first = older
        return first, None

    def _unless_mended(self, broken: Judged) -> Judged:
        """Give a regression as it is, or as mended by a newer cell that the baseline has not."""
        newer = filter(self._decided, self._neighbours.newer(broken.cell, broken.axis))
        passes = next((c for c in newer if self._stands[c.id].word is Word.PASSED), None)
        if passes is None or passes.id in self._accepted:
            return broken
        return replace(broken, kind=Kind.MENDED, beside=passes)

    def _axes(self, cell: Cell) -> tuple[str, ...]:
        """Give the axes along which a cell is new; all of them if each of its values is known."""
        axes = ordered_axes(cell)
        return tuple(a for a in axes if cell.value(a) not in self._known[a]) or axes

    def _decided(self, cell: Cell) -> bool:
        stand = self._stands.get(cell.id)
        undecided = stand is None or stand.word is Word.UNRESOLVED
        return not undecided and cell.id not in self._flaky


def _changes(one: Judged) -> tuple[str, ...]:
    return () if one.before is None else differences(one.before, one.now)


def _fault(group: Sequence[Judged], stands: Mapping[str, Stand]) -> Fault:
    """Make the fault of a group; the cell that is searched is its newest interpreter's."""
    whose = [one for one in group if one.first == one.cell] or group
    one = whose[-1]
    failing = one.first or one.cell
    return Fault(
        axis=one.axis,
        passing=one.beside,
        failing=failing,
        stand=stands[failing.id],
        changes=() if one.axis else _changes(one),
        cells=tuple(each.cell for each in group),
    )
