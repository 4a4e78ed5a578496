"""Finds every CPython on the machine and asks each for what it is."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from packaging.version import Version

from versect.env.probing import CODE, Facts, facts
from versect.run.process import Processes

_NAME: Final = re.compile(r"python(?:3|(3\.\d+))t?")
_PATIENCE: Final = 20.0
"""Seconds that a candidate may take to say what it is."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file that may be an interpreter."""

    path: Path
    called: str | None
    """``major.minor`` where its real name says so: ``python3.12`` -> ``3.12``."""


class Interpreters:
    """The interpreters of this machine; asked once, remembered by path, time and size."""

    def __init__(self, environment: Mapping[str, str], home: Path, memory: Path) -> None:
        self._environment = environment
        self._home = home
        self._memory = memory
        self._files: dict[str, _File] | None = None
        self._known: dict[str, Facts | None] = {}
        self._lock = threading.Lock()

    def all(self) -> tuple[Facts, ...]:
        """Give every CPython found, newest first, each real executable once."""
        return self._asked(lambda _: True)

    def find(self, python: str) -> Facts | None:
        """Give the newest interpreter of ``major.minor``, or None.

        Files that are called after another version are asked only where no other file is it.
        """
        for ask in (lambda called: called in {python, None}), (lambda _: True):
            found = next((f for f in self._asked(ask) if f.python == python), None)
            if found is not None:
                return found
        return None

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

    def _asked(self, wanted: Callable[[str | None], bool]) -> tuple[Facts, ...]:
        """Give the CPythons among the files called after some versions, newest first."""
        with self._lock:
            if self._files is None:
                self._files, self._known = self._list(), self._recall()
            keys = [key for key, file in self._files.items() if wanted(file.called)]
            self._ask([key for key in keys if key not in self._known])
            answers = [self._known[key] for key in keys]
        real = {Path(f.executable).resolve(): f for f in answers if f is not None and f.is_cpython}
        return tuple(sorted(real.values(), key=lambda f: Version(f.version), reverse=True))

    def _list(self) -> dict[str, _File]:
        """Give each real file once, by key, as the first path that leads to it."""
        files: dict[Path, _File] = {}
        for path in self._candidates():
            real = path.resolve()
            found = _NAME.fullmatch(real.name)
            files.setdefault(real, _File(path=path, called=found[1] if found else None))
        return {key: file for file in files.values() if (key := _key(file.path)) is not None}

    def _ask(self, keys: Sequence[str]) -> None:
        """Ask files what they are, and remember it for the next time."""
        files = self._files or {}
        if keys:
            processes = Processes()
            with ThreadPoolExecutor(4) as pool:
                answers = pool.map(lambda key: _answer(processes, files[key].path), keys)
                self._known.update(zip(keys, answers, strict=True))
            self._remember({key: self._known[key] for key in files if key in self._known})

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
