"""A study as ``versect init`` writes it: few keys, each with what it is there for."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from packaging.version import Version

_WIDTH: Final = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A project whose releases are varied, or held for now."""

    name: str
    """With extras, where there are any."""
    reason: str
    versions: str | tuple[str, ...]
    """A specifier, empty for every release; or releases one by one."""
    limit: int | None
    failed: Version | None
    """The release with which it failed, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What counts as the failure; everything empty for any exit status but 0."""

    exception: str = ""
    message: str = ""
    """A regular expression."""
    text: str = ""
    """Likewise, of the output."""
    others: tuple[tuple[str, str], ...] = ()
    """Exceptions that led to it: type and pattern of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """Everything that a new study says."""

    name: str
    made_from: str
    reproduction: str
    """Empty where there is a command."""
    command: tuple[str, ...]
    arguments: tuple[str, ...]
    files: tuple[str, ...]
    pythons: tuple[str, ...]
    pythons_here: tuple[str, ...]
    """All that the machine has."""
    failed_on: str | None
    """The one of them on which it failed, where that is known."""
    requires: tuple[str, ...]
    axes: tuple[Axis, ...]
    face: Face
    notes: tuple[str, ...]
    """What was assumed."""

    @property
    def text(self) -> str:
        """The study as TOML."""
        return "\n".join(_lines(self)) + "\n"


def _lines(sketch: Sketch) -> Iterator[str]:
    yield f"# Written by 'versect init' from {_comment(sketch.made_from)}; yours to change."
    for note in sketch.notes:
        yield from textwrap.wrap(
            _comment(note), _WIDTH, initial_indent="# - ", subsequent_indent="#   "
        )
    yield ""
    yield f"name = {_quoted(sketch.name)}"
    if sketch.reproduction:
        yield f"reproduction = {_quoted(sketch.reproduction)}"
    if sketch.command:
        yield f"command = {_list(sketch.command)}"
    if sketch.arguments:
        yield f"arguments = {_list(sketch.arguments)}"
    if sketch.files:
        yield from _wrapped("files", sketch.files, "when one changes, trials are made again")
    others = [one for one in sketch.pythons_here if one not in sketch.pythons]
    also = f"  # this machine also has {', '.join(others)}" if others else ""
    yield f"python = {_list(sketch.pythons)}{also}"
    if sketch.requires:
        yield from _wrapped("requires", sketch.requires, "the same in every cell")
    for axis in sketch.axes:
        yield ""
        yield from _axis(axis)
    yield ""
    yield from _face(sketch.face)


def _axis(axis: Axis) -> Iterator[str]:
    yield f"# {_comment(axis.reason)}"
    yield f"[projects.{axis.name if _is_bare(axis.name) else _quoted(axis.name)}]"
    if isinstance(axis.versions, tuple):
        yield f"versions = {_list(axis.versions)}  # a range such as '<={axis.failed}' tries others"
        return
    if axis.versions and axis.failed is not None:
        yield f"versions = {_quoted(axis.versions)}  # it failed with {axis.failed}"
    elif axis.versions:
        yield f"versions = {_quoted(axis.versions)}"
    else:
        yield '# versions = ">=1.0,<3"  # by default all'
    yield 'every = "minor-latest"  # of each minor version the newest; "release" for all'
    if axis.limit is not None:
        yield f"limit = {axis.limit}  # evenly spread; bisect looks at all of them"


def _face(face: Face) -> Iterator[str]:
    if not (face.exception or face.message or face.text):
        yield "# Any exit status from 1 to 127 is the failure. To tell it from others:"
        yield "# [failure]"
        yield '# exception = "TypeError"'
        yield "# message = 'unexpected keyword argument'"
        return
    yield "# Whatever else goes wrong is another failure, and is told apart."
    yield "[failure]"
    if face.exception:
        yield f"exception = {_quoted(face.exception)}"
    if face.message:
        yield f"message = {_pattern(face.message)}"
    if face.text:
        yield f"text = {_pattern(face.text)}"
    for kind, message in face.others:
        words = f', message = "{message}"' if message else ""
        yield f"# it came of: exception = {_quoted(kind)}{_comment(words)}"


def _is_bare(name: str) -> bool:
    return all(letter.isalnum() or letter in "-_" for letter in name) and name.isascii()


def _comment(words: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def _quoted(text: str) -> str:
    """Write a string; JSON writes it as TOML does, but for what TOML forbids to stand as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _pattern(text: str) -> str:
    """Write a regular expression, without doubled backslashes where that can be."""
    if "\\" in text and text.isprintable():
        if "'" not in text:
            return f"'{text}'"
        if "'''" not in text and not text.endswith("'"):
            return f"'''{text}'''"
    return _quoted(text)


def _wrapped(key: str, words: Sequence[str], comment: str) -> Iterator[str]:
    """Write a list on one line, or where it is long, a word a line."""
    line = f"{key} = {_list(words)}  # {comment}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"{key} = [  # {comment}"
    yield from (f"    {_quoted(word)}," for word in words)
    yield "]"


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, words))}]"
