"""Every way in which versect can fail to do what it was asked, each with its exit code.

A finding about a release (it failed, it has no wheel, it timed out) is an *outcome* and is
returned. An error means that the harness itself could not do its work, and is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class VersectError(Exception):
    """versect could not do what it was asked.

    ``str(error)`` says what went wrong and where; ``remedy`` says what to do next, or is empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a study, and the place: ``Fault("projects.httpx.limit", "...")``."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class StudyError(VersectError):
    """The study, or what was asked of it, is wrong; all faults are listed at once."""

    exit_code = 2

    def __init__(self, source: str, faults: tuple[Fault, ...], *, remedy: str = "") -> None:
        super().__init__(source, remedy=remedy)
        self.source = source
        self.faults = faults

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return f"{self.source}: {self.faults[0]}"
        lines = "".join(f"\n  - {fault}" for fault in self.faults)
        return f"{self.source}: {len(self.faults)} faults{lines}"


class UsageError(VersectError):
    """The request does not fit together: an unknown cell, an impossible option."""

    exit_code = 2


class UnknownProject(VersectError):
    """No configured index knows this project."""

    exit_code = 2


class IndexUnavailable(VersectError):
    """The package index gave no usable answer, after retries."""

    exit_code = 3


class EngineUnavailable(VersectError):
    """The container engine is missing, too old, or does not answer."""

    exit_code = 4


class StoreMismatch(VersectError):
    """The stored trials answer another question, or were written by a newer versect."""

    exit_code = 5


class ToolMissing(VersectError):
    """A program that versect drives (uv) is missing or does not work."""

    exit_code = 6


class StorageError(VersectError):
    """A folder that versect must write to is full, read-only or not a folder."""

    exit_code = 7


class InternalError(VersectError):
    """A promise of versect's own was broken: a bug in versect, not in the study."""

    exit_code = 70
