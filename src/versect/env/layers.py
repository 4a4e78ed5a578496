"""Wheels laid out once, and their bytecode compiled once an interpreter."""

from __future__ import annotations

import contextlib
import csv
import json
import stat
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from filelock import FileLock
from packaging.utils import NormalizedName, canonicalize_name

from versect.env import disk, uv
from versect.env.bytecode import Bytecode, Trusted
from versect.env.layer import CONTENTS, FILES, Layer, load
from versect.env.lock import part
from versect.env.refusal import refusal
from versect.model.environment import Lock, LockedPackage, Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun
from versect.run.process import Processes

_PATIENCE: Final = 1800.0
"""Seconds that the download of a lock's wheels may take."""


class Layers:
    """Layers below one folder: ``wheels/SHA256`` and ``bytecode/MAGIC/SHA256``.

    A wheel is laid out once. Of its modules those are compiled that a study's imports reach, each
    once an interpreter; bytecode is added to as other studies reach more.
    """

    def __init__(  # noqa: PLR0913 - where things are and who runs them
        self,
        folder: Path,
        *,
        uv_program: str,
        environment: Mapping[str, str],
        index: Sequence[str],
        trusted: Trusted,
        processes: Processes,
        linked: bool,
        roots: frozenset[str] | None,
    ) -> None:
        """Layers for one study.

        Args:
            folder: Where they lie.
            uv_program: Path of uv.
            environment: The host's environment variables.
            index: Options that tell uv where wheels are.
            trusted: Runs the compiler.
            processes: Run uv.
            linked: Whether files may be hard links to those of uv's cache: only where no cell can
                write into them.
            roots: Names of modules that cells import; None when nobody can tell, and all modules
                are compiled.

        """
        self._folder = folder.absolute()  # the compiler runs in a folder of its own
        self._linked = linked
        self._bytecode = Bytecode(trusted=trusted, roots=roots)
        self._uv = uv_program
        self._environment = uv.environment(environment)
        self._index = index
        self._processes = processes
        self._guard = threading.Lock()

    def of(self, lock: Lock, target: Target) -> tuple[Layer, ...] | NotRun:
        """Give the layers of a lock, making those that are missing.

        One thread of one process makes layers at a time: environments made side by side share
        most of their wheels, and compiling uses every processor anyway.
        """
        layers = self._complete(lock, target)
        if layers is not None:
            return layers
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._guard, FileLock(self._folder / "layers.lock"):
            disk.sweep(self._folder / "tmp")
            refused = self._lay_out(lock, target) or self._compile(lock, target)
            return refused or self._layers(lock, target)

    def forget(self) -> None:
        """Throw all layers away: a cell wrote into a file that environments share."""
        with self._guard, FileLock(self._folder / "layers.lock"):
            self._bytecode.forget()
            for name in ("bytecode", "wheels"):
                disk.remove(self._folder / name)

    def _complete(self, lock: Lock, target: Target) -> tuple[Layer, ...] | None:
        """Give the layers of a lock if nothing is missing."""
        if not all(self._wheel(package).is_dir() for package in lock.packages):
            return None
        layers = self._layers(lock, target)
        return None if self._bytecode.missing(layers) else layers

    def _layers(self, lock: Lock, target: Target) -> tuple[Layer, ...]:
        compiled = self._folder / "bytecode" / f"{target.cache_tag}-{target.magic}"
        return tuple(
            load(package.name, self._wheel(package), compiled / package.sha256)
            for package in lock.packages
        )

    def _wheel(self, package: LockedPackage) -> Path:
        return self._folder / "wheels" / package.sha256

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
            tops = Counter(top for files in found.values() for top in set(map(_top, files)))
            shared = frozenset(top for top, count in tops.items() if count > 1)
            for name in found.keys() - clashing:
                built = temporary / packages[name].sha256
                self._carve(found[name], site, shared, built, packages[name])
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
            linked=self._linked,
        )
        try:
            done = self._processes.run(argv, env=self._environment, timeout=_PATIENCE)
        except OSError as error:
            raise uv.missing(self._uv, error) from error
        if done.timed_out:
            detail = f"uv was still installing after {_PATIENCE:g} s"
            return NotRun(cause=Cause.INDEX_UNAVAILABLE, detail=detail)
        return refusal(done.words, Cause.INSTALL_FAILED) if done.status != 0 else None

    def _carve(
        self,
        names: Sequence[str],
        site: Path,
        shared: Collection[str],
        built: Path,
        package: LockedPackage,
    ) -> None:
        """Move the files of one distribution into a layer of its own.

        Args:
            names: The files, relative to ``site``.
            site: Where all distributions lie.
            shared: What lies at the top of ``site`` and holds files of several distributions; what
                else lies there is moved whole.
            built: A new folder for the layer.
            package: Whose files they are.

        """
        files = built / FILES
        files.mkdir(parents=True)
        names = [name for name in names if not name.startswith("/") and ".." not in name.split("/")]
        moved = (name if _top(name) in shared else _top(name) for name in names)
        for name in dict.fromkeys(moved):
            (files / name).parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # RECORD named what uv left out
                (site / name).rename(files / name)
        kept = {name: state for name in names if (state := _state(files / name)) is not None}
        document = {"name": package.name, "version": str(package.version), "files": kept}
        (built / CONTENTS).write_text(json.dumps(document), encoding="utf-8")
        disk.publish(built, self._wheel(package))

    def _compile(self, lock: Lock, target: Target) -> NotRun | None:
        """Compile what this interpreter has no bytecode of."""
        missing = self._bytecode.missing(self._layers(lock, target))
        if not missing:
            return None
        with disk.staging(self._folder / "tmp") as temporary:
            return self._bytecode.make(missing, target, temporary)


def _recorded(record: Path) -> tuple[str, ...]:
    """Give the files that a distribution's ``RECORD`` names, each once."""
    with record.open(encoding="utf-8", newline="") as rows:
        return tuple(dict.fromkeys(row[0] for row in csv.reader(rows) if row))


def _top(name: str) -> str:
    return name.partition("/")[0]


def _state(path: Path) -> str | None:
    """Give the state of a file; None when there is none, or something else."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return disk.state(status) if stat.S_ISREG(status.st_mode) else None
