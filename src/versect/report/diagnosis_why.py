"""Why a study fails: interventions, each against the same cells without it (pure).

That two things come together proves little; that the outcome turns when one thing alone is
changed, and turns in every cell, is what a cause looks like from outside (Pearl 2009, chapter 3:
intervening is not observing).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from versect.model.outcome import Word
from versect.model.study import Part
from versect.report.diagnosis import (
    Asked,
    Chain,
    Intervention,
    Result,
    Standing,
    Statement,
    Turn,
    Weight,
    listed,
)
from versect.report.diagnosis_how import standing
from versect.report.diagnosis_trials import by_value, context, word_of
from versect.report.evidence import counted

Context = tuple[tuple[str, str], ...]


def chains(sweeps: Iterable[Asked]) -> Iterator[Chain]:
    """Say of each sweep of the part "why" what its interventions do."""
    for asked in sweeps:
        if asked.sweep.part is Part.WHY and asked.cells:
            yield _chain(asked)


def _chain(asked: Asked) -> Chain:
    values = by_value(asked)
    baseline, *others = values
    plain = _by_context(asked, values[baseline])
    interventions = tuple(
        _intervention(asked, value, plain, _by_context(asked, values[value])) for value in others
    )
    return Chain(
        sweep=asked.sweep.name,
        about=asked.sweep.about,
        axis=asked.sweep.vary,
        baseline=baseline,
        interventions=interventions,
        statements=tuple(_statements(asked, baseline, plain, interventions)),
    )


def _by_context(asked: Asked, results: Sequence[Result]) -> Mapping[Context, list[Result]]:
    found: dict[Context, list[Result]] = {}
    for result in results:
        found.setdefault(context(result[0].probe.cell, asked.sweep.vary), []).append(result)
    return found


def _intervention(
    asked: Asked,
    value: str,
    plain: Mapping[Context, list[Result]],
    changed: Mapping[Context, list[Result]],
) -> Intervention:
    """Compare each cell with the one that differs from it by the intervention alone."""
    turns: dict[tuple[Word, Word], list[str]] = {}
    undecided: list[str] = []
    leaves: dict[str, None] = {}
    for others, results in changed.items():
        cell = results[0][0].probe.cell.id
        before, after = _agreed(plain.get(others, ())), _agreed(results)
        if before is None or after is None:
            undecided.append(cell)
            continue
        turns.setdefault((before, after), []).append(cell)
        if before is not after and after is Word.PASSED:
            found = map(standing, results)
            leaves |= dict.fromkeys(why for how, why in found if how is Standing.HIDDEN)
    return Intervention(
        value=value,
        words=asked.sweep.meaning(value),
        turns=tuple(
            Turn(before=before, after=after, cells=tuple(cells))
            for (before, after), cells in turns.items()
        ),
        undecided=tuple(undecided),
        leaves=tuple(leaves),
    )


def _agreed(results: Sequence[Result]) -> Word | None:
    """Give the one outcome of all repeats; None where they disagree or do not decide."""
    words = {word_of(result) for result in results}
    return words.pop() if len(words) == 1 and words.isdisjoint({Word.UNRESOLVED}) else None


def _statements(
    asked: Asked,
    baseline: str,
    plain: Mapping[Context, list[Result]],
    interventions: Sequence[Intervention],
) -> Iterator[Statement]:
    if not plain:
        yield Statement(
            text=f"Without its baseline ({asked.sweep.vary}={baseline}) no intervention can be "
            "compared.",
            weight=Weight.MISSING,
            command=asked.command,
        )
        return
    words = [_agreed(results) for results in plain.values()]
    tally = [f"{words.count(word)} {word.shown}" for word in Word if words.count(word)]
    unsure = f", {words.count(None)} undecided" if None in words else ""
    yield Statement(
        text=f"With {asked.sweep.vary}={asked.sweep.worded(baseline)}, the baseline: "
        f"{counted(len(words), 'cell')}, {listed(tally)}{unsure}.",
        cells=tuple(results[0][0].probe.cell.id for results in plain.values()),
    )
    for one in interventions:
        yield from _sentence(asked, one)
    if asked.open:
        yield Statement(
            text=f"{counted(len(asked.open), 'cell')} of the interventions were not asked.",
            weight=Weight.MISSING,
            command=asked.command,
        )


def _sentence(asked: Asked, one: Intervention) -> Iterator[Statement]:
    label = f"{asked.sweep.vary}={asked.sweep.worded(one.value)}"
    if not one.turns and not one.undecided:
        yield Statement(text=f"Not asked: {label}.", weight=Weight.MISSING, command=asked.command)
        return
    if not one.turns:
        yield Statement(
            text=f"What {label} does cannot be told: the cells with it or without it are "
            "undecided.",
            cells=one.undecided,
            weight=Weight.CAUTION,
        )
        return
    does = "the outcome flips" if one.flips else "the outcome does not flip"
    if not one.agrees:
        does = "cells disagree whether the outcome flips"
    turns = "; ".join(
        f"{turn.change} in {len(turn.cells)} of {counted(one.of(turn.before), 'cell')}"
        for turn in (*one.flips, *(turn for turn in one.turns if turn not in one.flips))
    )
    left = f"; what passes is no cure, it leaves {' or '.join(one.leaves)}" if one.leaves else ""
    rest = f"; {counted(len(one.undecided), 'cell')} undecided" if one.undecided else ""
    yield Statement(
        text=f"With {label} {does}: {turns}{left}{rest}.",
        cells=(*(cell for turn in one.turns for cell in turn.cells), *one.undecided),
        weight=Weight.FOUND if one.agrees else Weight.CAUTION,
    )
