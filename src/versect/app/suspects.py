"""Which projects a failure speaks against, the likeliest first, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from packaging.utils import NormalizedName

from versect.model.trial import Link
from versect.select.line import PYTHON
from versect.source.knowledge import Knowledge
from versect.source.modules import is_standard, is_sure
from versect.source.origins import Origin, Whose, origin
from versect.source.tracebacks import Told

_MISSING: Final = re.compile(r"No module named '?(?P<module>[\w.]+)'?")
_NAMED: Final = re.compile(
    r"cannot import name '[^']+' from (?:partially initialized module )?'(?P<from>[\w.]+)'"
    r"|module '(?P<module>[\w.]+)' has no attribute"
)
_CLASS: Final = re.compile(
    r"'(?P<object>\w+)' object has no attribute|type object '(?P<type>\w+)' has no attribute"
    r"|\b(?P<class>[A-Za-z_]\w*)\.\w+\(\) (?:got|takes|missing)"
)
_DOTTED: Final = re.compile(r"(?<![\w./])(?P<module>[a-z_]\w*)(?:\.[A-Za-z_]\w*)+")
_INNERMOST: Final = 2
_TELLING: Final = 4
"""Letters of a name that stands in a line by no accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A project, or ``python``, and what speaks against it."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was asked, or assumed."""

    chain: tuple[Told, ...]
    failure: Told | None
    suspects: tuple[Suspect, ...]
    """The one whose releases are varied first."""
    absent: frozenset[str]
    """Projects that were guessed and that no index has."""
    versions: str | None
    """A specifier for its releases; None for what the evidence says."""
    exception: str | None
    message: str | None


def suspects(
    chain: Sequence[Told], failure: Told | None, modules: Sequence[str], known: Knowledge
) -> tuple[Suspect, ...]:
    """Rank the projects whose releases may have brought a failure.

    First comes what the message names (a class that a project defines, a module), then the code
    that raised it, then what called that, inside out, then installed projects whose names stand in
    the lines that failed, and at last what the program imports.

    Args:
        chain: The exceptions that led to the failure, itself among them.
        failure: The one that is sought; None where only the program is known.
        modules: What the program imports.
        known: What is known of projects.

    """
    called = tuple(_called(chain, failure, known))
    imported = tuple(dict.fromkeys(known.project(module) for module in modules))
    found: dict[str, Suspect] = {}
    for suspect in (
        *_named(failure, called, imported, known),
        *(Suspect(name=name, reason=reason) for name, reason, _ in called),
        *_in_the_lines(failure, called, known),
        *(Suspect(name=name, reason="imported by the program") for name in imported),
    ):
        found.setdefault(suspect.name, suspect)
    return tuple(found.values())


_Called = tuple[NormalizedName, str, Origin]


def _called(chain: Sequence[Told], failure: Told | None, known: Knowledge) -> Iterator[_Called]:
    """Give the projects on the calls, the innermost of the failure first.

    The calls of what directly caused it come before its own: that is where it began.
    """
    if failure is None:
        return
    ordered = [one for one in chain if one.link is Link.CAUSE]
    ordered += [one for one in reversed(chain) if one.link is not Link.CAUSE]
    verb = "raised it"
    for told in ordered:
        for call in reversed(told.calls):
            whose = origin(call.file)
            if whose.whose is Whose.INSTALLED:
                where = f"{whose.rest}:{call.line}"
                yield known.project(whose.module, whose.rest), f"{verb}: {where}", whose
            verb = "on the way to it"


def _named(
    failure: Told | None,
    called: Sequence[_Called],
    imported: Sequence[NormalizedName],
    known: Knowledge,
) -> Iterator[Suspect]:
    """Give what the message names."""
    message = "" if failure is None else failure.message
    for found in _CLASS.finditer(message):
        name = found["object"] or found["type"] or found["class"]
        definer = _definer(name, called, imported, known)
        if definer is not None:
            yield Suspect(name=definer, reason=f"the message names its class {name}")
    for found in _NAMED.finditer(message):
        yield _of_module(found["from"] or found["module"], known)
    for found in _MISSING.finditer(message):
        module = found["module"]
        # A lone name that nobody knows is no suspect: whoever imports it is.
        if "." in module or is_standard(module) or is_sure(module) or known.is_certain(module):
            yield _of_module(module, known)
    names = {name for name, _, _ in called} | set(imported) | known.failing.versions.keys()
    for found in _DOTTED.finditer(message):
        if not is_standard(found["module"]) and known.project(found["module"]) in names:
            yield _of_module(found["module"], known)


def _in_the_lines(
    failure: Told | None, called: Sequence[_Called], known: Knowledge
) -> Iterator[Suspect]:
    """Give installed projects that the innermost lines name: ``SyncHttpxClientWrapper(``."""
    lines = [call.text.lower() for call in (failure.calls if failure else ())[-_INNERMOST:]]
    mine = {name for name, _, _ in called}
    for name in sorted({*known.locked, *known.failing.versions} - mine):
        word = name.replace("-", "_")
        if len(word) >= _TELLING and any(word in line for line in lines):
            yield Suspect(name=name, reason="a line that failed names it")


def _of_module(module: str, known: Knowledge) -> Suspect:
    name: str = PYTHON if is_standard(module) else known.project(module)
    return Suspect(name=name, reason=f"the message names {module}")


def _definer(
    name: str, called: Sequence[_Called], imported: Sequence[NormalizedName], known: Knowledge
) -> NormalizedName | None:
    """Give the project that defines a class, of those that the failing code had at hand."""
    candidates: dict[NormalizedName, None] = {}
    for project, _, whose in called[:1]:
        candidates[project] = None
        candidates.update(dict.fromkeys(known.neighbours(whose.site, whose.rest)))
    candidates.update(dict.fromkeys(imported))
    candidates.update(dict.fromkeys(project for project, _, _ in called))
    return next((one for one in candidates if known.defines(one, name)), None)
