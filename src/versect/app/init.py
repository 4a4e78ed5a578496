"""Make the sketch of a study from evidence and from what was chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import Version

from versect.app.holding import as_installed, bare, requires, up_to
from versect.app.sketch import Axis, Face, Sketch
from versect.app.suspects import Chosen, Suspect
from versect.classify.pattern import pattern_of
from versect.model.trial import Link
from versect.select.line import PYTHON
from versect.source.evidence import Evidence
from versect.source.modules import is_standard
from versect.source.tracebacks import Told

_PYTHONS: Final = 3
_LIMITS: Final = {1: 8, 2: 6, 3: 6}
"""Releases of the suspect beside so many interpreters: a first table of at most 18 cells."""


def failures(evidence: Evidence) -> tuple[tuple[Told, ...], ...]:
    """Give the chains of exceptions, that which is most likely asked about first.

    Of pytest's output it is that of the first test of the summary, of anything else the last.
    """
    pasted = evidence.pasted
    chains = [c for c in pasted.chains if c[-1].type != "KeyboardInterrupt"] or list(pasted.chains)
    if not pasted.tests:
        return tuple(reversed(chains))
    words = pasted.tests[0][1].removesuffix("...")
    return tuple(sorted(chains, key=lambda chain: not _printed(chain[-1]).startswith(words)))


def _printed(told: Told) -> str:
    return f"{told.type}: {told.message}" if told.type else told.message


def draw(evidence: Evidence, chosen: Chosen, *, here: Sequence[str]) -> Sketch:
    """Make the sketch of a study.

    Args:
        evidence: What there is to go by.
        chosen: What was chosen.
        here: The interpreters of this machine, ``major.minor``, in any order.

    """
    notes = list(evidence.notes)
    here = tuple(sorted(here, key=Version))
    pythons = _pythons(evidence, chosen, here, notes)
    axes = _axes(evidence, chosen, len(pythons), notes)
    held = {bare(axis.name) for axis in axes}
    needed = tuple(requires(evidence, chosen, held, notes))
    stem = Path(evidence.reproduction).stem if evidence.reproduction else _stem(evidence.command)
    suspect = chosen.suspects[0].name if chosen.suspects else ""
    return Sketch(
        name=_name(stem, suspect),
        made_from=_made_from(evidence),
        reproduction=evidence.reproduction,
        command=evidence.command,
        arguments=evidence.arguments,
        files=evidence.program.files,
        pythons=pythons,
        pythons_here=here,
        failed_on=evidence.failed_on if evidence.failed_on in pythons else None,
        requires=(*needed, *as_installed(evidence, axes, needed)),
        axes=axes,
        face=_face(chosen),
        notes=tuple(dict.fromkeys(notes)),
    )


def next_commands(sketch: Sketch, path: str, suspects: Sequence[Suspect]) -> Iterator[str]:
    """Give the commands that come next."""
    yield f"versect run {path}"
    varied = next((a for a in sketch.axes if isinstance(a.versions, str)), None)
    several = len(sketch.pythons) > 1 and sketch.failed_on is not None
    python = f" --python {sketch.failed_on}" if several else ""
    for suspect in suspects[:2]:
        words = f"versect bisect {path} --project {suspect.name}"
        if suspect.name == PYTHON and varied and varied.failed:
            yield f"{words} --axis {bare(varied.name)}={varied.failed}"
        elif suspect.name == PYTHON:
            yield words
        elif varied is None or suspect.name == bare(varied.name):
            yield f"{words}{python}"
        else:
            held = f" --axis {bare(varied.name)}={varied.failed}" if varied.failed else ""
            own = [a for a in sketch.axes if bare(a.name) == suspect.name and a.failed]
            bad = f" --bad {own[0].failed}" if own else ""
            if own or any(bare(one) == suspect.name for one in sketch.requires):
                yield f"{words}{bad}{held}{python}"


def _pythons(
    evidence: Evidence, chosen: Chosen, here: tuple[str, ...], notes: list[str]
) -> tuple[str, ...]:
    """Choose interpreters: the one that failed; where nobody knows it, the newest of the machine.

    A search takes the newest of them, so that one that is no part of the story would mislead it.
    """
    allowed = [one for one in here if not evidence.pythons or one in evidence.pythons]
    if any(suspect.name == PYTHON for suspect in chosen.suspects[:1]):
        return tuple(allowed or here)
    failed = evidence.failed_on
    if failed in here:
        return (failed,)
    newest = tuple((allowed or here)[-_PYTHONS:])
    if failed is not None and newest:
        nearest = min(newest, key=lambda one: abs(_minor(one) - _minor(failed)))
        notes.append(f"it failed on Python {failed}, which this machine lacks: {nearest} instead")
        return (nearest,)
    return newest or (failed or "3.12",)


def _minor(python: str) -> int:
    return int(python.partition(".")[2])


def _axes(evidence: Evidence, chosen: Chosen, pythons: int, notes: list[str]) -> tuple[Axis, ...]:
    """Make the axes: the first suspect is varied, the second held at the release that failed."""
    axes: list[Axis] = []
    numbered = [(n, s) for n, s in enumerate(chosen.suspects, start=1) if s.name != PYTHON]
    for number, suspect in numbered[:2]:
        failed = evidence.known.version(suspect.name)
        written = _written(evidence, suspect.name)
        reason = f"suspect {number}, {suspect.reason}"
        if not axes:
            versions = chosen.versions
            if versions is None:
                versions = up_to(evidence, chosen, suspect.name, failed)
            if not failed:
                notes.append(
                    f"with which release of {suspect.name} it failed is not known: all are tried"
                )
            axes.append(
                Axis(
                    name=written,
                    reason=reason,
                    versions=versions,
                    limit=_LIMITS.get(pythons, 4),
                    failed=failed,
                )
            )
        elif failed is None:
            notes.append(
                f"with which release of {suspect.name} it failed is not known: any may be "
                f"installed; better give --lock, or pin it under requires"
            )
        else:
            axes.append(
                Axis(
                    name=written, reason=reason, versions=(str(failed),), limit=None, failed=failed
                )
            )
    return tuple(axes)


def _written(evidence: Evidence, name: str) -> str:
    """Give a project's name with the extras that the program asks for."""
    for requirement in evidence.requires:
        if canonicalize_name(requirement.name) == name and requirement.extras:
            return f"{name}[{','.join(sorted(requirement.extras))}]"
    return name


