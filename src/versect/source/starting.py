"""How a program that failed is started: as the command line says, or as a traceback tells."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.utils import NormalizedName
from packaging.version import Version

from versect.errors import UsageError
from versect.source.origins import Whose, origin
from versect.source.tracebacks import Call, Pasted

PYTHON: Final = re.compile(r"python(?:3(?:\.\d+)?)?(?:\.exe)?")
"""Names under which a command starts Python."""
PYTEST: Final = ("python", "-m", "pytest", "-x", "-p", "no:cacheprovider")
_REMEDY: Final = "name the program: versect init SCRIPT --traceback FILE, or ... -- COMMAND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was said on the command line, files read."""

    script: Path | None
    command: tuple[str, ...]
    pasted: str | None
    """The text of a traceback."""
    locked: Mapping[NormalizedName, Version]
    folder: Path
    """The current one."""
    root: Path | None
    """The study's folder, where it is said."""
    environments: tuple[Path, ...]
    """Virtual environments in which the program may have run, the likeliest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """How the program is started: a script with arguments, or a command."""

    script: Path | None = None
    arguments: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def started(given: Given, pasted: Pasted) -> Started:
    """Find out how the program is started.

    Raises:
        UsageError: Neither the command line nor the traceback says.

    """
    if given.command:
        return _of_words(given.command, given.folder)
    if given.script is not None:
        return Started(script=given.script)
    found = _tested(given, pasted) or _traced(given, pasted)
    if found is None:
        raise UsageError(
            "the traceback does not tell which program of this machine failed", remedy=_REMEDY
        )
    return found


def _of_words(words: Sequence[str], folder: Path) -> Started:
    """Read a command; a script started by Python is told apart from its arguments."""
    program, *rest = words
    if not PYTHON.fullmatch(Path(program).name):
        return Started(command=tuple(words))
    if rest and not rest[0].startswith("-") and _is_file(folder / rest[0]):
        return Started(script=folder / rest[0], arguments=tuple(rest[1:]))
    return Started(command=("python", *rest))


def _tested(given: Given, pasted: Pasted) -> Started | None:
    """Give the command that runs the first failed test of pytest's, where its file is here."""
    base = given.root or given.folder
    for test, _ in pasted.tests:
        if _is_file(base / test.partition("::")[0]):
            more = len(pasted.tests) - 1
            left = (f"{more} more failed tests are left out",) if more else ()
            return Started(command=(*PYTEST, test), notes=(f"the test that fails is {test}", *left))
    return None


def _traced(given: Given, pasted: Pasted) -> Started | None:
    """Find the program in the calls of a traceback, its outermost first."""
    calls = [call for chain in reversed(pasted.chains) for told in reversed(chain)
             for call in told.calls]  # fmt: skip
    for call in calls:
        whose = origin(call.file)
        if whose.whose is Whose.SCRIPT:
            note = f"the arguments of {whose.module} are not told: --version stands for them"
            return Started(command=(whose.module, "--version"), notes=(note,))
        path = given.folder / call.file
        if whose.whose is Whose.OWN and _is_file(path) and path.suffix in {".py", ""}:
            name = _relative(path, given)
            if path.name.startswith("test_") and call.function.startswith("test"):
                return Started(command=(*PYTEST, name, "-k", call.function))
            note = f"the program is {name} without arguments: the traceback begins there"
            return Started(script=path, notes=(note,))
    for call in calls:
        if origin(call.file).whose in {Whose.OWN, Whose.NOBODY} and _is_import(call):
            note = f"{call.file} is not here; the import that the traceback shows stands for it"
            return Started(command=("python", "-c", call.text), notes=(note,))
    return None


def _relative(path: Path, given: Given) -> str:
    base = f"{(given.root or given.folder).resolve()}/"
    return str(path.resolve()).removeprefix(base)


def _is_file(path: Path) -> bool:
    """Whether there is such a file; what a text takes for a path may be none that can be."""
    return os.path.isfile(path)  # noqa: PTH113 - raises nothing


def _is_import(call: Call) -> bool:
    try:
        (statement,) = ast.parse(call.text).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    return isinstance(statement, ast.Import) or (
        isinstance(statement, ast.ImportFrom) and not statement.level
    )


def root_of(given: Given, script: Path | None) -> Path:
    """Give the study's folder: the one that is said, the current one, or the script's.

    Raises:
        UsageError: The script does not lie below the folder that is said.

    """
    inside = given.root or given.folder
    if script is None or script.resolve().is_relative_to(inside.resolve()):
        return inside
    if given.root is None:
        return script.resolve().parent
    raise UsageError(
        f"{script} does not lie below {given.root}, and a study sees its own folder only",
        remedy=f"write the study beside it: --output {script.parent / 'study.toml'}",
    )
