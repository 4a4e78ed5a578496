"""The files of a reproduction: which ones decide its answer, and their digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from versect.errors import Fault, StorageError
from versect.model.study import Study
from versect.source.schema import RawStudy

_IGNORED: Final = frozenset({"__pycache__", "results", "node_modules", "build", "dist"})
_DESCRIBING: Final = frozenset({"study.toml", "pyproject.toml"})
"""Files that say what to ask, not how it is answered: changing them makes no trial stale."""
_APART: Final = frozenset({"trials.jsonl", ".run.lock", "pyvenv.cfg"})
"""What a folder of results holds, whatever ``--results`` calls it, or a virtual environment: a run
changes no question, and cells have environments of their own."""
_MOST: Final = 2000
"""Files that a study without ``files`` may have before it must say which ones matter."""


def reproduction_fault(root: Path, written: str) -> str | None:
    """Say what is wrong with the name of a reproduction, or None."""
    path = root / written
    if not path.resolve().is_relative_to(root.resolve()):
        return f"{written} lies outside the study's folder {root}"
    if path.is_dir():
        return f"{written} is a folder, not a file"
    if not path.exists():
        return f"there is no file {written} in {root}"
    if not path.is_file():
        return f"{written} is not a regular file"
    if not os.access(path, os.R_OK):
        return f"{written} cannot be read"
    return None


def chosen(
    root: Path, raw: RawStudy, command: Sequence[str], faults: list[Fault]
) -> tuple[str, ...]:
    """Give the files whose content decides the answer, relative to ``root``, sorted.

    ``files`` names them by patterns. Without it they are, for a reproduction, everything in its
    folder; for a command, the files and folders that its words name.
    """
    if raw.files:
        return tuple(sorted(_matching(root, raw.files, faults)))
    if any(fault.path == "reproduction" for fault in faults):
        return ()
    if raw.reproduction is not None:
        found = sorted(_below(root, (root / raw.reproduction).parent))
    else:
        named = [root / word.split("::")[0] for word in command if word]
        found = sorted({f for path in named if _inside(root, path) for f in _below(root, path)})
    if len(found) > _MOST:
        faults.append(
            Fault("files", f"{len(found)} files would count; name those that decide the answer")
        )
    return tuple(found)


def fingerprint(study: Study) -> str:
    """Digest everything of a study that can change a cell's answer.

    The axes' values are not part of it, since each cell names its own; nor is the symptom, since
    outcomes are computed again from what was observed.

    Raises:
        StorageError: A file of the study can no longer be read.

    """
    digest = hashlib.sha256()
    digest.update(
        json.dumps(
            {
                "command": study.command,
                "variables": study.variables,
                "extras": [(a.project, sorted(a.extras)) for a in study.projects if a.extras],
                "requirements": sorted(map(str, study.requirements)),
                "build": sorted(study.build),
                "resolution": study.resolution,
                "cut_off": study.cut_off and study.cut_off.isoformat(),
                "limits": [study.limits.timeout, study.limits.memory, study.limits.processes],
            }
        ).encode()
    )
    for name in study.files:
        try:
            content = (study.root / name).read_bytes()
        except OSError as error:
            raise StorageError(
                f"cannot read {study.root / name}: {error.strerror}",
                remedy="the study's files must stay readable while it runs",
            ) from error
        digest.update(f"\0{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _matching(root: Path, patterns: Sequence[str], faults: list[Fault]) -> Iterator[str]:
    seen: set[str] = set()
    for number, pattern in enumerate(patterns):
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            faults.append(Fault(f"files[{number}]", f"{pattern} lies outside the study's folder"))
            continue
        matched = [path for path in root.glob(pattern) if path.is_file()]
        if not matched:
            faults.append(Fault(f"files[{number}]", f"no file matches {pattern}"))
        seen.update(path.relative_to(root).as_posix() for path in matched)
    yield from seen


def _below(root: Path, path: Path) -> Iterator[str]:
    """Give the files at or below a path, hidden ones and what tools leave behind left out."""
    if path.is_file():
        yield path.relative_to(root).as_posix()
    for folder, folders, names in os.walk(path):
        if not _APART.isdisjoint(names) and Path(folder) != path:
            folders.clear()
            continue
        folders[:] = sorted(f for f in folders if f not in _IGNORED and not f.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if name in _DESCRIBING or name.startswith(".") or name.endswith((".pyc", ".md")):
                continue
            if file.is_file():
                yield file.relative_to(root).as_posix()


def _inside(root: Path, path: Path) -> bool:
    try:
        return path.exists() and path.resolve().is_relative_to(root.resolve())
    except OSError:
        return False
