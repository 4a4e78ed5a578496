"""Projects on an index and the releases they have published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFile:
    """One file of a release: a wheel or a source archive."""

    filename: str
    url: str
    hashes: Mapping[str, str]
    """Algorithm to hexadecimal digest; empty where the index gives none."""
    requires_python: SpecifierSet | None
    yanked: bool
    yanked_reason: str
    uploaded: datetime | None
    """When it was uploaded (UTC); None where the index does not say."""

    @property
    def is_wheel(self) -> bool:
        """Whether it can be installed without running code of the package."""
        return self.filename.endswith(".whl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a project with the files that belong to it."""

    version: Version
    files: tuple[ReleaseFile, ...]

    @property
    def uploaded(self) -> datetime | None:
        """When its first file appeared (UTC), or None where the index does not say."""
        return min((file.uploaded for file in self.files if file.uploaded), default=None)

    @property
    def yanked(self) -> bool:
        """Whether every file was withdrawn; a release with one file left is not yanked."""
        return bool(self.files) and all(file.yanked for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Everything that an index says of one project."""

    name: NormalizedName
    releases: tuple[Release, ...]
    """Oldest version first (PEP 440 order)."""


class DropReason(StrEnum):
    """Why a release takes no part in a series. The value is what is shown."""

    YANKED = "yanked"
    PRE_RELEASE = "pre-release"
    REQUIRES_PYTHON = "requires-python"
    NO_WHEEL = "no wheel for this platform"
    AFTER_CUT_OFF = "after the cut-off"
    NO_FILES = "no files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A release inside the specifier that takes no part, and why."""

    version: Version
    reason: DropReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The releases of one project for one interpreter, in the order searched."""

    project: NormalizedName
    releases: tuple[Release, ...]
    """Oldest version first."""
    dropped: tuple[Dropped, ...]
    """Releases that the specifier admits and something else ruled out, oldest first."""
    thinned: tuple[Version, ...]
    """Releases that would do and that thinning left out, oldest first."""
    missing: tuple[Version, ...]
    """Versions named one by one that the index does not have."""