def _face(chosen: Chosen) -> Face:
    if chosen.exception or chosen.message:
        return Face(exception=chosen.exception or "", message=chosen.message or "")
    failure = chosen.failure
    if failure is None:
        return Face()
    if not failure.type:
        return Face(text=pattern_of(failure.message))
    others = tuple(
        (_bare_type(one.type), pattern_of(one.message))
        for one in chosen.chain
        if one is not failure and one.link is not Link.OUTERMOST and one.type
    )
    return Face(
        exception=_bare_type(failure.type), message=pattern_of(failure.message), others=others
    )


def _bare_type(dotted: str) -> str:
    """Give a type without its module, which moves from release to release."""
    return dotted.rpartition(".")[2]


def _made_from(evidence: Evidence) -> str:
    program = evidence.reproduction or " ".join(evidence.command)
    return f"a traceback and {program}" if evidence.pasted.chains else program


def _stem(command: Sequence[str]) -> str:
    for word in command[1:]:
        if word.endswith(".py") or ".py::" in word:
            return Path(word.partition("::")[0]).stem
    words = [w for w in command if not w.startswith("-") and re.fullmatch(r"[\w.]+", w)]
    words = [w for w in words if not is_standard(w) and w != "python"]
    return words[0] if words else ""


def _name(stem: str, suspect: str) -> str:
    parts = [stem, *([suspect] if suspect and suspect != stem else [])]
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(filter(None, parts))).strip("-.")[:40]
    name = name.rstrip("-.") or "study"
    return name if name[0].isalpha() and name[0].isascii() else f"study-{name}"
