"""Wheels laid out once, and their bytecode compiled once an interpreter."""

from __future__ import annotations

import csv
import json
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock
from packaging.utils import canonicalize_name

from versect.env import disk, uv
from versect.env.lock import part
from versect.env.refusal import refusal
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
        self._folder = folder
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
            refused = self._lay_out(lock, target)
            if refused is not None:
                return refused
            self._compile(lock, target)
        return tuple(self._layer(package, target) for package in lock.packages)

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
        root = self._wheel(package)
        files = json.loads((root / "layer.json").read_text(encoding="utf-8"))["files"]
        return Layer(
            name=package.name,
            files=tuple(files),
            root=root / "files",
            bytecode=self._bytecode(package, target),
        )

    def _lay_out(self, lock: Lock, target: Target) -> NotRun | None:
        """Let uv lay out the wheels that are missing, and take each apart as a layer."""
        wanted = {p.name: p for p in lock.packages if not self._wheel(p).is_dir()}
        if not wanted:
            return None
        with disk.staging(self._folder / "tmp") as temporary:
            text, site = temporary / "pylock.toml", temporary / "site"
            text.write_text(part(lock, wanted.keys()), encoding="utf-8")
            argv = uv.install_argv(
                self._uv,
                text,
                site,
                version=target.version,
                platform=target.platform,
                index=self._index,
            )
            done = self._processes.run(argv, env=self._environment, timeout=_PATIENCE)
            if done.timed_out:
                detail = f"uv was still installing after {_PATIENCE:g} s"
                return NotRun(cause=Cause.INDEX_UNAVAILABLE, detail=detail)
            if done.status != 0:
                return refusal(done.words, Cause.INSTALL_FAILED)
            for record in sorted(site.glob("*.dist-info/RECORD")):
                package = wanted.pop(canonicalize_name(record.parent.name.split("-")[0]), None)
                if package is not None:
                    self._carve(record, site, temporary / package.sha256, package)
            if wanted:
                detail = f"uv installed no {', '.join(sorted(wanted))}"
                return NotRun(cause=Cause.INSTALL_FAILED, detail=detail)
        return None

    def _carve(self, record: Path, site: Path, built: Path, package: LockedPackage) -> None:
        """Move the files of one distribution into a layer of its own."""
        with record.open(encoding="utf-8", newline="") as rows:
            names = [row[0] for row in csv.reader(rows) if row]
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

    def _compile(self, lock: Lock, target: Target) -> None:
        """Compile what this interpreter has no bytecode of, in one go."""
        missing = [p for p in lock.packages if not self._bytecode(p, target).is_dir()]
        if not missing:
            return
        with disk.staging(self._folder / "tmp") as temporary:
            temporary.chmod(0o755)
            pairs = []
            for package in missing:
                built = temporary / package.sha256
                built.mkdir()
                for name in self._layer(package, target).files:
                    if name.endswith(".py"):
                        path = Path(name)
                        cached = f"__pycache__/{path.stem}.{target.cache_tag}.pyc"
                        source = self._source(package, temporary, name)
                        pairs.append((str(source), str(built / path.parent / cached)))
            jobs = temporary / "jobs.json"
            jobs.write_text(json.dumps(pairs), encoding="utf-8")
            compiler = temporary / "compile.py"
            shutil.copyfile(_COMPILER, compiler)
            self._trusted(target, ("-I", "-S", str(compiler), str(jobs)), temporary)
            for package in missing:
                disk.publish(temporary / package.sha256, self._bytecode(package, target))

    def _source(self, package: LockedPackage, temporary: Path, name: str) -> Path:
        """Give a source file where the compiler may read it: linked below its own folder."""
        source = temporary / "src" / package.sha256 / name
        source.parent.mkdir(parents=True, exist_ok=True)
        disk.link(self._wheel(package) / "files" / name, source)
        return source
