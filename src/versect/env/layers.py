"""Wheels laid out once, and their bytecode compiled once an interpreter."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock
from packaging.utils import NormalizedName, canonicalize_name

from versect.env import disk, layout, uv
from versect.env.lock import part
from versect.env.refusal import refusal
from versect.errors import EngineUnavailable
from versect.model.environment import Lock, LockedPackage, Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun
from versect.run.process import Processes

_COMPILER: Final = Path(__file__).with_name("compile.py")
_PATIENCE: Final = 1800.0
"""Seconds that the download of a lock's wheels may take."""

Trusted = Callable[[Target, Sequence[str], Path], str]
"""Runs versect's own code with a target's interpreter: ``Engine.trusted``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The files of one wheel and its bytecode for one interpreter."""

    name: str
    """The distribution's normalised name."""
    files: tuple[str, ...]
    """Relative to site-packages; scripts lie below ``bin/``."""
    root: Path
    bytecode: Path
    """Holds ``__pycache__`` folders at the same relative places."""
    compiled: frozenset[str]
    """What lies there, relative to it."""
    cache_tag: str

    def bytecode_of(self, name: str) -> str | None:
        """Give where the bytecode of a file lies, relative to ``bytecode``; None without any."""
        cached = layout.bytecode(name, self.cache_tag)
        return cached if cached in self.compiled else None


