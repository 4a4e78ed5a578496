"""Finds every CPython on the machine and asks each for what it is."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Final

from packaging.version import Version

from versect.env.probing import CODE, Facts, facts
from versect.run.process import Processes

_NAME: Final = re.compile(r"python3(?:\.\d+)?t?")
_PATIENCE: Final = 20.0
"""Seconds that a candidate may take to say what it is."""


class Interpreters:
    """The interpreters of this machine; asked once, remembered by path, time and size."""

    def __init__(self, environment: Mapping[str, str], home: Path, memory: Path) -> None:
        self._environment = environment
        self._home = home
        self._memory = memory
        self._found: tuple[Facts, ...] | None = None
        self._lock = threading.Lock()

    def all(self) -> tuple[Facts, ...]:
        """Give every CPython found, newest first, each real executable once."""
        with self._lock:
            if self._found is None:
                asked = self._ask(self._candidates())
                real = {Path(f.executable).resolve(): f for f in asked if f.is_cpython}
                newest = sorted(real.values(), key=lambda f: Version(f.version), reverse=True)
                self._found = tuple(newest)
            return self._found

    def find(self, python: str) -> Facts | None:
        """Give the newest interpreter of ``major.minor``, or None."""
        return next((f for f in self.all() if f.python == python), None)

    def remedy(self, python: str) -> str:
        """Say how to get an interpreter that is missing."""
        have = ", ".join(sorted({f.python for f in self.all()}, key=Version)) or "none"
        return (
            f"no Python {python} on this machine (found: {have}); install one, for example with "
            f"'uv python install {python}' or 'pyenv install {python}', or use a container engine"
        )

    def _candidates(self) -> Iterator[Path]:
        """Give files that may be interpreters, in the order in which users expect them.

        pyenv's shims are scripts that may refuse; what stands behind them is in its versions.
        """
        env = self._environment
        yield Path(sys.executable)
        folders = [Path(p) for p in env.get("PATH", "").split(os.pathsep) if p]
        pyenv = Path(env.get("PYENV_ROOT") or self._home / ".pyenv")
        uv = Path(
            env.get("UV_PYTHON_INSTALL_DIR")
            or Path(env.get("XDG_DATA_HOME") or self._home / ".local" / "share") / "uv" / "python"
        )
        folders += sorted((pyenv / "versions").glob("*/bin"))
        folders += sorted(uv.glob("*/bin"))
        folders += [Path("/usr/local/bin"), Path("/usr/bin"), Path("/opt/homebrew/bin")]
        folders += sorted(Path("/opt/python").glob("*/bin"))
        folders += sorted(Path("/Library/Frameworks/Python.framework/Versions").glob("*/bin"))
        for folder in dict.fromkeys(folders):
            if folder == pyenv / "shims":
                continue
            try:
                names = sorted(p.name for p in folder.iterdir() if _NAME.fullmatch(p.name))
            except OSError:
                continue
            yield from (folder / name for name in names)

    def _ask(self, candidates: Iterable[Path]) -> Iterator[Facts]:
        known = self._recall()
        files = {path.resolve(): path for path in reversed(tuple(candidates))}
        keys = {path: key for path in reversed(files.values()) if (key := _key(path))}
        new = [path for path, key in keys.items() if key not in known]
        if new:
            processes = Processes()
            with ThreadPoolExecutor(4) as pool:
                answers = pool.map(lambda path: _answer(processes, path), new)
                for path, answer in zip(new, answers, strict=True):
                    known[keys[path]] = answer
            self._remember({key: known[key] for key in keys.values()})
        for key in keys.values():
            answer = known[key]
            if answer is not None:
                yield answer

    def _recall(self) -> dict[str, Facts | None]:
        try:
            stored = json.loads(self._memory.read_text())
            return {
                key: value and Facts(**{**value, "libc": tuple(value["libc"])})
                for key, value in stored.items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def _remember(self, known: Mapping[str, Facts | None]) -> None:
        document = {key: value and asdict(value) for key, value in known.items()}
        try:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._memory.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(document))
            temporary.replace(self._memory)
        except OSError:
            return  # it is only a memory: asking again costs a moment


def _key(path: Path) -> str | None:
    """Name the very file behind a path, so that an upgrade is noticed."""
    try:
        status = path.stat()
    except OSError:
        return None
    if not os.access(path, os.X_OK) or path.is_dir():
        return None
    return f"{path} {status.st_ino} {status.st_mtime_ns} {status.st_size}"


def _answer(processes: Processes, path: Path) -> Facts | None:
    try:
        done = processes.run([str(path), "-I", "-S", "-c", CODE], env={}, timeout=_PATIENCE)
    except OSError:
        return None
    return facts(done.stdout) if done.status == 0 else None
