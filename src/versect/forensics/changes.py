"""What changed between the installed files of two releases, in pieces that can be put back (pure).

A piece is a hunk of a text file, or a whole file where there is nothing to cut. Any set of pieces
can be applied to the older release's files; whether the result makes sense is for a trial to say.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

CONTEXT: Final = 3
"""Edits with fewer unchanged lines between them are one hunk; and so many lines around a hunk are
kept to show it."""

_BOOKKEEPING: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Written by installers: alone they are no change of the project's."""
_DEFINITION: Final = re.compile(r"\s*(?:async\s+def|def|class)\s+(\w+)")

Edit = tuple[int, int, int, int]
"""Lines [first, last) become the lines [start, stop) of the other text; counted from 0."""
Definition = tuple[int, int, str]
"""Line, counted from 0, indentation and name of a class or function."""


class Kind(StrEnum):
    """What a change does to its file. The value is what is stored and shown."""

    EDITED = "edited"
    """One hunk of a text file that both releases have."""
    ADDED = "added"
    REMOVED = "removed"
    REPLACED = "replaced"
    """A file that is no UTF-8 text, such as an extension module, or was none before."""
    METADATA = "metadata"
    """Everything in ``*.dist-info``, whose name carries the version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One piece of what a release changed."""

    kind: Kind
    file: str
    """Relative to site-packages; of the metadata, the newer folder."""
    old: range
    """Its lines in the older release, counted from 1; empty before the line that it starts with."""
    new: range
    """Its lines in the newer release, likewise."""
    within: tuple[str, ...]
    """Classes and functions of the older release around a hunk of Python, outermost first."""
    removed: tuple[str, ...]
    """Lines with their ends; empty for what is no text."""
    added: tuple[str, ...]
    above: tuple[str, ...]
    """Unchanged lines before a hunk, at most ``CONTEXT``."""
    below: tuple[str, ...]
    contents: tuple[tuple[str, bytes | None], ...]
    """Whole files and what becomes of them, None for removal; empty for a hunk."""


def changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Change, ...]:
    """Give what leads from one release's installed files to another's.

    Args:
        before: The older release's files: path relative to site-packages to content.
        after: The newer release's files.

    Returns:
        By file and line, the metadata last. Bytecode is left out, and so are the installer's own
        records where nothing else of the metadata changed.

    """
    found: list[Change] = []
    metadata: dict[str, bytes | None] = {}
    for file in sorted(before.keys() | after.keys()):
        old, new = before.get(file), after.get(file)
        if old == new or file.endswith(".pyc"):
            continue
        if file.partition("/")[0].endswith(".dist-info"):
            metadata[file] = new
        elif old is None:
            found.append(_whole(Kind.ADDED, file, {file: new}, added=_lines(new or b"") or ()))
        elif new is None:
            found.append(_whole(Kind.REMOVED, file, {file: None}, removed=_lines(old) or ()))
        else:
            found.extend(_edits(file, old, new))
    if not _BOOKKEEPING.issuperset(file.rpartition("/")[2] for file in metadata):
        there = [file for file, content in metadata.items() if content is not None]
        folder = max(there or metadata).partition("/")[0]
        found.append(_whole(Kind.METADATA, folder, metadata))
    return tuple(found)


def applied(
    before: Mapping[str, bytes], changes: Sequence[Change], chosen: Collection[int]
) -> dict[str, bytes | None]:
    """Give the files that differ once some changes are applied: their content, None for removal.

    Args:
        before: As for ``changes``.
        changes: What ``changes`` gave.
        chosen: Which of them, by number.

    """
    files: dict[str, bytes | None] = {}
    hunks: defaultdict[str, list[Change]] = defaultdict(list)
    for number in sorted(set(chosen)):
        change = changes[number]
        files.update(change.contents)
        if change.kind is Kind.EDITED:
            hunks[change.file].append(change)
    for file, edits in hunks.items():
        lines = io.BytesIO(before[file]).readlines()
        for edit in reversed(edits):
            lines[edit.old.start - 1 : edit.old.stop - 1] = [line.encode() for line in edit.added]
        files[file] = b"".join(lines)
    return files


def _whole(
    kind: Kind,
    file: str,
    contents: Mapping[str, bytes | None],
    *,
    removed: Sequence[str] = (),
    added: Sequence[str] = (),
) -> Change:
    return Change(
        kind=kind,
        file=file,
        old=range(1, len(removed) + 1),
        new=range(1, len(added) + 1),
        within=(),
        removed=tuple(removed),
        added=tuple(added),
        above=(),
        below=(),
        contents=tuple(contents.items()),
    )


def _edits(file: str, old: bytes, new: bytes) -> Iterator[Change]:
    was, now = _lines(old), _lines(new)
    if was is None or now is None:
        yield _whole(Kind.REPLACED, file, {file: new})
        return
    definitions = list(_definitions(was)) if file.endswith(".py") else []
    for first, last, start, stop in _close_together(_differences(was, now)):
        removed, added = was[first:last], now[start:stop]
        yield Change(
            kind=Kind.EDITED,
            file=file,
            old=range(first + 1, last + 1),
            new=range(start + 1, stop + 1),
            within=_within(definitions, first, (*removed, *added)),
            removed=tuple(removed),
            added=tuple(added),
            above=tuple(was[max(0, first - CONTEXT) : first]),
            below=tuple(was[last : last + CONTEXT]),
            contents=(),
        )


def _lines(content: bytes) -> list[str] | None:
    r"""Give the lines of a text, or None if it is none; only ``\n`` ends a line, as in a diff."""
    try:
        lines = [line.decode() for line in io.BytesIO(content)]
    except UnicodeDecodeError:
        return None
    return None if b"\0" in content else lines


def _definitions(lines: Sequence[str]) -> Iterator[Definition]:
    for number, line in enumerate(lines):
        if found := _DEFINITION.match(line):
            yield number, _indent(line), found[1]


def _within(definitions: Sequence[Definition], first: int, lines: Sequence[str]) -> tuple[str, ...]:
    """Give what encloses lines that stand at ``first``, as their indentation tells."""
    outermost = min((_indent(line) for line in lines if line.strip()), default=0)
    names: list[str] = []
    for number, indent, name in reversed(definitions):
        if number < first and indent < outermost:
            names.append(name)
            outermost = indent
    return tuple(reversed(names))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _differences(was: Sequence[str], now: Sequence[str]) -> Iterator[Edit]:
    for tag, *edit in SequenceMatcher(None, was, now).get_opcodes():
        if tag != "equal":
            yield edit[0], edit[1], edit[2], edit[3]


def _close_together(edits: Iterator[Edit]) -> list[Edit]:
    """Join edits with hardly anything between them."""
    joined: list[Edit] = []
    for first, last, start, stop in edits:
        if joined and first - joined[-1][1] < CONTEXT:
            joined[-1] = (joined[-1][0], last, joined[-1][2], stop)
        else:
            joined.append((first, last, start, stop))
    return joined