class Layers:
    """Layers below one folder: ``wheels/SHA256`` and ``bytecode/MAGIC/SHA256``."""

    def __init__(  # noqa: PLR0913 - where things are and who runs them
        self,
        folder: Path,
        *,
        uv_program: str,
        environment: Mapping[str, str],
        index: Sequence[str],
        trusted: Trusted,
        processes: Processes,
    ) -> None:
        self._folder = folder.absolute()  # the compiler runs in a folder of its own
        self._uv = uv_program
        self._environment = uv.environment(environment)
        self._index = index
        self._trusted = trusted
        self._processes = processes
        self._guard = threading.Lock()

    def of(self, lock: Lock, target: Target) -> tuple[Layer, ...] | NotRun:
        """Give the layers of a lock, making those that are missing.

        One thread of one process makes layers at a time: environments made side by side share
        most of their wheels, and compiling uses every processor anyway.
        """
        if not self._missing(lock, target):
            return tuple(self._layer(package, target) for package in lock.packages)
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._guard, FileLock(self._folder / "layers.lock"):
            disk.sweep(self._folder / "tmp")
            refused = self._lay_out(lock, target) or self._compile(lock, target)
            if refused is not None:
                return refused
        return tuple(self._layer(package, target) for package in lock.packages)

    def forget_bytecode(self, target: Target) -> None:
        """Throw away an interpreter's bytecode: a cell wrote into what environments share."""
        with self._guard, FileLock(self._folder / "layers.lock"):
            disk.remove(self._folder / "bytecode" / f"{target.cache_tag}-{target.magic}")

    def _wheel(self, package: LockedPackage) -> Path:
        return self._folder / "wheels" / package.sha256

    def _bytecode(self, package: LockedPackage, target: Target) -> Path:
        return self._folder / "bytecode" / f"{target.cache_tag}-{target.magic}" / package.sha256

    def _missing(self, lock: Lock, target: Target) -> bool:
        return any(
            not self._wheel(p).is_dir() or not self._bytecode(p, target).is_dir()
            for p in lock.packages
        )

    def _layer(self, package: LockedPackage, target: Target) -> Layer:
        root, bytecode = self._wheel(package), self._bytecode(package, target)
        for used in (root, bytecode):
            with contextlib.suppress(OSError):
                os.utime(used)
        files = json.loads((root / "layer.json").read_text(encoding="utf-8"))["files"]
        return Layer(
            name=package.name,
            files=tuple(files),
            root=root / "files",
            bytecode=bytecode,
            compiled=frozenset(p.relative_to(bytecode).as_posix() for p in bytecode.rglob("*.pyc")),
            cache_tag=target.cache_tag,
        )

    def _lay_out(self, lock: Lock, target: Target) -> NotRun | None:
        """Let uv lay out the wheels that are missing, and take each apart as a layer."""
        wanted = {p.name: p for p in lock.packages if not self._wheel(p).is_dir()}
        waiting = [wanted] if wanted else []
        while waiting:
            clashing = self._install(lock, target, waiting.pop())
            if isinstance(clashing, NotRun):
                return clashing
            waiting += [{name: wanted[name]} for name in sorted(clashing)]
        return None

    def _install(
        self, lock: Lock, target: Target, packages: Mapping[NormalizedName, LockedPackage]
    ) -> frozenset[NormalizedName] | NotRun:
        """Make the layers of some wheels, laid out together.

        Returns:
            Wheels that bring a file which another one brings too: of these no layer was made,
            since only one of the two files is there. They must be laid out alone.

        """
        with disk.staging(self._folder / "tmp") as temporary:
            site = temporary / "site"
            refused = self._run_uv(part(lock, packages.keys()), target, temporary, site)
            if refused is not None:
                return refused
            found: dict[NormalizedName, tuple[str, ...]] = {}
            for record in site.glob("*.dist-info/RECORD"):
                name = canonicalize_name(record.parent.name.split("-")[0])
                if name in packages:
                    found[name] = _recorded(record)
            if missing := packages.keys() - found.keys():
                detail = f"uv installed no {', '.join(sorted(missing))}"
                return NotRun(cause=Cause.INSTALL_FAILED, detail=detail)
            brought = Counter(file for files in found.values() for file in files)
            clashing = {name for name, files in found.items() if any(brought[f] > 1 for f in files)}
            for name in found.keys() - clashing:
                package = packages[name]
                self._carve(found[name], site, temporary / package.sha256, package)
        return frozenset(clashing)

    def _run_uv(self, text: str, target: Target, folder: Path, site: Path) -> NotRun | None:
        lock = folder / "pylock.toml"
        lock.write_text(text, encoding="utf-8")
        argv = uv.install_argv(
            self._uv,
            lock,
            site,
            version=target.version,
            platform=target.platform,
            index=self._index,
        )
        try:
            done = self._processes.run(argv, env=self._environment, timeout=_PATIENCE)
        except OSError as error:
            raise uv.missing(self._uv, error) from error
        if done.timed_out:
            detail = f"uv was still installing after {_PATIENCE:g} s"
            return NotRun(cause=Cause.INDEX_UNAVAILABLE, detail=detail)
        return refusal(done.words, Cause.INSTALL_FAILED) if done.status != 0 else None

    def _carve(self, names: Sequence[str], site: Path, built: Path, package: LockedPackage) -> None:
        """Move the files of one distribution into a layer of its own."""
        kept = []
        for name in names:
            source, moved = site / name, built / "files" / name
            if source.is_file() and ".." not in Path(name).parts:
                moved.parent.mkdir(parents=True, exist_ok=True)
                source.rename(moved)
                kept.append(name)
        built.mkdir(exist_ok=True)
        document = {"name": package.name, "version": str(package.version), "files": kept}
        (built / "layer.json").write_text(json.dumps(document), encoding="utf-8")
        disk.publish(built, self._wheel(package))

    def _compile(self, lock: Lock, target: Target) -> NotRun | None:
        """Compile what this interpreter has no bytecode of, in one go."""
        missing = [p for p in lock.packages if not self._bytecode(p, target).is_dir()]
        if not missing:
            return None
        with disk.staging(self._folder / "tmp") as temporary:
            temporary.chmod(0o755)
            pairs = []
            for package in missing:
                built = temporary / package.sha256
                built.mkdir()
                for name in self._layer(package, target).files:
                    if layout.is_compiled(name):
                        cached = layout.bytecode(name, target.cache_tag)
                        source = self._source(package, temporary, name)
                        pairs.append((str(source), str(built / cached)))
            jobs = temporary / "jobs.json"
            jobs.write_text(json.dumps(pairs), encoding="utf-8")
            compiler = temporary / "compile.py"
            shutil.copyfile(_COMPILER, compiler)
            try:
                self._trusted(target, ("-I", "-S", str(compiler), str(jobs)), temporary)
            except EngineUnavailable as error:
                return refusal(f"compiling bytecode: {error}", Cause.ENGINE_ERROR)
            for package in missing:
                disk.publish(temporary / package.sha256, self._bytecode(package, target))
        return None

    def _source(self, package: LockedPackage, temporary: Path, name: str) -> Path:
        """Give a source file where the compiler may read it: linked below its own folder."""
        source = temporary / "src" / package.sha256 / name
        source.parent.mkdir(parents=True, exist_ok=True)
        disk.link(self._wheel(package) / "files" / name, source)
        return source


def _recorded(record: Path) -> tuple[str, ...]:
    """Give the files that a distribution's ``RECORD`` names, each once."""
    with record.open(encoding="utf-8", newline="") as rows:
        return tuple(dict.fromkeys(row[0] for row in csv.reader(rows) if row))
