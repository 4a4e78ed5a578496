"""One combination of a study's axes, with an id that a person can type."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

_LONGEST: Final = 100
"""Characters of an id's first part, which names folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What decides the environment of a cell; cells with equal pins share one lock."""

    python: str
    """``major.minor``."""
    releases: tuple[tuple[NormalizedName, Version], ...]
    """One release of each project axis, in the study's order."""
    needs: tuple[str, ...] = ()
    """Requirements that only cells like this one have, sorted."""
    preferred: tuple[tuple[NormalizedName, Version], ...] = ()
    """Projects that are installed too, at these releases where the pins leave it possible."""
    cut_off: datetime | None = None
    """The resolver's cut-off (UTC), in place of the one that follows from the pins."""
    patch: str = ""
    """Digest of changes to installed files; empty for none."""

    def __str__(self) -> str:
        """``py3.12-httpx0.27.2-openai1.55.3``: the first part of the cell's id.

        With needs ``-with=aiohttp`` follows; with preferred releases ``-near=1a2b3c4d``, a digest
        of them; with a cut-off ``-until=2026-09-01``, with changed files ``-patch=1a2b3c4d``. More
        pins than an id can hold become ``-pins=12x1a2b3c4d``.
        """
        pins = [f"{name}{version}" for name, version in self.releases]
        if sum(map(len, pins)) > _LONGEST:
            pins = [f"pins={len(pins)}x{_digest(pins)}"]
        needs = [f"with={_needed(self.needs)}"] if self.needs else []
        near = [f"near={_digest([f'{n}{v}' for n, v in self.preferred])}"] if self.preferred else []
        until = [f"until={_moment(self.cut_off)}"] if self.cut_off else []
        patch = [f"patch={self.patch[:8]}"] if self.patch else []
        return "-".join((f"py{self.python}", *pins, *needs, *near, *until, *patch))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One combination of the axes."""

    pins: Pins
    parameters: tuple[tuple[str, str], ...]
    """Name and value, in the study's order."""

    @property
    def id(self) -> str:
        """``py3.12-httpx0.27.2-openai1.55.3-strategy=global-loop``."""
        return "-".join((str(self.pins), *(f"{name}={value}" for name, value in self.parameters)))

    def value(self, axis: str) -> str:
        """The value on one axis, as text: ``cell.value("python") == "3.12"``.

        Raises:
            KeyError: The cell has no such axis.

        """
        if axis == "python":
            return self.pins.python
        if axis == "date" and self.pins.cut_off is not None:
            return _moment(self.pins.cut_off)
        for project, version in self.pins.releases:
            if project == axis:
                return str(version)
        for parameter, value in self.parameters:
            if parameter == axis:
                return value
        raise KeyError(axis)


def _digest(words: list[str]) -> str:
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:8]


def _needed(needs: tuple[str, ...]) -> str:
    """Name what is needed: ``aiohttp,httpx+http2``; a digest says what names and extras do not."""
    parsed = [Requirement(need) for need in needs]
    names = [
        "+".join((canonicalize_name(one.name), *sorted(map(canonicalize_name, one.extras))))
        for one in parsed
    ]
    if sum(map(len, names)) > _LONGEST:
        return f"{len(needs)}x{_digest(list(needs))}"
    plain = not any(one.specifier or one.marker or one.url for one in parsed)
    return ",".join(names) if plain else f"{','.join(names)}@{_digest(list(needs))}"


def _moment(moment: datetime) -> str:
    """Give a moment without blanks or colons: the last instant of a day is its date."""
    if (moment.hour, moment.minute, moment.second) == (23, 59, 59):
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%dT%H%M%S}"
