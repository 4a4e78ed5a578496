"""The truth set as data: what each case asks, what must be answered, and how an answer compares."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
REPRODUCTIONS = FOLDER / "reproductions"

Boundary = tuple[str, str, str]
"""The last release before a change, the first one after it, and what that one does."""


class Kind(StrEnum):
    """What is special about a breakage."""

    THRESHOLD = "threshold"
    FIX = "fix"
    WINDOW = "window"
    LOGGED = "logged"
    """The program ends with status 0; the failure is in its output."""
    INTERPRETER = "interpreter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A public breakage; the fields are explained at the top of ``cases.toml``."""

    id: str
    kind: Kind
    project: str
    python: tuple[str, ...]
    requires: tuple[str, ...]
    code: str | None = None
    script: str | None = None
    arguments: tuple[str, ...] = ()
    message: str | None = None
    text: str | None = None
    yanked: bool = False
    last_passing: str | None = None
    first_failing: str | None = None
    last_failing: str | None = None
    first_passing: str | None = None
    also: tuple[Boundary, ...] = ()
    new_face: str | None = None
    source: str

    @property
    def command(self) -> tuple[str, ...]:
        """The reproduction as a command line, to be run where ``REPRODUCTIONS`` are."""
        words = (self.script or f"{self.id}.py",) if self.code is None else ("-c", self.code)
        return ("python", *words, *self.arguments)

    @property
    def options(self) -> tuple[str, ...]:
        """The options of ``versect bisect`` that ask for this case, and say nothing of its ends."""
        words = [f"--project={self.project}"]
        words += [f"--python={python}" for python in self.python]
        words += [f"--require={requirement}" for requirement in self.requires]
        for name in ("message", "text"):
            value = getattr(self, name)
            words += [] if value is None else [f"--{name}={value}"]
        words += ["--yanked"] if self.yanked else []
        words += {Kind.FIX: ["--find-fix"], Kind.WINDOW: ["--scan"]}.get(self.kind, [])
        return tuple(words)

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        """What must be found, oldest first."""
        appears = (self.last_passing, self.first_failing, "fails")
        goes = (self.last_failing, self.first_passing, "passes")
        return tuple((a, b, into) for a, b, into in (appears, goes) if a is not None and b)


def load(path: Path = FOLDER / "cases.toml") -> dict[str, Case]:
    """Read the cases by id, in the order of the file."""
    tables = tomllib.loads(path.read_text())
    return {name: _case(name, table) for name, table in tables.items()}


def wrong(case: Case, verdict: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what a verdict (``verdict.json``) has otherwise than was measured; empty for nothing."""
    seen = {_boundary(one) for one in verdict["transitions"]}
    faults = [f"{words(one)} is missing" for one in case.boundaries if one not in seen]
    faults += [f"{words(one)} is none" for one in sorted(seen - {*case.boundaries, *case.also})]
    word = "not-monotonic" if len(seen | set(case.boundaries)) > 1 else "found"
    if verdict["verdict"] != word:
        faults.append(f"the verdict should be {word}")
    faces = {face["first"] for face in verdict["faces"]}
    if faces != {case.new_face} - {None}:
        faults.append(f"a new face from {case.new_face or 'no release'} on is due")
    return tuple(faults)


def found(verdict: Mapping[str, Any]) -> str:
    """Say the boundaries of a verdict, and where the failure's face changes."""
    parts = [words(_boundary(one)) for one in verdict["transitions"]]
    parts += [f"other face from {face['first']}" for face in verdict["faces"]]
    return "; ".join(parts) or "none"


def words(boundary: Boundary) -> str:
    """Say a boundary: ``81.0.0 | 82.0.0 fails``."""
    last, first, into = boundary
    return f"{last} | {first} {into}"


def bound(releases: int) -> int:
    """Trials that a search of so many releases may take, both ends included."""
    return math.ceil(math.log2(releases)) + 2


def _boundary(transition: Mapping[str, Any]) -> Boundary:
    return transition["last"], transition["first"], transition["into"]


def _case(name: str, table: Mapping[str, Any]) -> Case:
    lists = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    also = tuple((last, first, into) for last, first, into in table.get("also", ()))
    return Case(id=name, **{**table, **lists, "also": also, "kind": Kind(table["kind"])})
