"""The cut-off of a period-correct resolution: when could this combination first be installed?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from versect.model.release import Release

INTERPRETER_RELEASES: Final[Mapping[str, datetime]] = {
    "3.9": datetime(2020, 10, 5, tzinfo=UTC),
    "3.10": datetime(2021, 10, 4, tzinfo=UTC),
    "3.11": datetime(2022, 10, 24, tzinfo=UTC),
    "3.12": datetime(2023, 10, 2, tzinfo=UTC),
    "3.13": datetime(2024, 10, 7, tzinfo=UTC),
    "3.14": datetime(2025, 10, 7, tzinfo=UTC),
}
"""First final release of each interpreter (PEPs 596, 619, 664, 693, 719, 745)."""

_SAME_RELEASE: Final = timedelta(days=1)
"""Files uploaded within a day of a release's first one belong to its publication; a wheel for a
new interpreter may follow years later and does not move the release."""


def cut_off(python: str, pins: Iterable[Release]) -> datetime | None:
    """Give the moment when the newest pin of a cell was published, the interpreter being a pin.

    An environment of Python 3.13 and a project of 2023 cannot have existed before Python 3.13
    did, and everything that supports 3.13 came with it; a cut-off in 2023 would make the cell
    unresolvable for want of wheels and say nothing of the project.

    Returns:
        The moment after which no file may have been uploaded (UTC), or None when the index gives
        no upload time for some pin.

    """
    moments = []
    for release in pins:
        first = release.uploaded
        if first is None:
            return None
        uploads = [f.uploaded for f in release.files if f.uploaded is not None]
        moments.append(max(u for u in uploads if u - first <= _SAME_RELEASE))
    if python in INTERPRETER_RELEASES:
        moments.append(INTERPRETER_RELEASES[python])
    return max(moments) + timedelta(seconds=1) if moments else None
