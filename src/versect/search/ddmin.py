"""Which of many changes bring the failure: delta debugging (Zeller and Hildebrandt 2002, fig. 3).

Two things are added. Changes come in groups, the most suspicious first: whole groups are tried
before their members, and the first chunks double in size as suspicion falls (1, 1, 2, 4, 8 ...), so
that a good guess costs little and a bad one a logarithm. And a part of what passes is taken to pass
too until nothing more can be taken away; then every single removal is asked, whatever was taken for
granted. One culprit among n changes takes about 2 log2 n questions (at most 3 log2 n), k that are
needed together about 2 k log2 n; at worst, when most cannot be decided, it grows with the square of
n.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from versect.search.ask import Answer, Ask, Search

Changes = tuple[int, ...]
"""Ascending."""
Item = tuple[int, ...]
"""Changes that are kept or taken away together."""
Chunk = tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimal:
    """A set of changes that brings the failure, as small as the questions allowed."""

    changes: Changes
    proven: bool
    """Whether every change was taken away alone, and none of these sets is known to fail. If not,
    the budget was spent before."""
    undecided: Changes
    """Those without which nobody can tell whether the failure appears: it may not need them."""
    asked: int


def minimise(
    size: int, *, groups: Sequence[Sequence[int]] = (), budget: int
) -> Search[Changes, Minimal]:
    """Find a set of changes that brings the failure, and no longer does without any one of them.

    Args:
        size: How many changes there are, at least one. It is known that nothing applied passes
            and that everything applied fails.
        groups: Changes that belong together, the most suspicious first, and likewise inside each
            group. What is in no group comes after them, each change alone.
        budget: The most questions.

    Yields:
        Changes to apply, no set twice. ``OTHER`` and ``UNRESOLVED`` both mean that nobody can
        tell.

    Raises:
        ValueError: There are no changes, or a group names one that is not there or named before.

    """
    questions = _Questions(size, budget)
    kept = yield from _reduced(questions, _items(size, groups))
    if any(len(item) > 1 for item in kept):
        kept = yield from _reduced(questions, tuple((change,) for item in kept for change in item))
    chunks: list[Chunk] = [(item,) for item in kept]
    while len(fewer := (yield from _without(questions, chunks, trusting=False))) < len(chunks):
        chunks = fewer
    return questions.conclusion(_union(chunks))


class _Questions:
    """The answers so far: asks nothing twice, and nothing at all once the budget is spent."""

    def __init__(self, size: int, budget: int) -> None:
        self._answers = {frozenset[int](): Answer.PASSED, frozenset(range(size)): Answer.FAILED}
        self._asked = 0
        self._budget = budget

    def fails(self, chunks: Sequence[Chunk], *, trusting: bool) -> Search[Changes, bool]:
        """Give whether these changes are known to bring the failure, asking if need be.

        ``trusting`` spares a question where more changes passed.
        """
        changes = _union(chunks)
        if changes not in self._answers:
            if self._asked >= self._budget or (trusting and self._more_passed(changes)):
                return False
            self._asked += 1
            self._answers[changes] = yield Ask(tuple(sorted(changes)))
        return self._answers[changes] is Answer.FAILED

    def conclusion(self, changes: frozenset[int]) -> Minimal:
        """Give what is known of a set that fails."""
        without = {change: self._answers.get(changes - {change}) for change in sorted(changes)}
        unclear = (Answer.OTHER, Answer.UNRESOLVED)
        return Minimal(
            changes=tuple(without),
            proven=None not in without.values(),
            undecided=tuple(change for change, answer in without.items() if answer in unclear),
            asked=self._asked,
        )

    def _more_passed(self, changes: frozenset[int]) -> bool:
        return any(
            answer is Answer.PASSED and changes < more for more, answer in self._answers.items()
        )


def _reduced(questions: _Questions, items: Chunk) -> Search[Changes, Chunk]:
    """Give some of the items that together fail as all of them do."""
    chunks = list(_doubling(items))
    while True:
        alone = yield from _alone(questions, chunks)
        if alone is not None:
            chunks = list(_halves(alone))
            continue
        chunks = yield from _without(questions, chunks, trusting=True)
        if all(len(chunk) == 1 for chunk in chunks):
            return tuple(item for chunk in chunks for item in chunk)
        chunks = [half for chunk in chunks for half in _halves(chunk)]


def _alone(questions: _Questions, chunks: Sequence[Chunk]) -> Search[Changes, Chunk | None]:
    """Give the first of several chunks that fails by itself."""
    for chunk in chunks if len(chunks) > 1 else ():
        if (yield from questions.fails([chunk], trusting=True)):
            return chunk
    return None


def _without(
    questions: _Questions, chunks: Sequence[Chunk], *, trusting: bool
) -> Search[Changes, list[Chunk]]:
    """Take away, the least suspicious first, every chunk without which the rest fails too."""
    kept = list(chunks)
    for chunk in reversed(chunks):
        rest = [other for other in kept if other is not chunk]
        if (yield from questions.fails(rest, trusting=trusting)):
            kept = rest
    return kept


def _items(size: int, groups: Sequence[Sequence[int]]) -> Chunk:
    """Give the groups, and everything else alone."""
    named = [change for group in groups for change in group]
    if size < 1 or len(named) != len(set(named)) or not set(named) <= set(range(size)):
        raise ValueError(f"no partition of {size} changes: {groups}")
    rest = sorted(set(range(size)).difference(named))
    return (*(tuple(group) for group in groups if group), *((change,) for change in rest))


def _doubling(items: Chunk) -> Iterator[Chunk]:
    """Give chunks of 1, 1, 2, 4, 8 ... items."""
    start, end = 0, 1
    while start < len(items):
        yield items[start:end]
        start, end = end, 2 * end


def _halves(chunk: Chunk) -> Iterator[Chunk]:
    middle = (len(chunk) + 1) // 2
    yield from (half for half in (chunk[:middle], chunk[middle:]) if half)


def _union(chunks: Sequence[Chunk]) -> frozenset[int]:
    return frozenset(chain.from_iterable(chain.from_iterable(chunks)))
