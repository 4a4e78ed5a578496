"""What is known of a series of releases, and what follows from it (pure).

Whatever a search did, its findings are read off its answers: where neighbouring decided releases
differ there is a transition, and every release between them is a suspect. A search only decides
what is worth asking.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from versect.search.ask import Answer, Ask

Known = dict[int, Answer]
"""What was answered for each place in the series, the oldest release being place 0."""
Asking = Generator[Ask[int], Answer, Answer]

DECIDED = frozenset({Answer.PASSED, Answer.FAILED})


@dataclass(frozen=True, slots=True)
class Transition:
    """Two decided releases that differ, with no decided one between them."""

    last: int
    """The last one before the change."""
    first: int
    """The first one after it."""
    into: Answer
    """What the first one did: FAILED for a fault that appears, PASSED for one that goes."""

    @property
    def suspects(self) -> range:
        """The releases that may have made the change; one alone is the culprit."""
        return range(self.last + 1, self.first + 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring asked releases with one answer."""

    answer: Answer
    first: int
    last: int


def ask(known: Known, place: int) -> Asking:
    """Ask for one place unless its answer is known, and note the answer."""
    if place not in known:
        known[place] = yield Ask(place)
    return known[place]


def transitions(known: Mapping[int, Answer]) -> tuple[Transition, ...]:
    """Give every transition that the answers show, oldest first."""
    decided = [place for place in sorted(known) if known[place] in DECIDED]
    return tuple(
        Transition(last=last, first=first, into=known[first])
        for last, first in itertools.pairwise(decided)
        if known[last] is not known[first]
    )


def stretches(known: Mapping[int, Answer]) -> tuple[Stretch, ...]:
    """Give the answers run by run, oldest first; places never asked lie inside and between."""
    found: list[Stretch] = []
    for place in sorted(known):
        if found and found[-1].answer is known[place]:
            found[-1] = Stretch(known[place], found[-1].first, place)
        else:
            found.append(Stretch(known[place], place, place))
    return tuple(found)


def spoken_of(known: Mapping[int, Answer]) -> range:
    """Give the places from the oldest to the newest decided one: of others nothing is said."""
    decided = [place for place, answer in known.items() if answer in DECIDED]
    return range(min(decided), max(decided) + 1) if decided else range(0)


def gaps(known: Mapping[int, Answer], within: range) -> tuple[range, ...]:
    """Give the places where a window could hide: never asked, between two equal answers.

    Places before the first decided release and behind the last one count too. Places between two
    different answers are suspects, and no gaps; with nothing decided, everything is a gap.

    Args:
        known: The answers.
        within: The places that are looked at.

    """
    suspects = {place for t in transitions(known) for place in t.suspects}
    found: list[range] = []
    for place in within:
        if place in known or place in suspects:
            continue
        if found and found[-1].stop == place:
            found[-1] = range(found[-1].start, place + 1)
        else:
            found.append(range(place, place + 1))
    return tuple(found)
