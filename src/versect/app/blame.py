"""Which of the projects that two environments hold differently bring the failure.

Every mix of the two sides is resolved anew: what is taken from the failing side is pinned, and the
rest stays at the passing side's releases wherever the resolver finds that possible. No lock is
ever put together by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from versect.app.counterfactual import lock_changes
from versect.app.inquiry import Inquiry, plain
from versect.app.laboratory import ReleaseOf
from versect.app.repeats import Lift, at_its_word, single, typical
from versect.model.cell import Cell
from versect.model.outcome import Failed, Passed
from versect.model.verdict import Change, Step
from versect.search.ask import Search
from versect.search.ddmin import Minimal, minimise
from versect.select.period import cut_off as period
from versect.source.pinned import Difference, Pinned, differences

_PAGES: Final = 4
"""Pages of an index that are asked for at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is compared."""

    base: Cell
    """What all mixes are like; its own pins are kept, and what it needs."""
    good: Pinned
    """The side that is said to pass."""
    bad: Pinned
    """The side that is said to fail."""
    cut_off: datetime | None
    """No mix uses anything published later (UTC)."""

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The projects that the two hold differently, by name."""
        return differences(self.good, self.bad)

    def mix(self, chosen: Collection[int]) -> Cell:
        """Give the cell of the passing side with some of the differences applied."""
        taken = [self.differences[number] for number in sorted(chosen)]
        return self._with({d.project: d.bad for d in taken})

    def without(self, chosen: Collection[int], project: NormalizedName) -> Cell:
        """Give such a mix in which one project is neither pinned nor kept: it is searched."""
        taken = [self.differences[number] for number in sorted(chosen)]
        return self._with({**{d.project: d.bad for d in taken}, project: None})

    def _with(self, taken: dict[NormalizedName, Version | None]) -> Cell:
        pinned = ((name, version) for name, version in taken.items() if version is not None)
        kept = tuple(pin for pin in self.good.releases if pin[0] not in taken)
        pins = replace(
            self.base.pins,
            releases=(*self.base.pins.releases, *pinned),
            preferred=kept,
            cut_off=self.cut_off,
        )
        return replace(self.base, pins=pins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """What a comparison of two sides found."""

    good: Step
    bad: Step
    differences: tuple[Difference, ...]
    minimal: Minimal | None
    """Which differences bring the failure; None where the sides are not as they were said to be."""
    moved: tuple[Change, ...]
    """What the resolver had to change beside them."""
    culprit: Step | None
    """The trial of the passing side with only these differences applied."""
    altered: tuple[tuple[Change, ...], tuple[Change, ...]]
    """What the passing and the failing side had installed otherwise than they say, since it cannot
    be had so."""

    @property
    def guilty(self) -> tuple[Difference, ...]:
        """The differences of the minimal set."""
        chosen = () if self.minimal is None else self.minimal.changes
        return tuple(self.differences[number] for number in chosen)


def blame(sides: Sides, inquiry: Inquiry, *, budget: int, lift: Lift = at_its_word) -> Blame:
    """Find a minimal set of changed projects by delta debugging (Zeller and Hildebrandt 2002).

    Costs the two sides' trials, then about 2 log2 n mixes for one guilty project among n; at most
    ``budget``. With a ``lift`` that repeats, each of them several trials.
    """
    found = sides.differences
    passing = _decided(sides, (), inquiry, lift)
    failing = _decided(sides, tuple(range(len(found))), inquiry, lift)
    as_said = isinstance(passing.outcome, Passed) and isinstance(failing.outcome, Failed)
    had = (altered(sides.good, passing), altered(sides.bad, failing))
    if not as_said or not found:
        return Blame(
            good=passing,
            bad=failing,
            differences=found,
            minimal=None,
            moved=(),
            culprit=None,
            altered=had,
        )
    groups = _ranked(found, failing)
    minimal = inquiry.search(
        lambda: lift(minimise(len(found), groups=groups, budget=budget)), sides.mix, plain
    )
    minimal = _apart(sides, minimal, passing, inquiry, budget, lift)
    culprit = _decided(sides, minimal.changes, inquiry, lift)
    return Blame(
        good=passing,
        bad=failing,
        differences=found,
        minimal=minimal,
        moved=_moved(passing, culprit, found, minimal.changes),
        culprit=culprit,
        altered=had,
    )


def installed(step: Step, source: str) -> Pinned:
    """Give what a trial had installed as a side of a comparison."""
    packages = step.trial.setting.packages
    releases = tuple((canonicalize_name(name), Version(version)) for name, version in packages)
    return Pinned(source=source, releases=releases, notes=())


def newest(pins: Collection[tuple[NormalizedName, Version]], of: ReleaseOf) -> datetime | None:
    """Give when the newest of some releases had been published (UTC).

    Costs one index request a project. None where the index does not tell it of every one.
    """
    with ThreadPoolExecutor(_PAGES, thread_name_prefix="versect-index") as pool:
        found = list(pool.map(lambda pin: of(*pin), pins))
    known = [release for release in found if release is not None]
    return period("", known) if len(known) == len(found) else None


def _decided(sides: Sides, chosen: tuple[int, ...], inquiry: Inquiry, lift: Lift) -> Step:
    """Decide one mix, and give a trial that did what was decided."""
    answer = inquiry.search(lambda: lift(single(chosen)), sides.mix, plain)
    return typical(inquiry, sides.mix(chosen), answer, plain)


def _apart(  # noqa: PLR0913, PLR0917 - what was found, and who tries further
    sides: Sides,
    minimal: Minimal,
    passing: Step,
    inquiry: Inquiry,
    budget: int,
    lift: Lift,
) -> Minimal:
    """Put what the resolver moved along in the place of what moved it, where it suffices alone."""
    found = sides.differences

    def changed(step: Step) -> frozenset[str]:
        every = lock_changes(passing.trial, step.trial, but="")
        return frozenset(change.project for change in every)

    while minimal.asked < budget:
        every = changed(inquiry.note(sides.mix(minimal.changes)))
        along = [
            number
            for number, difference in enumerate(found)
            if difference.project in every and number not in minimal.changes
        ]
        if not along:
            break
        alone = _decided(sides, tuple(along), inquiry, lift)
        if not isinstance(alone.outcome, Failed) or not changed(alone) < every:
            break
        rest = budget - minimal.asked - 1

        def mix(chosen: Collection[int], among: Sequence[int] = along) -> Cell:
            return sides.mix([among[number] for number in chosen])

        search = partial(minimise, len(along), budget=rest)
        fewer = inquiry.search(partial(_lifted, lift, search), mix, plain)
        minimal = Minimal(
            changes=tuple(along[n] for n in fewer.changes),
            proven=fewer.proven,
            undecided=tuple(along[n] for n in fewer.undecided),
            asked=minimal.asked + 1 + fewer.asked,
        )
    return minimal


def _lifted(
    lift: Lift, search: Callable[[], Search[tuple[int, ...], Minimal]]
) -> Search[tuple[int, ...], Minimal]:
    return lift(search())


def _ranked(found: Sequence[Difference], failing: Step) -> tuple[tuple[int, ...], ...]:
    """Put the projects first whose code the failure went through, the innermost frame's first."""
    frames = [
        canonicalize_name(frame.file.partition("/")[0].removesuffix(".py"))
        for failure in failing.trial.observation.failures
        for link in failure.chain
        for frame in reversed(link.frames)
    ]

    def distance(number: int) -> tuple[int, int]:
        project = found[number].project
        return (frames.index(project) if project in frames else len(frames), number)

    return tuple((number,) for number in sorted(range(len(found)), key=distance))


def altered(one: Pinned, step: Step) -> tuple[Change, ...]:
    """Give what a side's trial had at another release than the side says."""
    had = {name: Version(version) for name, version in step.trial.setting.packages}
    return tuple(
        Change(project=name, before=str(version), after=str(had.get(name, "")))
        for name, version in one.releases
        if had and had.get(name) != version
    )


def _moved(
    passing: Step, culprit: Step, found: Sequence[Difference], chosen: Collection[int]
) -> tuple[Change, ...]:
    """Give what the resolver changed beside the differences that were applied."""
    applied = {found[number].project for number in chosen}
    every = lock_changes(passing.trial, culprit.trial, but="")
    return tuple(change for change in every if change.project not in applied)
