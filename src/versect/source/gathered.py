"""What the readers of one side of a comparison put together, its faults and notes included."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from packaging.markers import Marker, default_environment
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from versect.errors import Fault

_BOMS: Final = (
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
"""Windows PowerShell's ``pip freeze > requirements.txt`` writes UTF-16."""
_MOST: Final = 1 << 26
"""Bytes of a file; real locks are far smaller."""
_SHOWN: Final = 80
"""Characters of a line that a message quotes."""


@dataclass(slots=True, kw_only=True)
class Gathered:
    """The releases of one side, filled while its files are read.

    A place is ``requirements.txt:7`` or whatever else leads a reader there.
    """

    environment: Mapping[str, str]
    """What markers are judged by; see ``marker_environment``."""
    releases: dict[NormalizedName, tuple[Version, str]] = field(default_factory=dict)
    """Each project's release and the place that named it."""
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, place: str, name: str, version: str | Version) -> None:
        """Take a release; a second one of its project is a fault."""
        try:
            project, release = canonicalize_name(name, validate=True), Version(str(version))
        except ValueError:
            self.fault(place, f"{shown(f'{name} {version}')} is not a project and a version of it")
            return
        known, where = self.releases.setdefault(project, (release, place))
        if known != release:
            self.fault(place, f"{project} is {release} here and {known} at {where}")

    def leave_out(self, place: str, what: str) -> None:
        """Note that something is installed that is no release of an index."""
        self.notes.append(f"{place}: {shown(what)} is no release of an index; left out")

    def fault(self, place: str, message: str) -> None:
        """Note what is wrong, and where."""
        self.faults.append(Fault(place, message))

    def applies(
        self, place: str, marker: str | Marker | None, **more: str | frozenset[str]
    ) -> bool:
        """Whether a marker holds; one that cannot be judged is a fault."""
        try:
            return marker is None or _parsed(str(marker)).evaluate({**self.environment, **more})
        except (ValueError, TypeError, KeyError) as error:
            reason = str(error).partition("\n")[0]
            self.fault(place, f"{shown(str(marker))} is not a marker to be judged: {reason}")
            return False

    def suits(self, place: str, requires_python: SpecifierSet | None) -> None:
        """Check ``requires-python``; an interpreter that it does not admit is a fault."""
        version = self.environment["python_full_version"]
        if requires_python and not requires_python.contains(version, prereleases=True):
            minor = self.environment["python_version"]
            self.fault(place, f"made for Python {requires_python}, not for {minor}")


def marker_environment(python: str) -> dict[str, str]:
    """Give what markers see on this platform with another interpreter.

    Args:
        python: ``3.12.1``, or ``3.12`` for a patch release newer than any that a marker tells
            apart.

    """
    whole = python if python.count(".") > 1 else f"{python}.99"
    here = {name: str(value) for name, value in default_environment().items()}
    minor = ".".join(whole.split(".")[:2])
    return {**here, "python_version": minor, "python_full_version": whole}


def text_of(path: Path) -> str:
    """Read a text, by its byte order mark or as UTF-8.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no text, or larger than any list of releases.

    """
    with path.open("rb") as file:
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise ValueError(f"larger than {_MOST >> 20} MiB")
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"{error.reason} at byte {error.start}"
        raise ValueError(f"not {encoding.upper()} text: {where}") from error


def shown(text: str) -> str:
    """Give a text as a message quotes it: shortened, without passwords in URLs."""
    plain = re.sub(r"(?<=://)[^/@\s]*@", "", text)
    return repr(plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 1]}…")


def lines_of(text: str, header: str) -> list[int]:
    """Give the numbers of the lines that hold nothing but a header of TOML."""
    return [n for n, line in enumerate(text.split("\n"), start=1) if line.strip() == header]


@lru_cache(maxsize=1 << 12)
def _parsed(marker: str) -> Marker:
    """Parse a marker; locks repeat theirs."""
    return Marker(marker)
