"""One side of a comparison, whatever it was given as: pinned releases, or a moment in time."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from packaging.pylock import is_valid_pylock_path
from packaging.utils import NormalizedName
from packaging.version import Version

from versect.errors import Fault, StudyError, UsageError
from versect.source import installed, pylock, uv_lock
from versect.source.gathered import Gathered, marker_environment, text_of
from versect.source.requirements_file import RequirementsFile
from versect.source.values import moment

_UNDERSTOOD: Final = (
    "understood are a pylock.toml (PEP 751), a requirements file of pinned releases, a uv.lock, "
    "the folder of an environment, a date such as 2026-01-31, and today"
)
_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ].*)?", re.DOTALL)
_MAY_BE_REQUIREMENTS: Final = frozenset({"", ".txt", ".in", ".pip", ".lock"})
"""Suffixes of files whose text decides; pipes (``<(git show ...)``) have none."""
_MOST_FAULTS: Final = 20
"""Of a text that is something else, every line is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """Everything that one side installs."""

    source: str
    """As it was given."""
    releases: tuple[tuple[NormalizedName, Version], ...]
    """Sorted by project, each once."""
    notes: tuple[str, ...]
    """What was left out and why, each with its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A side of which only the time is known: the newest releases of then."""

    source: str
    """As it was given."""
    moment: datetime
    """UTC. A date alone means its last instant, or now while it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A project that the two sides do not install alike."""

    project: NormalizedName
    good: Version | None
    """None where that side does not install it."""
    bad: Version | None


def differences(good: Pinned, bad: Pinned) -> tuple[Difference, ...]:
    """Give the projects whose release differs, sorted by name."""
    before, after = dict(good.releases), dict(bad.releases)
    return tuple(
        Difference(project=project, good=before.get(project), bad=after.get(project))
        for project in sorted(before.keys() | after.keys())
        if before.get(project) != after.get(project)
    )


def side(text: str, *, folder: Path, python: str, now: datetime) -> Pinned | Day:
    """Read one side of a comparison.

    A file is known by what stands in it, so that a pipe will do. A date is a date even where a
    file is called so; ``./2026-09-01`` is the file.

    Args:
        text: A path, a date or time in ISO 8601 (UTC unless it says otherwise), or ``today``.
        folder: What a relative path is relative to.
        python: The interpreter that markers are judged for, ``3.12.1``; for ``3.12`` its newest
            patch release is assumed.
        now: The present, with its zone.

    Raises:
        StudyError: What it names is not one release of each project; all faults are in the error.
        UsageError: There is no such thing, it cannot be read, or the date is in the future.

    """
    if text == "today" or _DATE.fullmatch(text):
        return Day(source=text, moment=_moment(text, now.astimezone(UTC)))
    found = Gathered(environment=marker_environment(python))
    path = folder / text
    try:
        if path.is_dir():
            installed.read(text, path, found)
        else:
            _read_file(text, path, found)
    except OSError as error:
        raise UsageError(f"cannot read {text}: {error.strerror}", remedy=_UNDERSTOOD) from error
    except RecursionError as error:
        raise UsageError(f"cannot read {text}: it is nested too deeply") from error
    if found.faults:
        raise _refused(text, list(dict.fromkeys(found.faults)))
    if not found.releases:
        raise UsageError(f"there is no release in {text or 'this folder'}", remedy=_UNDERSTOOD)
    return Pinned(
        source=text,
        releases=tuple((name, found.releases[name][0]) for name in sorted(found.releases)),
        notes=tuple(dict.fromkeys(found.notes)),
    )


def _read_file(name: str, path: Path, found: Gathered) -> None:
    try:
        text = text_of(path)
    except ValueError as error:
        found.fault(name, str(error))
        return
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        if path.suffix == ".toml" or path.name == "uv.lock":
            found.fault(name, f"not TOML: {error}")
            return
        table = {}
    if is_valid_pylock_path(path) or "lock-version" in table:
        pylock.read(name, text, table, found)
    elif path.name == "uv.lock" or {"version", "package"} <= table.keys():
        uv_lock.read(name, text, table, found)
    elif table or text.lstrip().startswith("{") or path.suffix not in _MAY_BE_REQUIREMENTS:
        raise UsageError(f"{name} is no list of releases that is understood", remedy=_UNDERSTOOD)
    else:
        RequirementsFile(found).read(name, path, text)


def _moment(text: str, now: datetime) -> datetime:
    if text == "today":
        return now
    try:
        meant = moment(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is not a date such as 2026-01-31") from None
    if len(text) == len("2026-01-31") and meant.date() == now.date():
        return now
    if meant > now:
        raise UsageError(
            f"{text} is in the future: it is {now:%Y-%m-%d %H:%M} UTC",
            remedy="for the newest releases say today",
        )
    return meant


def _refused(source: str, faults: list[Fault]) -> StudyError:
    """Give the error for faults; a single one leads with its own place."""
    if len(faults) == 1:
        return StudyError(faults[0].path, (Fault("", faults[0].message),))
    more = len(faults) - _MOST_FAULTS
    rest = (Fault("", f"and {more} more"),) if more > 0 else ()
    return StudyError(source, (*faults[:_MOST_FAULTS], *rest))
