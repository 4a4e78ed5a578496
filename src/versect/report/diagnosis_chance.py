"""Failures that come by chance: how often, and what only looks as if it mended them (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from versect.model.outcome import Word
from versect.model.study import Part
from versect.report.diagnosis import Evidence, Result, Share, Statement, Weight, listed
from versect.report.diagnosis_trials import context, grouped, ids, numbers, word_of
from versect.search.contingency import interval

TIMES, CHANCES = "logged", "dropped"
"""Of what a reproduction measures: how often the failure came, of how often it could have."""


def share(results: Iterable[Result]) -> Share | None:
    """Add up how often the failure came of how often it could have; None where nobody counted.

    Also None where it came more often than it could: then the two are no share of one another.
    """
    times = chances = 0
    for result in results:
        seen = numbers(result)
        if TIMES in seen and CHANCES in seen and word_of(result).decided:
            times, chances = times + int(seen[TIMES]), chances + int(seen[CHANCES])
    if not chances or times > chances:
        return None
    return _share(times, chances)


def _share(times: int, trials: int) -> Share:
    low, high = interval(times, trials)
    return Share(times=times, trials=trials, low=low, high=high)


def contrasts(evidence: Evidence) -> Iterator[Statement]:
    """Show for what it is an axis that seems to mend a failure which only comes by chance.

    Where the failure comes by chance its rate may differ from value to value, down to nothing in
    as many trials as were made. Among other trials along the same axis, ones in which it comes
    every time tell whether the fault is gone at these values or only seldom seen; of those that
    differ in one thing beside, the likest are taken.
    """
    sweeps = [asked for asked in evidence.sweeps if asked.sweep.part is Part.WHEN]
    for asked in sweeps:
        axis = asked.sweep.vary
        along = [other.results for other in sweeps if other.sweep.vary == axis]
        sure = [
            profile
            for results in (*along, evidence.table)
            for profile in _profiles(axis, results)
            if profile.always
        ]
        for chance in _profiles(axis, asked.results):
            if chance.by_chance:
                nearest = min(filter(chance.like, sure), key=chance.distance, default=None)
                yield _contrast(asked.sweep.name, chance, nearest)


class _Profile:
    """How often the failure comes at each value of an axis, all else being the same."""

    def __init__(
        self, axis: str, others: tuple[tuple[str, str], ...], results: Sequence[Result]
    ) -> None:
        self.axis = axis
        self.context = others
        self.results = results
        self.shares: dict[str, Share] = {}
        counted = share(results)
        for value, mine in grouped(results, lambda r: r[0].probe.cell.value(self.axis)).items():
            decided = [r for r in mine if word_of(r).decided]
            one = share(decided) if counted is not None and counted.times else _failing(decided)
            if one is not None:
                self.shares[value] = one

    @property
    def by_chance(self) -> bool:
        """Whether the failure comes at times, and not alike at all values."""
        rates = {one.rate for one in self.shares.values()}
        return len(rates) > 1 and any(0 < rate < 1 for rate in rates)

    @property
    def always(self) -> bool:
        """Whether the failure comes every time, whatever the value."""
        return bool(self.shares) and all(one.rate == 1 for one in self.shares.values())

    def like(self, other: _Profile) -> bool:
        """Whether another one can be held beside this: one thing differs, of what both have set.

        With more, it might be another failure.
        """
        ours, theirs = dict(self.context), dict(other.context)
        differ = sum(ours[name] != theirs[name] for name in ours.keys() & theirs.keys())
        return differ <= 1 and len(self.shares.keys() & other.shares.keys()) > 1

    def distance(self, other: _Profile) -> int:
        """Count what is not the same."""
        return len(set(self.context) ^ set(other.context))


def _failing(decided: Sequence[Result]) -> Share | None:
    """Give the share of trials that fail: nobody counted anything finer."""
    times = sum(word_of(r) is Word.FAILED for r in decided)
    return _share(times, len(decided)) if decided else None


def _profiles(axis: str, results: Iterable[Result]) -> list[_Profile]:
    groups: dict[tuple[tuple[str, str], ...], list[Result]] = {}
    for result in results:
        cell = result[0].probe.cell
        if axis in dict(context(cell)):
            groups.setdefault(context(cell, axis), []).append(result)
    return [_Profile(axis, others, mine) for others, mine in groups.items()]


def _contrast(sweep: str, chance: _Profile, sure: _Profile | None) -> Statement:
    axis = chance.axis
    seen = listed(f"{one} at {value}" for value, one in chance.shares.items())
    gone = [value for value, one in chance.shares.items() if not one.times]
    if sure is None:
        does = f"{axis} {listed(gone)} mended it" if gone else f"{axis} mattered to the fault"
        return Statement(
            text=f"In the sweep {sweep} the failure comes by chance: {seen} (rates; exact 95 % "
            f"intervals). It looks as if {does}. Whether that is so cannot be told: no trials "
            f"along {axis}, alike but for one thing, always fail.",
            cells=ids(chance.results),
            weight=Weight.CAUTION,
        )
    ours, theirs = dict(chance.context), dict(sure.context)
    differ = [name for name in (ours | theirs) if ours.get(name) != theirs.get(name)]
    here, there = (
        ", ".join(f"{name}={side[name]}" for name in differ if name in side) or "nothing else set"
        for side in (ours, theirs)
    )
    covered = [value for value in chance.shares if value in sure.shares]
    also = [value for value in gone if value in covered]
    looks = (
        f"It only looks as if {axis} {listed(also)} mended the failure"
        if also
        else f"The fault is there at {axis} {listed(covered)} alike"
    )
    open_ = [value for value in chance.shares if value not in covered]
    rest = f"; at {listed(open_)} that was not tried" if open_ else ""
    return Statement(
        text=f"{looks}. With {here} the failure comes by chance: {seen} (rates; exact 95 % "
        f"intervals). With {there} it comes every time: {_tally(sure, covered)}{rest}. So {axis} "
        "changes how often the failure shows, not whether the fault is there.",
        cells=ids((*chance.results, *sure.results)),
        weight=Weight.CAUTION,
    )


def _tally(profile: _Profile, values: Iterable[str]) -> str:
    return listed(
        f"{profile.shares[value].times} of {profile.shares[value].trials} at {value}"
        for value in values
    )
