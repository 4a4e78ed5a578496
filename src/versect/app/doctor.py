"""Examine a machine: checks side by side, each bounded in time, and what follows of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from versect.errors import EngineUnavailable, IndexUnavailable, StorageError, ToolMissing


class State(StrEnum):
    """How something was found. The value is what is shown."""

    GOOD = "ok"
    NOTE = "note"
    """It works, and less well than it could; or it is one of several that will do."""
    MISSING = "missing"

    @property
    def usable(self) -> bool:
        """Whether it can be worked with."""
        return self is not State.MISSING


class Topic(StrEnum):
    """What is looked at. The value is what is shown."""

    INTERPRETERS = "interpreters"
    DOCKER = "docker"
    PODMAN = "podman"
    IMAGES = "images"
    UV = "uv"
    INDEX = "index"
    CACHE = "cache"
    RESULTS = "results"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one topic."""

    topic: Topic
    state: State
    words: str
    """One line."""
    details: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    """Commands, to be typed as they are."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs: what JSON can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All findings, and whether anything can run."""

    findings: tuple[Finding, ...]
    """In the order of ``Topic``."""
    engine: str | None
    """What ``--engine auto`` takes; None where nothing can run."""
    exit_code: int
    """0 where something can run; else that of the first thing that is in the way of everything."""


Check = Callable[[], Finding]

_NEEDED: Final = (
    (Topic.UV, ToolMissing.exit_code),
    (Topic.CACHE, StorageError.exit_code),
    (Topic.RESULTS, StorageError.exit_code),
    (Topic.INDEX, IndexUnavailable.exit_code),
)
"""Without these nothing runs, whatever the engine."""


def examine(checks: Mapping[Topic, Check], *, patience: float) -> tuple[Finding, ...]:
    """Make all checks at once.

    Args:
        checks: Each gives its finding; what it raises becomes one.
        patience: Seconds after which a check that has not ended is given up; it is left to itself.

    """
    found: dict[Topic, Finding] = {}
    guard = threading.Lock()

    def make(topic: Topic, check: Check) -> None:
        try:
            finding = check()
        except Exception as error:  # noqa: BLE001 - a doctor does not fall ill itself
            words = f"could not be looked at: {type(error).__name__}: {error}"
            finding = Finding(topic=topic, state=State.MISSING, words=words)
        with guard:
            found.setdefault(topic, finding)

    threads = [threading.Thread(target=make, args=item, daemon=True) for item in checks.items()]
    for thread in threads:
        thread.start()
    end = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    with guard:
        for topic in checks:
            late = f"no answer in {patience:g} s"
            found.setdefault(topic, Finding(topic=topic, state=State.MISSING, words=late))
        return tuple(found[topic] for topic in Topic if topic in found)


def diagnose(findings: Sequence[Finding]) -> Diagnosis:
    """Say whether anything can run, and on which engine."""
    states = {finding.topic: finding.state for finding in findings}
    engines = [
        (Topic.DOCKER, "docker"),
        (Topic.PODMAN, "podman"),
        (Topic.INTERPRETERS, "local"),
    ]
    engine = next((n for topic, n in engines if states.get(topic, State.MISSING).usable), None)
    code = next((code for topic, code in _NEEDED if states.get(topic) is State.MISSING), 0)
    if not code and engine is None:
        code = EngineUnavailable.exit_code
    return Diagnosis(
        findings=tuple(_eased(finding, engine) for finding in findings),
        engine=None if code else engine,
        exit_code=code,
    )


def _eased(finding: Finding, engine: str | None) -> Finding:
    """Make no fault of a second engine that is missing."""
    other = finding.topic in {Topic.DOCKER, Topic.PODMAN} and engine in {"docker", "podman"}
    if not other or finding.state.usable:
        return finding
    return replace(
        finding, state=State.NOTE, words=f"{finding.words}; {engine} will do", remedies=()
    )
