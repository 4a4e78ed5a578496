"""What a new study holds still: the same in every cell, beside the project that is varied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from versect.app.sketch import Axis
from versect.app.suspects import Chosen
from versect.select.line import PYTHON
from versect.source.evidence import Evidence
from versect.source.origins import Whose, origin
from versect.source.tracebacks import Told


def bare(written: str) -> NormalizedName:
    """Give the normalised name of a requirement."""
    return canonicalize_name(Requirement(written).name)


def up_to(evidence: Evidence, chosen: Chosen, name: str, failed: Version | None) -> str:
    """Give the releases up to the one that failed which the projects around it would take."""
    if failed is None:
        return ""
    failing = evidence.known.failing
    around = [canonicalize_name(one.name) for one in chosen.suspects if one.name != name]
    around += _needed(evidence, chosen, [])
    varied = canonicalize_name(name)
    users = failing.closure(around, without=frozenset({varied}))
    return ",".join(filter(None, (failing.oldest(varied, users), f"<={failed}")))


def requires(
    evidence: Evidence, chosen: Chosen, held: set[NormalizedName], notes: list[str]
) -> Iterator[str]:
    """Give what every cell needs beside the axes: said, imported, or called directly."""
    known = evidence.known
    given = set(held)
    for requirement in evidence.requires:
        name = canonicalize_name(requirement.name)
        if name not in given:
            given.add(name)
            yield str(requirement)
    for name in _needed(evidence, chosen, notes):
        if name not in given and name not in chosen.absent:
            given.add(name)
            version = known.version(name)
            yield f"{name}=={version}" if version else name


def as_installed(
    evidence: Evidence, axes: Sequence[Axis], required: Sequence[str]
) -> Iterator[str]:
    """Pin what else was installed where it failed, so that it is the same in every cell.

    What the varied project needs stays free: other releases of it need others.
    """
    failing = evidence.known.failing
    varied = frozenset(bare(a.name) for a in axes if isinstance(a.versions, str))
    named = frozenset(map(bare, (*required, *(axis.name for axis in axes))))
    free = failing.closure(varied)
    for name in sorted(failing.closure(named - varied, without=varied) - free - named):
        yield f"{name}=={failing.versions[name]}"


def _needed(evidence: Evidence, chosen: Chosen, notes: list[str]) -> Iterator[NormalizedName]:
    known, program = evidence.known, evidence.program
    for suspect in chosen.suspects[1:2]:
        if suspect.name != PYTHON:
            yield canonicalize_name(suspect.name)
    if evidence.command[:3] == ("python", "-m", "pytest"):
        yield canonicalize_name("pytest")
    for module in program.modules:
        name = known.project(module)
        if module not in program.optional or known.version(name) is not None:
            yield name
        else:
            notes.append(f"{name} is left out: the program can do without it")
    if chosen.failure is not None:
        yield from _called_by_the_program(evidence, chosen.failure)


def _called_by_the_program(evidence: Evidence, failure: Told) -> Iterator[NormalizedName]:
    """Give the projects that the program's own lines call, and the one that raised it."""
    before = Whose.OWN
    last = None
    for call in failure.calls:
        whose = origin(call.file)
        if whose.whose is Whose.INSTALLED:
            last = evidence.known.project(whose.module, whose.rest)
            if before is not Whose.INSTALLED:
                yield last
        if whose.whose is not Whose.NOBODY:
            before = whose.whose
    if last is not None:
        yield last
