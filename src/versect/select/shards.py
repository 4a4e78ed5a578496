"""A study's cells shared out among machines (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from versect.errors import UsageError
from versect.model.cell import Cell, Pins

_WRITTEN: Final = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of the parts that a study's cells are shared out into."""

    number: int
    """From 1 on."""
    of: int

    def __str__(self) -> str:
        """``2/3``, as it is written on the command line."""
        return f"{self.number}/{self.of}"


def shard_of(text: str) -> Shard:
    """Read ``2/3``.

    Raises:
        UsageError: It is no shard.

    """
    found = _WRITTEN.fullmatch(text)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of:
        raise UsageError(f"{text!r} is no shard", remedy="write NUMBER/SHARDS, such as 1/3 or 3/3")
    return Shard(number=number, of=of)


def shared_out(cells: Sequence[Cell], of: int) -> tuple[tuple[Cell, ...], ...]:
    """Share cells out so that each environment is made on one machine only.

    The largest environments are dealt first, each to the shard that has the fewest cells (Graham
    1969): none has more than 4/3 of what the best sharing would give the fullest one. Every
    machine that shares out the same cells comes to the same parts.

    Args:
        cells: In the study's order.
        of: How many parts; some are empty where there are fewer environments.

    Returns:
        The parts, each in the study's order.

    """
    groups: dict[Pins, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.pins].append(cell)
    sizes = [0] * of
    whose: dict[Pins, int] = {}
    for pins in sorted(groups, key=lambda one: -len(groups[one])):
        lightest = sizes.index(min(sizes))
        whose[pins] = lightest
        sizes[lightest] += len(groups[pins])
    parts: list[list[Cell]] = [[] for _ in range(of)]
    for cell in cells:
        parts[whose[cell.pins]].append(cell)
    return tuple(map(tuple, parts))


def part(cells: Sequence[Cell], shard: Shard) -> tuple[Cell, ...]:
    """Give the cells of one shard, in the study's order."""
    return shared_out(cells, shard.of)[shard.number - 1]
