"""The front page of a site of studies: how each stands, what was found, when it changed (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from versect.model.baseline import Event
from versect.report.badge import badge_of
from versect.report.evidence import counted
from versect.report.html import templates
from versect.report.markdown import counts_in_words
from versect.report.view import Glyph

MARKER: Final = ".versect-site"
"""A file by which a folder is known to be a site, so that a newer one may take its place."""
_CHANGES: Final = 100
"""Changes of a study that are shown, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change in the history of a study."""

    at: str
    cell: str
    beside: str
    """The neighbour that a new cell is unlike; empty for none."""
    before: str
    after: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A study on the front page."""

    name: str
    counts: Mapping[Glyph, int] | None
    """Cells by outcome; None where its last matrix is not known."""
    made: str
    check: str
    """What its last check says; empty where there was none."""
    findings: tuple[str, ...]
    """Headlines of its searches."""
    changes: tuple[Told, ...]
    """Its history, the newest first."""
    more: int
    """Older changes that are not shown."""
    runs: int
    note: str
    """Why its history is not known; empty where it is."""
    files: tuple[str, ...]
    """What lies beside its page, for programs and for people."""

    @property
    def folder(self) -> str:
        """The address of its folder."""
        return quote(self.name)

    @property
    def summary(self) -> str:
        """Its counts in words; empty where they are not known."""
        return "" if self.counts is None else counts_in_words(self.counts)

    @property
    def badge(self) -> Markup:
        """Its badge as markup."""
        if self.counts is None:
            return Markup()
        return Markup(badge_of(self.name, self.counts))  # noqa: S704 - the badge escapes its words


def entry(  # noqa: PLR0913 - one argument a source
    name: str,
    *,
    matrix: Mapping[str, Any],
    check: Mapping[str, Any],
    verdicts: Sequence[Mapping[str, Any]],
    changes: Sequence[Event],
    runs: int,
    note: str,
    files: Sequence[str],
) -> Entry:
    """Make the entry of a study.

    Args:
        name: The folder of its results.
        matrix: Its ``matrix.json``; empty for none.
        check: Its ``check.json``; empty for none.
        verdicts: The documents of its searches.
        changes: Its history, the oldest first.
        runs: How many runs left trials.
        note: Why its history is not known; empty where it is.
        files: What lies beside its page.

    Raises:
        KeyError, TypeError, AttributeError: A document is none that this version wrote.

    """
    counts = {glyph: int(matrix["counts"][glyph.name.lower()]) for glyph in Glyph if matrix}
    return Entry(
        name=name,
        counts=counts or None,
        made=str(matrix.get("made", "")),
        check=str(check.get("headline", "")),
        findings=tuple(str(verdict["headline"]) for verdict in verdicts),
        changes=tuple(map(_told, reversed(changes[-_CHANGES:]))),
        more=max(0, len(changes) - _CHANGES),
        runs=runs,
        note=note,
        files=tuple(files),
    )


def index(entries: Sequence[Entry], *, made: str) -> str:
    """Give ``index.html``.

    Args:
        entries: The studies, in the order in which they are shown.
        made: By which versect, and when.

    """
    text: str = (
        templates()
        .get_template("site.html")
        .render(entries=entries, made=made, counted=counted, quote=quote)
    )
    return text


def _told(change: Event) -> Told:
    return Told(
        at=f"{change.at:%Y-%m-%d %H:%M}",
        cell=change.cell.id,
        beside="" if change.beside is None else change.beside.id,
        before="new" if change.before is None else str(change.before),
        after=str(change.after),
        because=change.because,
    )
