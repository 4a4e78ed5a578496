"""What ``versect init`` goes by: the program, what it printed, what was installed."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from versect.errors import UsageError
from versect.source import tracebacks
from versect.source.knowledge import Knowledge
from versect.source.load import find
from versect.source.modules import Installed, installed, is_standard
from versect.source.origins import origin, python_of, versions_in
from versect.source.program import Program, local, of_code, of_script
from versect.source.starting import PYTHON, Given, root_of, started
from versect.source.tracebacks import Pasted

_NOTHING: Final = Program(modules=(), optional=frozenset(), files=())
_OWN_STUDY: Final = frozenset({"projects", "parameters", "failure"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a study can be made of."""

    root: Path
    """The folder of the study."""
    reproduction: str
    """The script, relative to the root; empty where there is a command."""
    command: tuple[str, ...]
    arguments: tuple[str, ...]
    program: Program
    requires: tuple[Requirement, ...]
    """What the script itself says that it needs (PEP 723)."""
    pythons: tuple[str, ...]
    """Interpreters that it says it is for; empty where it does not."""
    failed_on: str | None
    """The interpreter that printed the traceback."""
    pasted: Pasted
    known: Knowledge
    notes: tuple[str, ...]


def gathered(given: Given) -> Evidence:
    """Read what is given.

    Raises:
        UsageError: It does not say which program fails, or that program cannot be a study's.
        StudyError: The script is not Python 3.

    """
    text = given.pasted or ""
    pasted = tracebacks.read(text)
    if given.pasted is not None and not pasted.chains:
        raise UsageError(
            "no exception is found in the text of the traceback",
            remedy="it should hold a line such as 'TypeError: ...'; without --traceback any exit "
            "status but 0 is the failure",
        )
    start = started(given, pasted)
    root = root_of(given, start.script)
    reproduction, command = "", start.command
    program: Program = _NOTHING
    header: Mapping[str, Any] = {}
    if start.script is not None:
        reproduction = start.script.resolve().relative_to(root.resolve()).as_posix()
        program = of_script(start.script, root)
        header = _header(start.script, root)
    else:
        program = _of_command(command, root)
    requires = tuple(_requirements(header.get("requires", ())))
    known, notes = _known(given, text, pasted, requires, program)
    return Evidence(
        root=root,
        reproduction=reproduction,
        command=command,
        arguments=start.arguments,
        program=program,
        requires=requires,
        pythons=tuple(header.get("python", ())),
        failed_on=python_of(text) or known.failing.python,
        pasted=pasted,
        known=known,
        notes=(*start.notes, *notes),
    )


def _header(script: Path, root: Path) -> Mapping[str, Any]:
    """Give what a script's PEP 723 block says.

    Raises:
        UsageError: It is a study already.

    """
    table = find(str(script.resolve()), root, root).table
    if _OWN_STUDY & table.keys():
        raise UsageError(
            f"{script} carries a study of its own ([tool.versect])",
            remedy=f"run it: versect run {script}",
        )
    return table


def _requirements(written: Iterable[object]) -> Iterable[Requirement]:
    for one in written:
        try:
            yield Requirement(str(one))
        except InvalidRequirement:
            raise UsageError(
                f"the script requires {one!r}, which is not a requirement",
                remedy="mend its '# /// script' block (PEP 723)",
            ) from None


def _of_command(command: Sequence[str], root: Path) -> Program:
    """Read what a command's words name: code, modules, files and folders."""
    found = [_NOTHING]
    words = list(command)
    for option, value in itertools.pairwise(words):
        if option == "-c":
            found.append(of_code(value, root))
        elif option == "-m":
            own = local(value, root) or local(f"{value}.__main__", root)
            found.append(of_script(own, root) if own else _of_module(value))
    if words and not PYTHON.fullmatch(words[0]) and not (root / words[0]).exists():
        found.append(_of_module(Path(words[0]).name))
    for word in words[1:]:
        path = root / word.partition("::")[0]
        if path.is_file() and path.suffix == ".py":
            found.append(of_script(path, root))
            beside = path.parent / "conftest.py"
            if beside.is_file():
                found.append(of_script(beside, root))
    return Program(
        modules=tuple(dict.fromkeys(m for one in found for m in one.modules)),
        optional=frozenset().union(*(one.optional for one in found)),
        files=tuple(dict.fromkeys(f for one in found for f in one.files)),
    )


def _of_module(name: str) -> Program:
    modules = () if is_standard(name) or not name.isidentifier() else (name,)
    return Program(modules=modules, optional=frozenset(), files=())


def _known(
    given: Given,
    text: str,
    pasted: Pasted,
    requires: Sequence[Requirement],
    program: Program,
) -> tuple[Knowledge, tuple[str, ...]]:
    """Put together what is known, and say what was looked up unasked."""
    sites = [
        Path(whose.site)
        for chain in pasted.chains
        for told in chain
        for call in told.calls
        if (whose := origin(call.file)).site
    ]
    failing = installed(given.folder / site for site in dict.fromkeys(sites))
    notes: tuple[str, ...] = ()
    if not failing.folders and not given.locked:
        found = _beside(given, program)
        if found is not None:
            failing, notes = found
    told: dict[NormalizedName, Version] = {}
    for name, version in versions_in(text).items():
        _tell(told, name, version)
    for chain in pasted.chains:
        for one in chain:
            for call in one.calls:
                whose = origin(call.file)
                if whose.version:
                    _tell(told, whose.module.partition(".")[0], whose.version)
    for requirement in requires:
        pins = [s.version for s in requirement.specifier if s.operator in {"==", "==="}]
        if len(pins) == 1:
            _tell(told, requirement.name, pins[0])
    known = Knowledge(
        locked=given.locked,
        told=told,
        failing=failing,
        here=installed(Path(entry) for entry in sys.path if entry.endswith("-packages")),
    )
    return known, notes


def _beside(given: Given, program: Program) -> tuple[Installed, tuple[str, ...]] | None:
    """Find the environment that has what the program imports, and say which one it is."""
    needed = {m.partition(".")[0] for m in program.modules if m not in program.optional}
    for environment in given.environments:
        found = installed(sorted(environment.glob("lib/python3.*/site-packages")))
        if needed and needed <= found.owners.keys():
            return found, (f"it failed with the releases that are installed in {environment}",)
    return None


def _tell(told: dict[NormalizedName, Version], name: str, version: str) -> None:
    try:
        told.setdefault(canonicalize_name(name), Version(version))
    except InvalidVersion:
        return
