"""The releases that a requirements file pins: what ``pip freeze``, pip-compile and uv write."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from versect.source.gathered import Gathered, shown, text_of

_COMMENT: Final = re.compile(r"(?:^|\s+)#.*$")
_OPTION: Final = re.compile(r"(?P<name>--[\w-]+|-\w)[\s=]*(?P<value>.*)")
_OF_A_LINE: Final = re.compile(r"\s+-{1,2}[A-Za-z].*$")
"""Options behind a requirement: ``--hash=sha256:...``."""
_ELSEWHERE: Final = re.compile(r"^[.~]|[/\\]|\.(?:whl|zip|tar\.\w+)$")
"""Paths and URLs, which stand in the place of a requirement."""


class RequirementsFile:
    """Reads one requirements file and those that it names with ``-r`` and ``-c``.

    Markers are judged, hashes and options of indexes are not looked at. A requirement without a
    pin takes the one that a constraint or another line gives it.
    """

    def __init__(self, found: Gathered) -> None:
        self._found = found
        self._open: list[tuple[str, str, Requirement]] = []
        self._constraints: dict[NormalizedName, tuple[Version, str]] = {}
        self._seen: set[tuple[str, bool]] = set()

    def read(self, name: str, path: Path, text: str) -> None:
        """Gather the releases of a file.

        Args:
            name: The file's, for messages.
            path: Where it lies; what it names is relative to its folder.
            text: What stands in it.

        """
        self._seen.add((os.path.realpath(path), False))
        self._lines(name, path, text, constrains=False)
        for place, line, requirement in self._open:
            project = canonicalize_name(requirement.name)
            pinned = self._found.releases.get(project) or self._constraints.get(project)
            if pinned and requirement.specifier.contains(pinned[0], prereleases=True):
                self._found.add(place, project, pinned[0])
            else:
                self._found.fault(place, f"{shown(line)} does not name one release; pin it with ==")
        for project in self._constraints.keys() & self._found.releases.keys():
            version, place = self._constraints[project]
            self._found.add(place, project, version)

    def _lines(self, name: str, path: Path, text: str, *, constrains: bool) -> None:
        for number, line in _logical_lines(text):
            place = f"{name}:{number}"
            option = _OPTION.match(line)
            if option is None:
                self._requirement(place, line, constrains=constrains)
            elif option["name"] in {"-r", "--requirement"}:
                self._nested(place, name, path, option["value"], constrains=constrains)
            elif option["name"] in {"-c", "--constraint"}:
                self._nested(place, name, path, option["value"], constrains=True)
            elif option["name"] in {"-e", "--editable"}:
                self._found.leave_out(place, line)
            else:
                self._found.notes.append(f"{place}: the option {option['name']} is not followed")

    def _nested(self, place: str, name: str, path: Path, value: str, *, constrains: bool) -> None:
        """Read another file, each once."""
        other = value.strip("'\" ")
        if not other or "://" in other:
            self._found.fault(place, f"{shown(other)} is not read: only files are")
            return
        try:
            target = path.parent / other
            key = (os.path.realpath(target), constrains)
            if key in self._seen:
                return
            self._seen.add(key)
            text = text_of(target)
        except OSError as error:
            self._found.fault(place, f"cannot read {shown(other)}: {error.strerror}")
        except ValueError as error:
            self._found.fault(place, f"cannot read {shown(other)}: {error}")
        else:
            self._lines(str(Path(name).parent / other), target, text, constrains=constrains)

    def _requirement(self, place: str, line: str, *, constrains: bool) -> None:
        written = _OF_A_LINE.sub("", line)
        try:
            requirement = Requirement(written)
        except ValueError:
            if _ELSEWHERE.search(written):
                self._found.leave_out(place, written)
            else:
                self._found.fault(place, f"{shown(written)} is not a requirement")
            return
        if not self._found.applies(place, requirement.marker):
            return
        version = _only_release(requirement)
        if requirement.url is not None:
            self._found.leave_out(place, written)
        elif constrains:
            if version is not None:
                self._constraints.setdefault(canonicalize_name(requirement.name), (version, place))
        elif version is not None:
            self._found.add(place, requirement.name, version)
        else:
            self._open.append((place, written, requirement))


def _only_release(requirement: Requirement) -> Version | None:
    """Give the release that a requirement pins, or None: ``==1.4.*`` pins none."""
    pins = {one.version for one in requirement.specifier if one.operator in {"==", "==="}}
    try:
        version = Version(pins.pop())
    except (KeyError, ValueError):
        return None
    return version if requirement.specifier.contains(version, prereleases=True) else None


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Give lines with the number of their first part: joined at ``\``, comments and blanks gone.

    As pip does it, a comment ends a joined line.
    """
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if parts else number
        continues = line.endswith("\\") and not _COMMENT.match(line)
        parts.append(line[:-1] if continues else line)
        if not continues:
            yield from _said(first, parts)
            parts = []
    yield from _said(first, parts)


def _said(number: int, parts: list[str]) -> Iterator[tuple[int, str]]:
    line = _COMMENT.sub("", " ".join(parts)).strip()
    if line:
        yield number, line
