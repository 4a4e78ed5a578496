"""Where studies come from: a file, a folder, a script, a built-in name, or nothing but flags."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from versect.errors import Fault, StudyError, UsageError
from versect.source.draft import Draft
from versect.source.flags import bare_name
from versect.source.remember import recalled

COMMAND_LINE: Final = "command line"
"""The source of a study that consists of flags."""

_LONGEST: Final = 40
"""Characters of a name that is made of a command: it names a folder."""

_KNOWN_MINORS: Final = range(9, 20)
"""Minor versions of Python 3 that ``requires-python`` may select from."""

_SCRIPT: Final = re.compile(
    r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"
)
"""The regular expression of PEP 723."""


def find(name: str, folder: Path, results: Path) -> Draft:
    """Find a study by path, by the name of a built-in one, or by that of one run before.

    Args:
        name: ``study.toml``, ``pyproject.toml``, a Python script, a folder that holds one of the
            first two, a built-in study's name, or a name below ``results``.
        folder: What a relative path is relative to.
        results: The folder of all results.

    Raises:
        UsageError: There is no such study.
        StudyError: Its file is not TOML, or holds no study.

    """
    path = folder / name
    if path.is_dir():
        return _in_folder(path)
    if path.is_file():
        return _script(path) if path.suffix != ".toml" else _toml(path)
    builtin = dict(builtins())
    if name in builtin:
        return _toml(builtin[name])
    remembered = recalled(results, name)
    if remembered is not None:
        return remembered
    close = difflib.get_close_matches(name, builtin, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise UsageError(
        f"there is no study {name!r}: no such file or folder, no built-in study of that name, "
        f"and none that was run before in {results}",
        remedy=f"{hint}built-in studies: {', '.join(builtin)}; "
        "for a command use: versect run [options] -- COMMAND",
    )


def from_command(command: Sequence[str], folder: Path) -> Draft:
    """Make a study of a command line; its axes come from flags."""
    words = [word for word in command if not word.startswith("-")]
    stem = Path(words[1] if len(words) > 1 and words[0].startswith("python") else words[0]).stem
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-.") or "command"
    name = (name if name[0].isalpha() else f"command-{name}")[:_LONGEST].rstrip("-.")
    table = {"command": list(command)}
    return Draft(source=COMMAND_LINE, root=folder, table=table, default_name=name)


def builtins() -> Iterator[tuple[str, Path]]:
    """Give name and file of each built-in study."""
    with_study = sorted(Path(str(files("versect").joinpath("studies"))).glob("*/study.toml"))
    for path in with_study:
        yield path.parent.name.replace("_", "-"), path


def _in_folder(folder: Path) -> Draft:
    for name in ("study.toml", "pyproject.toml"):
        if (folder / name).is_file():
            return _toml(folder / name)
    raise UsageError(
        f"{folder} holds no study: neither study.toml nor pyproject.toml is there",
        remedy="write a study.toml, or use: versect run [options] -- COMMAND",
    )


def _toml(path: Path) -> Draft:
    table = _parsed(str(path), _read(path))
    if path.name == "pyproject.toml":
        found = table.get("tool", {}).get("versect")
        if not isinstance(found, dict):
            raise StudyError(str(path), (Fault("tool.versect", "there is no such table"),))
        table = found
    name = path.parent.resolve().name
    return Draft(source=str(path), root=path.parent.resolve(), table=table, default_name=name)


def _script(path: Path) -> Draft:
    """Read a Python script; a PEP 723 block gives requirements, interpreters and the study."""
    blocks = [m for m in _SCRIPT.finditer(_read(path)) if m["type"] == "script"]
    if len(blocks) > 1:
        raise StudyError(str(path), (Fault("", "more than one '# /// script' block (PEP 723)"),))
    content = "".join(
        line[2:] if line.startswith("# ") else line[1:]
        for block in blocks
        for line in block["content"].splitlines(keepends=True)
    )
    header = _parsed(str(path), content)
    table = dict(header.get("tool", {}).get("versect", {}))
    table.setdefault("reproduction", path.name)
    table.setdefault("files", [path.name])
    axes = {bare_name(written) for written in table.get("projects", {})}
    table["requires"] = [
        *(r for r in header.get("dependencies", []) if _name_of(r) not in axes),
        *table.get("requires", []),
    ]
    if "python" not in table and "requires-python" in header:
        table["python"] = _pythons(str(path), header["requires-python"])
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem)
    root = path.parent.resolve()
    return Draft(source=str(path), root=root, table=table, default_name=name)


def _name_of(requirement: object) -> str | None:
    try:
        return canonicalize_name(Requirement(str(requirement)).name)
    except InvalidRequirement:
        return None


def _pythons(source: str, requires: object) -> list[str]:
    """Give the interpreters that ``requires-python`` admits and that exist by now.

    ``>=3.12`` alone would admit interpreters that nobody has yet; of an open range the first
    three are taken.
    """
    try:
        specifier = SpecifierSet(str(requires))
    except InvalidSpecifier:
        fault = Fault("requires-python", f"{requires!r} is not a specifier")
        raise StudyError(source, (fault,)) from None
    admitted = [f"3.{minor}" for minor in _KNOWN_MINORS if specifier.contains(f"3.{minor}")]
    return admitted[:3]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        fault = Fault("", f"not UTF-8 text: {error.reason} at byte {error.start}")
        raise StudyError(str(path), (fault,)) from error
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _parsed(source: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(source, (Fault("", f"not TOML: {error}"),)) from error
