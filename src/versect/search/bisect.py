"""Which release of a series brought the failure: a search that keeps every suspect.

Without unresolved releases, n releases with both ends given take at most ceil(log2 n) + 2
questions, the ends included. A release that cannot be decided is passed by: the search goes on
beside it with growing strides, so that a block of k such releases costs about log2 k questions, and
what they leave undecided stays a suspect.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final

from versect.search.ask import Answer, Ask, Search
from versect.search.history import History, Kind, Plan, conclusion
from versect.search.series import (
    DECIDED,
    Known,
    Transition,
    ask,
    gaps,
    spoken_of,
    transitions,
)

_PATIENCE: Final = 8
"""Releases asked inside a block whose both edges are unresolved, before all of it is given up."""

Narrowing = Generator[Ask[int], Answer, None]
Ends = tuple[int, int]
"""Two places that differ, beyond which a narrowing did not come."""


def history(plan: Plan) -> Search[int, History]:
    """Find the first failing release, then whatever else the plan asks to look at.

    Yields:
        Places, none twice; the sides of the boundary again with ``repeat`` from 1 on.

    """
    known: Known = {}
    done: set[Ends] = set()
    bad = plan.size - 1 if plan.bad is None else plan.bad
    top = yield from _failing_end(known, bad, 0 if plan.good is None else plan.good)
    if top is None:
        if plan.scan or plan.bad is None:
            most = plan.size if plan.scan else plan.size.bit_length()
            yield from _scan(known, plan.within, Answer.FAILED, most)
            yield from _settle(known, done)
        top = max((place for place, a in known.items() if a is Answer.FAILED), default=None)
    if top is None:
        yield from ask(known, plan.good or 0)
    else:
        high = _first_failing(known, -1)
        low = yield from _passing_end(known, plan.good, high, stride=max(1, bad - high))
        if low is None and plan.good is None:
            older = range(_first_failing(known, -1), top)
            yield from _scan(known, older, Answer.PASSED, plan.size.bit_length())
            low = _last(known, Answer.PASSED, top)
        if low is not None:
            done.add((yield from narrow(known, low, _first_failing(known, low))))
        if known[bad] is Answer.OTHER:
            failing, other = frozenset({Answer.FAILED}), frozenset({Answer.OTHER})
            yield from narrow(known, top, bad, below=failing, above=other)
        yield from _look_beside(known, plan, top, done)
        yield from _check(known, plan, done)
        yield from _settle(known, done)
    found = None if top is None else _leading(known, top)
    unstable, confirmed = yield from _confirm(known, found, plan.confirm)
    return History(
        kind=Kind.UNSTABLE if unstable is not None else conclusion(plan, known, found),
        known=dict(known),
        transition=found,
        transitions=transitions(known),
        unexplored=gaps(known, spoken_of(known)),
        unstable=unstable,
        confirmed=confirmed,
    )


def between(known: Known, low: int, high: int) -> Search[int, Transition]:
    """Find where one answer turns into the other between two places that are known to differ."""
    learnt = dict(known)
    yield from narrow(learnt, low, high)
    inside = [t for t in transitions(learnt) if low <= t.last and t.first <= high]
    return inside[0]


def narrow(
    known: Known,
    low: int,
    high: int,
    *,
    below: frozenset[Answer] = frozenset({Answer.PASSED}),
    above: frozenset[Answer] = frozenset({Answer.FAILED}),
) -> Generator[Ask[int], Answer, Ends]:
    """Ask between two known places that differ until nothing between them can be decided.

    Args:
        known: Is added to.
        low: Answered as in ``below``.
        high: Answered as in ``above``.
        below: Answers that move the lower end.
        above: Answers that move the upper end; anything else leaves a suspect.

    Returns:
        The two places between which nothing more was decided.

    """
    if known[low] not in below:
        below, above = above, below
    fruitless = 0
    while fruitless < _PATIENCE:
        place = _between(known, low, high)
        if place is None:
            break
        inside = _inside_block(known, low, high, place)
        answer = yield from ask(known, place)
        if answer in below:
            low = place
        elif answer in above:
            high = place
        else:
            fruitless += inside
            continue
        fruitless = 0
    return low, high


def _between(known: Known, low: int, high: int) -> int | None:
    """Give the place to ask next between two ends; None when all have been asked.

    Without unresolved places it is the middle. With k of them it lies 2**(k-1) beside their block,
    on the side where more is open, and at most halfway to the end.
    """
    blocked = [place for place in range(low + 1, high) if place in known]
    if not blocked:
        return (low + high) // 2 if high - low > 1 else None
    left, right = blocked[0] - low - 1, high - blocked[-1] - 1
    stride: int = 2 ** (len(blocked) - 1)
    if right > left:
        return blocked[-1] + min(stride, (right + 1) // 2)
    if left:
        return blocked[0] - min(stride, (left + 1) // 2)
    return _middle([place for place in range(low + 1, high) if place not in known], low, high)


def _inside_block(known: Known, low: int, high: int, place: int) -> bool:
    blocked = [p for p in range(low + 1, high) if p in known]
    return bool(blocked) and blocked[0] < place < blocked[-1]


def _middle(places: Sequence[int], low: int, high: int) -> int | None:
    return min(places, key=lambda p: (abs(2 * p - low - high), p), default=None)


def _failing_end(known: Known, bad: int, oldest: int) -> Generator[Ask[int], Answer, int | None]:
    """Find a failing release at the bad end, or before it where that one cannot be decided."""
    answer = yield from ask(known, bad)
    if answer in DECIDED:
        return bad if answer is Answer.FAILED else None
    for place in _strides(bad, -1, oldest):
        answer = yield from ask(known, place)
        if answer is Answer.FAILED:
            return place
        if answer is Answer.PASSED:
            others = frozenset({Answer.FAILED, known[bad]})
            yield from narrow(known, place, bad, above=others)
            return max((p for p, a in known.items() if a is Answer.FAILED), default=None)
    return None


def _passing_end(
    known: Known, good: int | None, high: int, *, stride: int = 1
) -> Generator[Ask[int], Answer, int | None]:
    """Find a passing release before a failing one, by strides that start with ``stride``."""
    passing = _last(known, Answer.PASSED, high)
    if passing is not None:
        return passing
    if good is None:
        for place in _strides(high, -1, 0, first=stride):
            answer = yield from ask(known, place)
            if answer not in DECIDED:
                yield from _up_to_failing(known, place)
            passing = _last(known, Answer.PASSED, high)
            if passing is not None:
                return passing
        good = 0
    answer = yield from ask(known, good)
    if answer in DECIDED:
        return good if answer is Answer.PASSED else None
    undecided = good
    for place in _strides(good, 1, _first_failing(known, good) - 1):
        answer = yield from ask(known, place)
        if answer is Answer.PASSED:
            return place
        if answer is Answer.FAILED:
            break
        undecided = place
    yield from _up_to_failing(known, undecided)
    return _last(known, Answer.PASSED, high)


def _up_to_failing(known: Known, undecided: int) -> Narrowing:
    """Look for a passing release between those that cannot be decided and the failing ones.

    Releases that are too old for the rest of the environment lie below those that pass.
    """
    high = _first_failing(known, undecided)
    low = max(place for place in known if place < high)
    yield from narrow(known, low, high, below=frozenset(Answer) - {Answer.FAILED})


def _strides(start: int, direction: int, end: int, *, first: int = 1) -> list[int]:
    """Give places away from a start at 1, 2, 4, ... times a stride, with the end as the last."""
    found: list[int] = []
    stride = first
    while (start + direction * stride - end) * direction < 0:
        found.append(start + direction * stride)
        stride *= 2
    return [*found, end] if (end - start) * direction > 0 else found


def _scan(known: Known, within: range, sought: Answer, most: int) -> Narrowing:
    """Ask here and there, in the middle of the largest gap first, until one answer is found."""
    for _ in range(most):
        widest = _widest(known, within)
        if sought in known.values() or widest is None:
            return
        yield from ask(known, _middle_of(widest))


def _check(known: Known, plan: Plan, done: set[Ends]) -> Narrowing:
    """Spend the checks where the largest windows could hide."""
    for _ in range(plan.checks):
        widest = _widest(known, spoken_of(known))
        if widest is None:
            return
        yield from _look(known, _middle_of(widest), done)


def _look_beside(known: Known, plan: Plan, top: int, done: set[Ends]) -> Narrowing:
    """Look into other release lines, where version order and publication disagree.

    A fault that came with 5.0.2 may have been carried back into 4.2.10, and 5.0.1 may be free of
    one that came with 4.2.10: of each line that lies on the other side of the boundary in the
    other order, the newest such release is asked.
    """
    found = _leading(known, top)
    if found is None or not plan.ranks:
        return
    asked_for: dict[int, int] = {}
    for place, (line, rank) in enumerate(zip(plan.lines, plan.ranks, strict=True)):
        later = place < found.last and rank > plan.ranks[found.last]
        sooner = found.first < place <= top and rank < plan.ranks[found.first]
        if later or sooner:
            asked_for[line] = place
    for place in asked_for.values():
        yield from _look(known, place, done)
        if known[place] is Answer.FAILED and _last(known, Answer.PASSED, place) is None:
            yield from _passing_end(known, plan.good, place)
            yield from _settle(known, done)


def _look(known: Known, place: int, done: set[Ends]) -> Narrowing:
    """Ask one place and, where it differs from its neighbours, for the edges of what it shows."""
    yield from ask(known, place)
    yield from _settle(known, done)


def _settle(known: Known, done: set[Ends]) -> Narrowing:
    """Narrow every transition that is not narrow yet and was not given up before."""
    while True:
        ends = [(t.last, t.first) for t in transitions(known) if t.first - t.last > 1]
        wide = [pair for pair in ends if pair not in done]
        if not wide:
            return
        done.add(wide[0])
        done.add((yield from narrow(known, *wide[0])))


def _widest(known: Known, within: range) -> range | None:
    """Give the largest gap; of equal ones the newest, since new releases matter more."""
    return max(gaps(known, within), key=lambda gap: (len(gap), gap.start), default=None)


def _middle_of(places: range) -> int:
    return (places.start + places.stop - 1) // 2


def _first_failing(known: Known, low: int) -> int:
    return min(place for place, a in known.items() if a is Answer.FAILED and place > low)


def _last(known: Known, answer: Answer, before: int) -> int | None:
    return max(
        (place for place, a in known.items() if a is answer and place < before), default=None
    )


def _leading(known: Known, high: int) -> Transition | None:
    """Give the newest transition into the failure before the bad end, or failing that out of it."""
    every = transitions(known)
    into = [t for t in every if t.into is Answer.FAILED and t.first <= high]
    return next(reversed(into or every), None)


def _confirm(
    known: Known, found: Transition | None, times: int
) -> Generator[Ask[int], Answer, tuple[int | None, int]]:
    """Ask both sides again; give the place that contradicted itself, and the rounds that agreed."""
    if found is None:
        return None, 0
    for repeat in range(1, times + 1):
        for place in (found.last, found.first):
            answer = yield Ask(place, repeat)
            if answer in DECIDED and answer is not known[place]:
                return place, repeat - 1
    return None, times
