"""The one model behind every format of a diagnosis: what is said, and which trials say it (pure).

A statement without cells is about what was not asked, and then names the command that asks it.
The words about the subject are the study's (``about``, ``words``); these modules know parts,
sweeps, outcomes, measured numbers and stories of life cycles, whatever they are about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from versect.forensics.timeline import Timeline
from versect.model.cell import Cell
from versect.model.outcome import Outcome, Word
from versect.model.study import Bisection, Study, Sweep
from versect.model.trial import Trial
from versect.search.contingency import Dependence

Result = tuple[Trial, Outcome]


class Weight(StrEnum):
    """What a statement is. The value is what is stored."""

    FOUND = "found"
    CAUTION = "caution"
    """Cells disagree, or something looks like more than it is."""
    MISSING = "missing"
    """It was not asked, or could not be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence, and what it rests on."""

    text: str
    cells: tuple[str, ...] = ()
    """Ids, for ``versect reproduce``."""
    weight: Weight = Weight.FOUND
    command: str = ""
    """Asks what is missing; empty where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A sweep, or the study's table as one, and every finished trial of its cells."""

    sweep: Sweep
    cells: tuple[Cell, ...]
    """All that it has, in order; those without a trial are open."""
    results: tuple[Result, ...]
    """In the order of the cells, repeats of one side by side."""
    command: str
    """Asks it."""

    @property
    def open(self) -> tuple[str, ...]:
        """The ids of cells that have no trial."""
        known = {trial.probe.cell.id for trial, _ in self.results}
        return tuple(cell.id for cell in self.cells if cell.id not in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A search that belongs to the study, and its verdict."""

    search: Bisection
    headline: str
    """Empty where it was not asked."""
    sentences: tuple[str, ...]
    suspects: tuple[str, ...]
    cells: tuple[str, ...]
    """The two sides of the boundary; of a search without one, all that were tried."""
    settled: bool
    """Whether it ended at one release."""
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that a diagnosis is built from."""

    study: Study
    table: tuple[Result, ...]
    """The trials of the study's own table, in the order of its cells."""
    cells: tuple[Cell, ...]
    """The cells of the table, tried or not."""
    sweeps: tuple[Asked, ...]
    searches: tuple[Searched, ...]
    timelines: Mapping[str, Timeline]
    """By cell id."""
    sources: Mapping[str, tuple[str, ...]]
    """The lines of the study's own files, by path below its root."""

    @property
    def results(self) -> Iterator[Result]:
        """Every trial, each once."""
        seen: set[tuple[str, int]] = set()
        for trial, outcome in (*self.table, *(r for a in self.sweeps for r in a.results)):
            key = (trial.probe.cell.id, trial.probe.repeat)
            if key not in seen:
                seen.add(key)
                yield trial, outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How often something happened of how often it could have."""

    times: int
    trials: int
    low: float
    high: float
    """Ends of the exact 95 % interval (Clopper-Pearson)."""

    @property
    def rate(self) -> float:
        """The plain share; 0 where it could not have happened."""
        return self.times / self.trials if self.trials else 0.0

    def __str__(self) -> str:
        """``3 of 5 (60 %; 15 to 95 %)``."""
        return (
            f"{self.times} of {self.trials} "
            f"({percent(self.rate)}; {percent(self.low, sign=False)} to {percent(self.high)})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was seen at one value of a swept axis."""

    value: str
    words: str
    counts: Mapping[Word, int]
    """Trials by outcome."""
    numbers: Mapping[str, tuple[float, float]]
    """The least and the greatest that was measured, by name."""
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often the failure came at one value, as the reproduction counted."""

    others: str
    """What tells these cells from others at the same value; empty where nothing does."""
    value: str
    share: Share
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisFinding:
    """Whether one swept axis matters."""

    sweep: str
    about: str
    axis: str
    rows: tuple[Row, ...]
    rates: tuple[Rate, ...]
    """Empty where the failure came every time or never, or nobody counted."""
    outcomes: Dependence | None
    """Of outcomes on the value; None where nothing was decided."""
    shares: Dependence | None
    """Of the rates on the value; None without rates."""
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Cells that did one thing without an intervention, and what they do with it."""

    before: Word
    after: Word
    cells: tuple[str, ...]
    """Ids, with it."""

    @property
    def change(self) -> str:
        """``failed → passed``."""
        return f"{self.before.shown} → {self.after.shown}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """What one intervention does to the outcome of the same cells without it."""

    value: str
    words: str
    turns: tuple[Turn, ...]
    undecided: tuple[str, ...]
    """Ids of cells that are unresolved with it or without it, or whose repeats disagree."""
    leaves: tuple[str, ...]
    """What was measured to be still wrong in cells that it makes pass, each once."""

    def of(self, before: Word) -> int:
        """Count the cells that did so without it."""
        return sum(len(turn.cells) for turn in self.turns if turn.before is before)

    @property
    def flips(self) -> tuple[Turn, ...]:
        """The turns that change something."""
        return tuple(turn for turn in self.turns if turn.before is not turn.after)

    @property
    def keeps(self) -> tuple[str, ...]:
        """The ids of cells whose outcome stays."""
        return tuple(c for turn in self.turns if turn.before is turn.after for c in turn.cells)

    @property
    def agrees(self) -> bool:
        """Whether cells that did the same without it do the same with it."""
        return len({turn.before for turn in self.turns}) == len(self.turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One sweep of interventions: the first value of its axis is the baseline."""

    sweep: str
    about: str
    axis: str
    baseline: str
    interventions: tuple[Intervention, ...]
    statements: tuple[Statement, ...]


class Standing(StrEnum):
    """How one trial stands after a remedy. The value is what is stored and shown."""

    CURED = "cured"
    """It passes, and what was measured is in order."""
    PASSES = "passes"
    """It passes; nothing was measured that would tell a cure from a cover."""
    HIDDEN = "hidden"
    """The failure does not show, and the fault is still there: a number says so."""
    FAILS = "not cured"
    OTHERWISE = "fails otherwise"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a remedy stands in one column of the table of remedies."""

    standings: Mapping[Standing, tuple[str, ...]]
    """Ids of cells; a cell whose repeats disagree stands under each."""
    reasons: tuple[str, ...]
    """Why hidden, unresolved or otherwise; each once."""

    @property
    def standing(self) -> Standing | None:
        """The one standing of all its cells; None where they disagree or none was tried."""
        return next(iter(self.standings)) if len(self.standings) == 1 else None

    def __str__(self) -> str:
        """``cured``, ``cured 2, not cured 1``, or a dash where nothing was tried."""
        if self.standing is not None:
            return str(self.standing)
        return ", ".join(f"{name} {len(ids)}" for name, ids in self.standings.items()) or "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One value of the axis of remedies, against every mode of the failure."""

    value: str
    words: str
    entries: tuple[Entry, ...]
    """One a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """The table of remedies: one sweep."""

    sweep: str
    about: str
    axis: str
    columns: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    recommended: str
    """A value; empty where none cures anything, or remedies of another axis are recommended."""
    advice: tuple[Statement, ...]
    """What is recommended, in the one table where it is said; the first of the statements."""
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the recorder of life cycles saw in one story, line by line."""

    title: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A diagnosis as every format shows it."""

    study: str
    failure: str
    """What is sought, in words."""
    summary: tuple[Statement, ...]
    when: tuple[Statement, ...]
    axes: tuple[AxisFinding, ...]
    contrasts: tuple[Statement, ...]
    """Axes that look as if they mattered, shown for what they are."""
    why: tuple[Chain, ...]
    where: tuple[Scene, ...]
    how: tuple[Remedies, ...]
    missing: tuple[Statement, ...]
    """What was not asked at all."""
    settings: tuple[str, ...]
    """Engines and interpreters."""


def percent(share: float, *, sign: bool = True) -> str:
    """Give a share in whole per cent, 0 and 100 only where it is: ``37 %``, ``< 1 %``."""
    text = f"{100 * share:.0f}"
    if text == "100" and share < 1:
        text = "> 99"
    if text == "0" and share > 0:
        text = "< 1"
    return f"{text} %" if sign else text


def listed(words: Iterable[str]) -> str:
    """Join words as a sentence does: ``a``, ``a and b``, ``a, b and c``."""
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last
