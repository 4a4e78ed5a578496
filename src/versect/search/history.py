"""What a search over a series is asked, and what it concludes (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from versect.search.ask import Answer
from versect.search.series import Transition, transitions


class Kind(StrEnum):
    """What a search over one series concludes. The value is what is stored and shown."""

    FOUND = "found"
    """One release may have brought the failure, and no other."""
    SUSPECTS = "suspects"
    """Several releases may have, since those between could not be decided."""
    TRANSITIONS = "not-monotonic"
    """The failure came and went: there is more than one transition."""
    PASSES = "passes-everywhere"
    """No release asked shows the failure."""
    FAILS = "fails-everywhere"
    """No release asked passes."""
    GOOD_FAILS = "good-fails"
    """The end that was said to pass fails."""
    BAD_PASSES = "bad-passes"
    """The end that was said to fail passes."""
    UNSTABLE = "not-reproducible"
    """One release both passed and failed."""
    OTHER = "another-failure"
    """The bad end fails in another way, and no release asked shows the failure sought."""
    INCONCLUSIVE = "inconclusive"
    """Nothing could be decided where it mattered."""

    @property
    def exit_code(self) -> int:
        """The exit code of a command that concludes so; 0 for found alone."""
        return _EXIT_CODES[self]


_EXIT_CODES: Final = {
    Kind.FOUND: 0,
    Kind.PASSES: 10,
    Kind.BAD_PASSES: 10,
    Kind.FAILS: 11,
    Kind.GOOD_FAILS: 11,
    Kind.INCONCLUSIVE: 12,
    Kind.SUSPECTS: 13,
    Kind.TRANSITIONS: 14,
    Kind.UNSTABLE: 15,
    Kind.OTHER: 16,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is searched, and how far a search goes beyond the boundary itself."""

    size: int
    """Releases in the series."""
    good: int | None
    """The place that passes; None to search for one backwards from the bad end."""
    bad: int | None
    """The place that fails; None for the newest."""
    confirm: int
    """How often each side of the boundary is asked again."""
    checks: int
    """Questions spent, after the boundary is known, on places where a window could hide."""
    scan: bool
    """Whether to look for a window, in any number of questions, when both ends pass."""
    lines: tuple[int, ...] = ()
    """The release line (``2.1``, ``2.2``) of each place, by number; empty where releases were
    published in the order of their versions."""
    ranks: tuple[int, ...] = ()
    """The place of each release in the other order: by publication where the series is in the
    order of versions, by version where it is in the order of publication; empty as above."""

    @property
    def within(self) -> range:
        """The places between the ends."""
        return range(self.good or 0, self.size if self.bad is None else self.bad + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a search found out about a series."""

    kind: Kind
    known: dict[int, Answer]
    transition: Transition | None
    """The newest one that leads into the failure; where none does, the one that leads out of it."""
    transitions: tuple[Transition, ...]
    """All that were seen, oldest first."""
    unexplored: tuple[range, ...]
    """Places where a window could hide: never asked, between two equal answers."""
    unstable: int | None
    """The place that both passed and failed."""
    confirmed: int
    """How often both sides of the transition answered alike again."""


def conclusion(  # noqa: PLR0911 - one return a verdict
    plan: Plan, known: Mapping[int, Answer], found: Transition | None
) -> Kind:
    """Say what the answers of a search come to, its boundary being ``found``."""
    if plan.good is not None and known.get(plan.good) is Answer.FAILED:
        return Kind.GOOD_FAILS
    if plan.bad is not None and known.get(plan.bad) is Answer.PASSED and not plan.scan:
        return Kind.BAD_PASSES
    if found is not None:
        if len(transitions(known)) > 1 or found.into is Answer.PASSED:
            return Kind.TRANSITIONS
        return Kind.FOUND if len(found.suspects) == 1 else Kind.SUSPECTS
    if Answer.FAILED in known.values():
        return Kind.FAILS
    newest = known[plan.size - 1 if plan.bad is None else plan.bad]
    if newest is Answer.OTHER:
        return Kind.OTHER
    return Kind.PASSES if newest is Answer.PASSED else Kind.INCONCLUSIVE
