"""Whether a swept axis matters: outcomes and counted shares against its values (pure)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from versect.model.outcome import Unresolved, Word
from versect.model.study import Part
from versect.report.diagnosis import (
    Asked,
    AxisFinding,
    Rate,
    Result,
    Row,
    Statement,
    Weight,
    listed,
)
from versect.report.diagnosis_chance import share
from versect.report.diagnosis_trials import by_value, context, grouped, ids, numbers, word_of
from versect.report.evidence import counted
from versect.report.view import gist
from versect.search.contingency import (
    Dependence,
    Method,
    Table,
    cramers_v,
    dependence,
    largest_difference,
    spread,
)

Strata = Mapping[tuple[tuple[str, str], ...], Sequence[tuple[str, str]]]
"""Pairs of value and outcome, by everything else that was varied."""

LEVEL = 0.05
"""P-values up to this are called a dependence; the value itself is always said."""
_LEAST_P = 1e-4
_NAMED = 6
"""Groups of cells that are named one by one."""


def axes(sweeps: Iterable[Asked]) -> Iterator[AxisFinding]:
    """Say of each sweep of the part "when" whether its axis matters."""
    for asked in sweeps:
        if asked.sweep.part is Part.WHEN:
            yield _axis(asked)


def _axis(asked: Asked) -> AxisFinding:
    values = by_value(asked)
    rows = tuple(_row(asked, value, results) for value, results in values.items())
    decided = [r for results in values.values() for r in results if word_of(r).decided]
    strata: dict[tuple[tuple[str, str], ...], list[tuple[str, str]]] = {}
    for result in decided:
        cell = result[0].probe.cell
        key = context(cell, asked.sweep.vary)
        strata.setdefault(key, []).append((cell.value(asked.sweep.vary), word_of(result)))
    outcomes = dependence(strata.values()) if decided else None
    rates = tuple(_rates(asked, decided))
    found = AxisFinding(
        sweep=asked.sweep.name,
        about=asked.sweep.about,
        axis=asked.sweep.vary,
        rows=rows,
        rates=rates,
        outcomes=outcomes,
        shares=_shares(rates, decided, asked.sweep.vary),
        statements=(),
    )
    return replace(found, statements=tuple(_axis_statements(asked, found, values, strata)))


def _row(asked: Asked, value: str, results: Sequence[Result]) -> Row:
    measured: dict[str, list[float]] = {}
    for result in results:
        for name, number in numbers(result).items():
            measured.setdefault(name, []).append(number)
    return Row(
        value=value,
        words=asked.sweep.meaning(value),
        counts=Counter(word_of(result) for result in results),
        numbers={name: (min(found), max(found)) for name, found in measured.items()},
        cells=ids(results),
    )


def _rates(asked: Asked, decided: Sequence[Result]) -> Iterator[Rate]:
    """Give the rates of groups of like cells in which the failure came at times."""
    axis = asked.sweep.vary
    groups: dict[tuple[tuple[str, str], ...], list[Result]] = {}
    for result in decided:
        groups.setdefault(context(result[0].probe.cell, axis), []).append(result)
    for key, results in groups.items():
        others = ", ".join(f"{n}={v}" for n, v in key if _varies(groups, n))
        values = grouped(results, lambda r: r[0].probe.cell.value(axis))
        shares = {value: (share(mine), ids(mine)) for value, mine in values.items()}
        if any(one is not None and 0 < one.rate < 1 for one, _ in shares.values()):
            for value, (one, cells) in shares.items():
                if one is not None:
                    yield Rate(others=others, value=value, share=one, cells=cells)


def _shares(rates: Sequence[Rate], results: Iterable[Result], axis: str) -> Dependence | None:
    """Test whether rates depend on the value, a trial's own rate being one number.

    What one process counts is no series of independent chances, so that the trial is the unit.
    """
    if not rates:
        return None
    cells = {cell for rate in rates for cell in rate.cells}
    strata: dict[tuple[tuple[str, str], ...], list[tuple[str, float]]] = {}
    for result in results:
        cell, one = result[0].probe.cell, share([result])
        if cell.id in cells and one is not None:
            strata.setdefault(context(cell, axis), []).append((cell.value(axis), one.rate))
    method, p = spread(strata.values())
    pooled = Table(
        values=tuple(f"{rate.others} {rate.value}" for rate in rates),
        outcomes=("came", "did not"),
        counts=tuple((r.share.times, r.share.trials - r.share.times) for r in rates),
    )
    return Dependence(
        method=method,
        p=p,
        v=None if method is Method.CONSTANT else cramers_v(pooled),
        missed=largest_difference(pooled),
        trials=sum(map(len, strata.values())),
    )


def _axis_statements(
    asked: Asked,
    found: AxisFinding,
    values: Mapping[str, Sequence[Result]],
    strata: Strata,
) -> Iterator[Statement]:
    decided = [r for results in values.values() for r in results if word_of(r).decided]
    tried = [value for value, results in values.items() if any(word_of(r).decided for r in results)]
    if found.outcomes is None:
        yield Statement(
            text=f"Whether {found.axis} matters cannot be told: nothing was decided.",
            weight=Weight.MISSING,
            command=asked.command,
        )
    elif len(tried) < 2:
        yield Statement(
            text=f"Whether {found.axis} matters cannot be told: only {listed(tried)} was decided.",
            cells=ids(decided),
            weight=Weight.MISSING,
            command=asked.command if asked.open else "",
        )
    else:
        yield Statement(
            text=_outcome_sentence(asked, found, tried, strata),
            cells=ids(decided),
            weight=Weight.FOUND,
        )
    if found.shares is not None:
        cells = dict.fromkeys(cell for rate in found.rates for cell in rate.cells)
        yield Statement(text=_share_sentence(found, found.shares), cells=tuple(cells))
    lost = [r for results in values.values() for r in results if not word_of(r).decided]
    for cause, results in grouped(lost, _cause).items():
        at = listed(dict.fromkeys(t.probe.cell.value(found.axis) for t, _ in results))
        yield Statement(
            text=f"With {found.axis}={at}, {counted(len(ids(results)), 'cell')} could not be "
            f"decided: {cause}.",
            cells=ids(results),
            weight=Weight.CAUTION,
        )
    if asked.open:
        yield Statement(
            text=f"{counted(len(asked.open), 'cell')} of this sweep were not asked.",
            weight=Weight.MISSING,
            command=asked.command,
        )


def _outcome_sentence(
    asked: Asked, found: AxisFinding, tried: Sequence[str], strata: Strata
) -> str:
    """Say whether outcomes depend on the axis, and how much could have been overlooked."""
    test, axis = found.outcomes, found.axis
    assert test is not None  # noqa: S101 - the caller's promise
    words = {outcome for pairs in strata.values() for _, outcome in pairs}
    bound = (
        f"with {counted(test.trials, 'trial')} a difference between two values of up to "
        f"{math.ceil(100 * test.missed)} percentage points is not excluded, at 95 % confidence"
    )
    if len(words) == 1:
        return (
            f"All {counted(test.trials, 'trial')}, at {axis} {listed(tried)}, {_did(*words)}: no "
            f"dependence on {axis} can be seen (p = 1; {bound})."
        )
    if test.method is Method.CONSTANT:
        return (
            f"Cells that differ in {axis} alone do the same ({_groups(strata)}): no dependence on "
            f"{axis} can be seen (p = 1; {bound})."
        )
    seen = "; ".join(f"{row.value}: {_counts(row)}" for row in found.rows if row.counts)
    seen += _where_it_matters(strata)
    strength = "" if test.v is None else f", Cramer's V {test.v:.2f}"
    numbers = f"{test.method} test, p {_p(test.p)}{strength}"
    if test.p <= LEVEL:
        many = counted(test.trials, "trial")
        return f"The outcome depends on {axis} ({numbers}, {many}): {seen}."
    repeats = Counter(result[0].probe.cell.id for result in asked.results)
    said = f"({numbers}; {bound})"
    if max(repeats.values()) == 1:
        return (
            f"Outcomes differ along {axis}: {seen}. One trial of each cell cannot tell such a "
            f"difference from chance {said}."
        )
    alike = len({(r[0].probe.cell.id, word_of(r)) for r in asked.results}) == len(repeats)
    kept = ", though every cell that was asked again answered alike" if alike else ""
    return (
        f"Outcomes differ along {axis}: {seen}. Chance alone could make such a difference "
        f"{said}{kept}."
    )


def _groups(strata: Strata) -> str:
    """Say what each group of like cells does: ``mode=reused: fail``, many as their number."""
    if len(strata) > _NAMED:
        return f"{len(strata)} groups of cells alike in all else"
    return "; ".join(f"{_label(strata, key)}: {_did(pairs[0][1])}" for key, pairs in strata.items())


def _label(strata: Strata, key: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name}={value}" for name, value in key if _varies(strata, name))


def _where_it_matters(strata: Strata) -> str:
    """Say among which cells values disagree, where it is not among all."""
    differ = [key for key, pairs in strata.items() if len({outcome for _, outcome in pairs}) > 1]
    if len(differ) in (0, len(strata)):
        return ""
    if len(differ) > _NAMED:
        where = f"in {len(differ)} of {len(strata)} groups of cells alike in all else"
    else:
        where = f"with {' or with '.join(_label(strata, key) for key in differ)}"
    return f". Outcomes differ only {where}"


def _varies(groups: Iterable[tuple[tuple[str, str], ...]], axis: str) -> bool:
    return len({dict(key).get(axis) for key in groups}) > 1


def _share_sentence(found: AxisFinding, test: Dependence) -> str:
    strength = "" if test.v is None else f", Cramer's V {test.v:.2f}"
    verdict = (
        f"No dependence of the rate on {found.axis} can be seen"
        if test.p > LEVEL
        else f"How often the failure comes depends on {found.axis}"
    )
    return (
        f"{verdict} ({test.method} test of {counted(test.trials, 'trial')}, p {_p(test.p)}"
        f"{strength}; the intervals take each chance to be independent, the test does not)."
    )


def _counts(row: Row) -> str:
    return ", ".join(f"{word.shown} {count}" for word, count in row.counts.items())


def _did(word: str) -> str:
    return {Word.PASSED: "pass", Word.FAILED: "fail", Word.OTHERWISE: "fail in another way"}[
        Word(word)
    ]


def _cause(result: Result) -> str:
    outcome = result[1]
    if not isinstance(outcome, Unresolved):
        return ""
    return f"{outcome.cause}: {gist(outcome.detail)}" if outcome.detail else str(outcome.cause)


def _p(p: float) -> str:
    return f"= {p:.2g}" if p >= _LEAST_P else f"< {_LEAST_P:g}"
