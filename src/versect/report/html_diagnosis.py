"""A stored diagnosis as the page shows it (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from versect.model.outcome import Word

_CELLS: Final = 12
"""Cells that are named behind a sentence; all of them are in ``diagnosis.json``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence and what it rests on."""

    text: str
    weight: str
    """``found``, ``caution``, ``missing``."""
    cells: tuple[str, ...]
    more: int
    """Cells that are not named."""
    command: str
    """Asks what is missing; empty where nothing is."""

    @property
    def count(self) -> int:
        """How many cells say so."""
        return len(self.cells) + self.more


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How often something happened, with the ends of its interval, in per cent."""

    words: str
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was seen at one value of an axis."""

    value: str
    words: str
    counts: tuple[tuple[str, int], ...]
    share: Share | None
    numbers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Whether one axis matters."""

    about: str
    axis: str
    rows: tuple[Row, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """What one change does to the outcome of the same cells without it."""

    value: str
    words: str
    flips: tuple[tuple[str, int], ...]
    keeps: int
    undecided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A sweep of interventions."""

    about: str
    axis: str
    baseline: str
    interventions: tuple[Intervention, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a remedy stands in one column."""

    look: str
    """``passed``, ``failed``, ``otherwise``, ``unresolved``, ``open``: the colour of the cell."""
    words: str
    reasons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A row of the table of remedies."""

    value: str
    words: str
    recommended: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """A table of remedies."""

    about: str
    axis: str
    columns: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A diagnosis, in the order in which it is read."""

    summary: tuple[Said, ...]
    when: tuple[Said, ...]
    axes: tuple[Axis, ...]
    contrasts: tuple[Said, ...]
    why: tuple[Chain, ...]
    where: tuple[tuple[str, tuple[Said, ...]], ...]
    how: tuple[Remedies, ...]
    missing: tuple[Said, ...]


_LOOKS: Final = {
    "cured": "passed",
    "passes": "passed",
    "hidden": "otherwise",
    "not cured": "failed",
    "fails otherwise": "otherwise",
    "unresolved": "unresolved",
}


def diagnosis_of(document: Mapping[str, Any]) -> Diagnosis:
    """Make a diagnosis of its ``diagnosis.json``.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: It is none that this version wrote.

    """
    when = document["when"]
    return Diagnosis(
        summary=_said(document["summary"]),
        when=_said(when["statements"]),
        axes=tuple(map(_axis, when["axes"])),
        contrasts=_said(when["contrasts"]),
        why=tuple(map(_chain, document["why"])),
        where=tuple((one["title"], _said(one["statements"])) for one in document["where"]),
        how=tuple(map(_remedies, document["how"])),
        missing=_said(document["missing"]),
    )


def _said(rows: Sequence[Mapping[str, Any]]) -> tuple[Said, ...]:
    return tuple(
        Said(
            text=row["text"],
            weight=row["weight"],
            cells=tuple(row["cells"][:_CELLS]),
            more=max(0, len(row["cells"]) - _CELLS),
            command=row.get("command", ""),
        )
        for row in rows
    )


def _axis(found: Mapping[str, Any]) -> Axis:
    return Axis(
        about=found["about"],
        axis=found["axis"],
        rows=tuple(map(_row, found["rows"])),
        said=_said(found["statements"]),
    )


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        value=row["value"],
        words=row["words"],
        counts=tuple((Word(word).shown, int(count)) for word, count in row["counts"].items()),
        share=None if row["share"] is None else _share(row["share"]),
        numbers=tuple((name, _range(*ends)) for name, ends in row["numbers"].items()),
    )


def _share(share: Mapping[str, Any]) -> Share:
    times, trials = share["times"], share["trials"]
    return Share(
        words=f"{times:g} of {trials:g}",
        rate=round(100 * times / trials, 1) if trials else 0.0,
        low=round(100 * share["low"], 1),
        high=round(100 * share["high"], 1),
    )


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _chain(found: Mapping[str, Any]) -> Chain:
    return Chain(
        about=found["about"],
        axis=found["axis"],
        baseline=found["baseline"],
        interventions=tuple(
            Intervention(
                value=one["value"],
                words=one["words"],
                flips=tuple((turn, len(cells)) for turn, cells in one["flips"].items()),
                keeps=len(one["keeps"]),
                undecided=len(one["undecided"]),
            )
            for one in found["interventions"]
        ),
        said=_said(found["statements"]),
    )


def _remedies(found: Mapping[str, Any]) -> Remedies:
    return Remedies(
        about=found["about"],
        axis=found["axis"],
        columns=tuple(found["columns"]),
        remedies=tuple(
            Remedy(
                value=one["value"],
                words=one["words"],
                recommended=one["value"] == found["recommended"],
                entries=tuple(map(_entry, one["entries"])),
            )
            for one in found["remedies"]
        ),
        said=_said(found["statements"]),
    )


def _entry(entry: Mapping[str, Any]) -> Entry:
    standings = {str(name): len(cells) for name, cells in entry["standings"].items()}
    alone = next(iter(standings)) if len(standings) == 1 else ""
    looks = {_LOOKS.get(name, "open") for name in standings}
    words = ", ".join(f"{name} {count}" for name, count in standings.items())
    return Entry(
        look=looks.pop() if len(looks) == 1 else "open" if not looks else "otherwise",
        words=alone or words or "–",
        reasons="; ".join(entry["reasons"]),
    )
