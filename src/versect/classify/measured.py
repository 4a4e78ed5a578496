"""Numbers that a reproduction measured and printed for versect to keep."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Final

from versect.model.trial import Observation

PREFIX: Final = "versect: "
"""What a line of standard output begins with whose rest is a JSON object of numbers."""

_LONGEST_LINE: Final = 4096
_LONGEST_NAME: Final = 64
_MOST: Final = 64
"""Names that are kept of one trial; further ones are passed over."""


def measured(observation: Observation) -> dict[str, float]:
    """Give the numbers that a trial printed: ``versect: {"requests": 33, "calls": 32}``.

    Several such lines add up to one mapping, in which a later number takes the place of an earlier
    one of its name. Never raises: a program may print anything, and what is no finite number under
    a short name is passed over, as is a line that was cut where the output was.
    """
    found: dict[str, float] = {}
    for name, number in _numbers(observation.stdout.text):
        if name in found or len(found) < _MOST:
            found[name] = number
    return found


def _numbers(text: str) -> Iterator[tuple[str, float]]:
    for line in text.split("\n"):
        if not line.startswith(PREFIX) or len(line) > _LONGEST_LINE:
            continue
        try:
            document = json.loads(line[len(PREFIX) :])
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            for name, value in document.items():
                number = _finite(value)
                if number is not None and 0 < len(name) <= _LONGEST_NAME:
                    yield name, number


def _finite(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
