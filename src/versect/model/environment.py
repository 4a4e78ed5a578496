"""Locks and environments: what a resolver chose, and what was built from it for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NewType

from packaging.requirements import Requirement
from packaging.utils import NormalizedName
from packaging.version import Version

LockDigest = NewType("LockDigest", str)
"""SHA-256 over what a lock installs, in hexadecimal."""
EnvironmentKey = NewType("EnvironmentKey", str)
"""Names one environment: a digest over a lock's digest and a target's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The interpreter that cells of one Python run on, on this machine or in an image.

    A target is asked of the real interpreter, never guessed from a name.
    """

    python: str
    """``major.minor`` as the study says it."""
    version: str
    """The whole version, ``3.12.1``."""
    executable: str
    """Absolute path of the interpreter, as seen where the cell runs."""
    magic: str
    """Hexadecimal magic number of its bytecode: files compiled for it serve any equal magic."""
    cache_tag: str
    """``cpython-312``."""
    platform: str | None
    """uv's name of the platform (``x86_64-manylinux_2_36``); None for this machine's own."""
    image: str | None
    """Digest of the image (``sha256:...``); None where no container is used."""

    @property
    def key(self) -> str:
        """What distinguishes environments of one lock: the image, or the interpreter itself."""
        return self.image or f"{self.executable} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """Everything that decides what a resolver answers, the state of the index aside."""

    requirements: tuple[Requirement, ...]
    """Pins of the axes first, then the study's own, in the study's order."""
    version: str
    """The interpreter's whole version, for markers and ``requires-python``."""
    platform: str | None
    """As in Target."""
    cut_off: datetime | None
    """Files uploaded later do not exist for this resolution (UTC)."""
    build: frozenset[NormalizedName]
    """Projects that may be built from source; everything else must have a wheel."""
    preferred: tuple[tuple[NormalizedName, Version], ...] = ()
    """Releases that the resolver keeps where it may; projects that nothing requires are not
    installed for it. Where a requirement speaks against one, that project gets the newest release
    that fits, as without a preference. Of several for one project the newest that fits is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package of a lock: the very file that is installed."""

    name: NormalizedName
    version: Version
    filename: str
    """The wheel's (or source archive's) file name."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Everything a resolver chose for a cell."""

    text: str
    """The ``pylock.toml`` (PEP 751), hashes included."""
    packages: tuple[LockedPackage, ...]
    """Sorted by name."""
    digest: LockDigest

    def version(self, project: NormalizedName) -> Version | None:
        """The release of a project that this lock installs, or None."""
        return next((p.version for p in self.packages if p.name == project), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What was really built from a lock for a target; immutable from then on."""

    key: EnvironmentKey
    root: Path
    """The folder on this machine, laid out as a virtual environment: ``pyvenv.cfg``,
    ``bin/python`` and ``lib/python3.X/site-packages``."""
    home: str
    """The absolute path under which cells see ``root``."""
    target: Target

    @property
    def python(self) -> str:
        """The environment's interpreter, as a cell names it."""
        return f"{self.home}/bin/python"
