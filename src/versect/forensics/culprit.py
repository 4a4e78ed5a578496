"""Which changes of a release look guilty, and how the guilty ones are shown (pure)."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from packaging.version import Version

from versect.forensics.changes import Change, Kind
from versect.model.trial import SeenFailure

_HALF: Final = 10
"""Lines between a frame and a hunk at which nearness is worth half."""
_NAME: Final = re.compile(r"[^\W\d]\w*")
_DEFINED: Final = re.compile(r"\b(?:def|class)\s+(\w+)")
_IN_MESSAGE: Final = re.compile(
    r"""(['"`])[\w.]+\1"""  # module 'a.b' has no attribute 'c'
    r"|\b\w[\w.]*(?=\()"  # f() missing 1 required positional argument
    r"|\b\w*_\w+"
)
"""What in a message is a name of the program's and no word of English."""


def ranked(
    changes: Sequence[Change], failures: Sequence[SeenFailure]
) -> tuple[tuple[int, ...], ...]:
    """Group changes by file, the most suspicious first, and likewise inside each group.

    A change counts for more the further inside a traceback its file is, and the nearer its lines
    are to the frame's. So it does for every name of the failure that it adds, removes or lies
    inside, most for those that a message quotes, and the more the fewer changes there are with
    it. Of equals, what a program imports comes before what it does not.

    Args:
        changes: All changes of a release.
        failures: Seen with either release; the nearer side of a hunk counts.

    """
    weights = _names(failures)
    found = [weights.keys() & _words(change) for change in changes]
    having = Counter(name for names in found for name in names)
    near = _nearness(changes, failures)
    scores = [
        near[number] + sum(weights[name] / math.log2(1 + having[name]) for name in names)
        for number, names in enumerate(found)
    ]
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for number in sorted(range(len(changes)), key=lambda number: (-scores[number], number)):
        groups[changes[number].file].append(number)

    def suspicion(group: Sequence[int]) -> tuple[float, int, int]:
        return -scores[group[0]], _idle(changes[group[0]]), min(group)

    return tuple(tuple(group) for group in sorted(groups.values(), key=suspicion))


def unified(
    changes: Sequence[Change],
    chosen: Collection[int],
    project: str,
    before: Version,
    after: Version,
) -> str:
    """Give some changes as a unified diff that ``patch -p1`` applies to the older release.

    What is no text, and the metadata, is named in a line that ``patch`` passes over.
    """
    files: defaultdict[str, list[Change]] = defaultdict(list)
    for number in sorted(set(chosen)):
        files[changes[number].file].append(changes[number])
    lines: list[str] = []
    for file, pieces in files.items():
        kind = pieces[0].kind
        if pieces[0].removed or pieces[0].added:
            lines.append(f"--- {_side(project, before, file, absent=kind is Kind.ADDED)}\n")
            lines.append(f"+++ {_side(project, after, file, absent=kind is Kind.REMOVED)}\n")
            lines.extend(_blocks(pieces))
        else:
            lines.append(f"{kind.capitalize()}, not shown: {file}\n")
    return "".join(lines)


def _names(failures: Sequence[SeenFailure]) -> dict[str, int]:
    """Weigh the names that failures have from the program: 2 if a message says them, else 1."""
    chain = [exception for failure in failures for exception in failure.chain]
    plain = [exception.type.rpartition(".")[2] for exception in chain]
    plain += [frame.function for exception in chain for frame in exception.frames]
    texts = {*(failure.note for failure in failures), *(exception.message for exception in chain)}
    said = [match[0] for text in texts for match in _IN_MESSAGE.finditer(text)]
    return {**dict.fromkeys(plain, 1), **dict.fromkeys(_NAME.findall(" ".join(said)), 2)}


def _words(change: Change) -> frozenset[str]:
    """Give the names that a change defines, lies inside, or has more or less often than before."""
    texts = ["".join(side) for side in (change.removed, change.added)]
    was, now = (Counter(_NAME.findall(text)) for text in texts)
    defined = (name for text in texts for name in _DEFINED.findall(text))
    return frozenset((*(was - now), *(now - was), *change.within, *defined))


def _nearness(changes: Sequence[Change], failures: Sequence[SeenFailure]) -> list[float]:
    """Give how near each change is to a frame: 2 at the innermost one's line, 0 in other files."""
    files = {change.file for change in changes}
    depths: defaultdict[str, dict[int, int]] = defaultdict(dict)  # of each line, by file
    for exception in (exception for failure in failures for exception in failure.chain):
        frames = [frame for frame in reversed(exception.frames) if frame.file in files]
        for depth, frame in enumerate(frames):
            lines = depths[frame.file]
            lines[frame.line] = min(depth, lines.get(frame.line, depth))
    return [
        max(
            (
                (1 + _HALF / (_HALF + min(_distances(line, change)))) / (1 + depth)
                for line, depth in depths[change.file].items()
            ),
            default=0.0,
        )
        for change in changes
    ]


def _distances(line: int, change: Change) -> Iterator[int]:
    """Give how far a line is from a hunk's lines in the older, and in the newer release."""
    for lines in (change.old, change.new):
        yield max(lines.start - line, line - max(lines.stop - 1, lines.start), 0)


def _idle(change: Change) -> int:
    """Order changes of which nothing is known: 0 for what programs import."""
    if change.kind is Kind.METADATA:
        return 2
    folders = change.file.split("/")[:-1]
    imported = change.file.endswith((".py", ".so", ".pyd"))
    return 0 if imported and not {"test", "tests"} & set(folders) else 1


def _side(project: str, version: Version, file: str, *, absent: bool) -> str:
    return "/dev/null" if absent else f"{project}-{version}/{file}"


def _blocks(pieces: Sequence[Change]) -> Iterator[str]:
    """Give the hunks of one file; those whose surrounding lines meet are one."""
    blocks: list[tuple[int, list[str]]] = []
    reached = 0
    for piece in pieces:
        top = piece.old.start - len(piece.above)
        if not blocks or top > reached:
            blocks.append((top, []))
        lines = blocks[-1][1]
        lines += [f" {line}" for at, line in enumerate(piece.above, top) if at >= reached]
        lines += _marked(piece)
        lines += [f" {line}" for line in piece.below]
        reached = piece.old.stop + len(piece.below)
    shift = 0
    for top, lines in blocks:
        old = sum(line[0] != "+" for line in lines)
        new = sum(line[0] != "-" for line in lines)
        yield f"@@ -{_span(top, old)} +{_span(top + shift, new)} @@\n"
        for line in lines:
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        shift += new - old


def _span(start: int, count: int) -> str:
    """Give the lines of a side; none are named by the line before them."""
    return f"{start if count else start - 1},{count}"


def _marked(piece: Change) -> Iterator[str]:
    """Give a hunk's lines with their signs; it may hold unchanged ones."""
    was, now = piece.removed, piece.added
    for tag, first, last, start, stop in SequenceMatcher(None, was, now).get_opcodes():
        if tag == "equal":
            yield from (f" {line}" for line in was[first:last])
        else:
            yield from (f"-{line}" for line in was[first:last])
            yield from (f"+{line}" for line in now[start:stop])
