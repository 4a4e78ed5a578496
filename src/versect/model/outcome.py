"""What an observation means: the four outcomes of a trial, and why one stays unresolved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class Cause(StrEnum):
    """Why a cell could not be decided. The value is what is stored and shown."""

    UNSATISFIABLE = "unsatisfiable"
    """No set of releases meets the requirements of this cell."""
    NO_WHEEL = "no-wheel"
    """A release has no wheel for this interpreter and platform, and may not be built."""
    BUILD_FAILED = "build-failed"
    """A source build that the study allowed did not succeed."""
    INSTALL_FAILED = "install-failed"
    """The locked files could not be installed: a wrong hash, a broken wheel."""
    INTERPRETER_MISSING = "interpreter-missing"
    """The interpreter of this cell is not on this machine."""
    NOT_STARTED = "not-started"
    """The reproduction's program is not there or cannot be executed."""
    SKIPPED = "skipped"
    """The reproduction itself said that it cannot tell (exit status 125)."""
    TIMEOUT = "timeout"
    """The reproduction was still running at its wall-clock limit."""
    OUT_OF_MEMORY = "out-of-memory"
    """The kernel ended the reproduction at its memory limit."""
    KILLED = "killed"
    """Somebody ended the reproduction with a signal, or it asked to abort (status >= 128)."""
    INDEX_UNAVAILABLE = "index-unavailable"
    """The package index gave no usable answer."""
    IMAGE_UNAVAILABLE = "image-unavailable"
    """The image of this interpreter can neither be fetched nor built here."""
    ENGINE_ERROR = "engine-error"
    """The engine failed, not the reproduction."""
    ENVIRONMENT_MODIFIED = "environment-modified"
    """The reproduction wrote into its own environment, so what it ran is not what was locked."""
    STORAGE_ERROR = "storage-error"
    """The disk was full or read-only while the environment was made."""

    @property
    def transient(self) -> bool:
        """Whether the same probe may be answered tomorrow, with nothing changed but the world.

        A trial that ended for a transient cause is not finished: the next run asks again.
        """
        return self in _TRANSIENT

    @property
    def infrastructure(self) -> bool:
        """Whether the harness's own means failed it: a reason to run again, not to read on."""
        return self in _INFRASTRUCTURE


_INFRASTRUCTURE = frozenset({Cause.INDEX_UNAVAILABLE, Cause.ENGINE_ERROR, Cause.STORAGE_ERROR})
_TRANSIENT = _INFRASTRUCTURE | {Cause.INTERPRETER_MISSING, Cause.IMAGE_UNAVAILABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The normalised face of a failure: two failures with one signature are the same fault."""

    kind: str
    """The exception's dotted type, ``exit`` or ``signal``."""
    text: str
    """The message with addresses, paths, ports and counts replaced by placeholders."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}" if self.text else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The reproduction ran and the failure sought did not appear."""

    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The failure sought appeared, wherever the study lets it appear."""

    rule: str
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedOtherwise:
    """The reproduction failed, but not with the failure sought."""

    rule: str
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """The cell could not be decided."""

    rule: str
    cause: Cause
    detail: str
    """The reason in the words of whoever gave it: the resolver, the engine, the reproduction."""


Outcome = Passed | Failed | FailedOtherwise | Unresolved


class Word(StrEnum):
    """The kind of an outcome. The value is what is stored."""

    PASSED = "passed"
    FAILED = "failed"
    OTHERWISE = "failed-otherwise"
    UNRESOLVED = "unresolved"

    @classmethod
    def of(cls, outcome: Outcome) -> Word:
        """Give the kind of an outcome."""
        match outcome:
            case Passed():
                return cls.PASSED
            case Failed():
                return cls.FAILED
            case FailedOtherwise():
                return cls.OTHERWISE
            case Unresolved():
                return cls.UNRESOLVED
            case other:
                assert_never(other)

    @property
    def failing(self) -> bool:
        """Whether the reproduction failed, in the way sought or in another."""
        return self in (Word.FAILED, Word.OTHERWISE)

    @property
    def decided(self) -> bool:
        """Whether it says something of the cell."""
        return self is not Word.UNRESOLVED

    @property
    def shown(self) -> str:
        """The word as people read it: ``failed otherwise``."""
        return self.replace("-", " ")
