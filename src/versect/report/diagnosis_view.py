"""Puts a diagnosis together from its parts, and says what is missing for the rest of it (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from versect.model.outcome import Word
from versect.model.study import Part
from versect.report.diagnosis import (
    Chain,
    Diagnosis,
    Evidence,
    Statement,
    Weight,
    listed,
)
from versect.report.diagnosis_axes import axes
from versect.report.diagnosis_chance import contrasts
from versect.report.diagnosis_how import remedies
from versect.report.diagnosis_trials import ids, word_of
from versect.report.diagnosis_when import verdict, when
from versect.report.diagnosis_where import scenes
from versect.report.diagnosis_why import chains
from versect.report.evidence import counted
from versect.report.view import sought_words

_QUESTIONS = {
    Part.WHEN: "whether an axis matters",
    Part.WHY: "why it fails",
    Part.HOW: "what cures it",
}
_EXAMPLES = {
    Part.WHEN: 'part = "when", vary = the axis in question',
    Part.WHY: 'part = "why", vary = a parameter whose first value changes nothing and whose other '
    "values each change one thing",
    Part.HOW: 'part = "how", vary = a parameter whose values are remedies',
}


def diagnosis(evidence: Evidence) -> Diagnosis:
    """Say everything that the evidence supports, and what was not asked."""
    told = [asked for asked in evidence.sweeps if asked.results]
    found_axes = tuple(axes(told))
    found_contrasts = tuple(contrasts(evidence))
    found_chains = tuple(chains(told))
    found_remedies = tuple(remedies(told))
    found_when = tuple(when(evidence))
    found_scenes = tuple(scenes(evidence))
    return Diagnosis(
        study=evidence.study.name,
        failure=sought_words(evidence.study.symptom),
        summary=(
            *_counts(evidence),
            *(verdict(searched) for searched in evidence.searches if searched.settled),
            *found_contrasts,
            *_causes(found_chains),
            *(scene.statements[0] for scene in found_scenes[:1]),
            *(statement for table in found_remedies for statement in table.advice),
        ),
        when=found_when,
        axes=found_axes,
        contrasts=found_contrasts,
        why=found_chains,
        where=found_scenes,
        how=found_remedies,
        missing=tuple(_missing(evidence)),
        settings=tuple(_settings(evidence)),
    )


def _counts(evidence: Evidence) -> Iterator[Statement]:
    """Say how much was asked, and whether what was asked again answered alike."""
    results = tuple(evidence.results)
    if not results:
        return
    counts = Counter(map(word_of, results))
    tally = listed(f"{counts[word]} {word.shown}" for word in Word if counts[word])
    yield Statement(
        text=f"{counted(len(ids(results)), 'cell')}, {counted(len(results), 'trial')}: {tally}.",
        cells=ids(results),
    )
    again = ids((trial, outcome) for trial, outcome in results if trial.probe.repeat)
    if again:
        agree = len(_agreeing(evidence))
        yield Statement(
            text=f"{counted(len(again), 'cell')} were asked more than once; {agree} of them "
            "answered alike each time.",
            cells=again,
            weight=Weight.FOUND if agree == len(again) else Weight.CAUTION,
        )


def _causes(why: Sequence[Chain]) -> Iterator[Statement]:
    """Say which single changes turn the outcome wherever they were tried."""
    for chain in why:
        sure = [one for one in chain.interventions if one.flips and one.agrees]
        for change in dict.fromkeys(turn.change for one in sure for turn in one.flips):
            alike = [(one, turn) for one in sure for turn in one.flips if turn.change == change]
            names = "; ".join(one.words or f"{chain.axis}={one.value}" for one, _ in alike)
            alone = "Each of these alone" if len(alike) > 1 else "This alone"
            yield Statement(
                text=f"{alone} turns {change} wherever it was tried: {names}.",
                cells=tuple(cell for _, turn in alike for cell in turn.cells),
            )


def _agreeing(evidence: Evidence) -> tuple[str, ...]:
    """Give the cells whose repeats all came to one outcome."""
    words: dict[str, set[Word]] = {}
    repeats: Counter[str] = Counter()
    for result in evidence.results:
        cell = result[0].probe.cell.id
        words.setdefault(cell, set()).add(word_of(result))
        repeats[cell] += 1
    return tuple(cell for cell, seen in words.items() if repeats[cell] > 1 and len(seen) == 1)


def _missing(evidence: Evidence) -> Iterator[Statement]:
    """Say what was not asked and how it is asked; what is partly asked says so where it stands."""
    tried = {trial.probe.cell.id for trial, _ in evidence.table}
    left = [cell.id for cell in evidence.cells if cell.id not in tried]
    if left:
        yield Statement(
            text=f"{counted(len(left), 'cell')} of the table of {len(evidence.cells)}",
            weight=Weight.MISSING,
            command=f"versect run {evidence.study.name}",
        )
    for asked in evidence.sweeps:
        if not asked.results:
            many = f", {counted(len(asked.cells), 'cell')}" if asked.cells else ""
            yield Statement(
                text=f"{asked.sweep.name}: {asked.sweep.about}{many}",
                weight=Weight.MISSING,
                command=asked.command,
            )
    for searched in evidence.searches:
        if not (searched.headline or searched.sentences):
            yield Statement(
                text=searched.search.about, weight=Weight.MISSING, command=searched.command
            )
    for part, question in _QUESTIONS.items():
        if not any(asked.sweep.part is part for asked in evidence.sweeps):
            yield Statement(
                text=f"{question}: the study has no sweep for it; give it one: [sweeps.NAME] with "
                f"{_EXAMPLES[part]}",
                weight=Weight.MISSING,
            )
    if not evidence.timelines:
        yield Statement(
            text="where, line by line: no trial was made with the recorder of life cycles",
            weight=Weight.MISSING,
            command=f"versect trace {evidence.study.name}",
        )
    if not evidence.searches:
        yield Statement(
            text="the first failing release: the study has no [[searches]]; one is found by",
            weight=Weight.MISSING,
            command=f"versect bisect {evidence.study.name}",
        )


def _settings(evidence: Evidence) -> Iterator[str]:
    found: dict[str, None] = {}
    for trial, _ in evidence.results:
        if trial.setting.version is not None:
            where = trial.setting.interpreter or "unknown"
            found[f"{trial.setting.engine}, Python {trial.setting.version}, {where}"] = None
    yield from found
