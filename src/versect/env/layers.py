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
from versect.env.reach import imports, reached
from versect.env.refusal import refusal
from versect.errors import EngineUnavailable
from versect.model.environment import Lock, LockedPackage, Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun
from versect.run.process import Processes

_COMPILER: Final = Path(__file__).with_name("compile.py")
_COMPILED: Final = "compiled.json"
_PATIENCE: Final = 1800.0
"""Seconds that the download of a lock's wheels may take."""

Trusted = Callable[[Target, Sequence[str], Path], str]
"""Runs versect's own code with a target's interpreter: ``Engine.trusted``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """The files of one wheel and its bytecode for one interpreter."""

    name: str
    """The distribution's normalised name."""
    files: tuple[str, ...]
    """Relative to site-packages; scripts lie below ``bin/``."""
    root: Path
    bytecode: Path
    """Holds ``__pycache__`` folders at the same relative places."""
    compiled: Mapping[str, str | None]
    """For each source that was compiled, where its bytecode lies, relative to ``bytecode``; None
    for one that does not compile."""


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
        self._roots = roots
        self._imports: dict[Path, tuple[str, ...]] = {}
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
        layers = self._complete(lock, target)
        if layers is not None:
            return layers
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._guard, FileLock(self._folder / "layers.lock"):
            disk.sweep(self._folder / "tmp")
            refused = self._lay_out(lock, target) or self._compile(lock, target)
            if refused is not None:
                return refused
            return tuple(self._layer(package, target) for package in lock.packages)

    def forget(self) -> None:
        """Throw all layers away: a cell wrote into a file that environments share."""
        with self._guard, FileLock(self._folder / "layers.lock"):
            for name in ("bytecode", "wheels"):
                disk.remove(self._folder / name)

    def _complete(self, lock: Lock, target: Target) -> tuple[Layer, ...] | None:
        """Give the layers of a lock if nothing is missing."""
        if not all(self._wheel(package).is_dir() for package in lock.packages):
            return None
        layers = tuple(self._layer(package, target) for package in lock.packages)
        return None if any(self._uncompiled(layers).values()) else layers

    def _wheel(self, package: LockedPackage) -> Path:
        return self._folder / "wheels" / package.sha256

    def _bytecode(self, package: LockedPackage, target: Target) -> Path:
        return self._folder / "bytecode" / f"{target.cache_tag}-{target.magic}" / package.sha256

    def _layer(self, package: LockedPackage, target: Target) -> Layer:
        root, bytecode = self._wheel(package), self._bytecode(package, target)
        for used in (root, bytecode):
            with contextlib.suppress(OSError):
                os.utime(used)
        files = json.loads((root / "layer.json").read_text(encoding="utf-8"))["files"]
        compiled: dict[str, str | None] = {}
        with contextlib.suppress(OSError):
            compiled = json.loads((bytecode / _COMPILED).read_text(encoding="utf-8"))
        return Layer(
            name=package.name,
            files=tuple(files),
            root=root / "files",
            bytecode=bytecode,
            compiled=compiled,
        )

    def _uncompiled(self, layers: Sequence[Layer]) -> dict[Layer, list[str]]:
        """Give the sources of each layer that cells will import and that were never compiled."""
        owners = {file: layer for layer in reversed(layers) for file in layer.files}
        if self._roots is None:
            wanted = frozenset(filter(layout.is_compiled, owners))
        else:
            wanted = reached(
                self._roots, owners.keys(), lambda file: self._read(owners[file], file)
            )
        missing: dict[Layer, list[str]] = {layer: [] for layer in layers}
        for file in wanted:
            if file not in owners[file].compiled:
                missing[owners[file]].append(file)
        return missing

    def _read(self, layer: Layer, file: str) -> tuple[str, ...]:
        """Give what a source imports; the same sources are asked for in many environments."""
        path = layer.root / file
        if path not in self._imports:
            text = path.read_text(encoding="utf-8", errors="replace")
            self._imports[path] = tuple(imports(text, file))
        return self._imports[path]

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
        layers = [self._layer(package, target) for package in lock.packages]
        missing = {layer: files for layer, files in self._uncompiled(layers).items() if files}
        if not missing:
            return None
        with disk.staging(self._folder / "tmp") as temporary:
            temporary.chmod(0o755)
            pairs = []
            for number, (layer, files) in enumerate(missing.items()):
                sources = layer.root
                if target.image is not None:  # a container sees the temporary folder only
                    sources = temporary / "src" / str(number)
                    _link(layer.root, files, sources)
                for name in files:
                    cached = layout.bytecode(name, target.cache_tag)
                    built = temporary / "pyc" / str(number) / cached
                    pairs.append((f"{sources}/{name}", str(built)))
            jobs = temporary / "jobs.json"
            jobs.write_text(json.dumps(pairs), encoding="utf-8")
            compiler = temporary / "compile.py"
            shutil.copyfile(_COMPILER, compiler)
            try:
                self._trusted(target, ("-I", "-S", str(compiler), str(jobs)), temporary)
            except EngineUnavailable as error:
                return refusal(f"compiling bytecode: {error}", Cause.ENGINE_ERROR)
            for number, (layer, files) in enumerate(missing.items()):
                _keep(layer, files, temporary / "pyc" / str(number), target.cache_tag)
        return None


def _link(root: Path, files: Sequence[str], target: Path) -> None:
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        disk.link(root / name, target / name)


def _keep(layer: Layer, files: Sequence[str], built: Path, cache_tag: str) -> None:
    """Add new bytecode to a layer; what it says that it has is always there."""
    compiled = dict(layer.compiled)
    for name in files:
        cached = layout.bytecode(name, cache_tag)
        target = layer.bytecode / cached
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            (built / cached).replace(target)
            compiled[name] = cached
        except FileNotFoundError:
            compiled[name] = None
    layer.bytecode.mkdir(parents=True, exist_ok=True)
    written = built.parent / f"{built.name}.json"
    written.write_text(json.dumps(compiled), encoding="utf-8")
    written.replace(layer.bytecode / _COMPILED)


def _recorded(record: Path) -> tuple[str, ...]:
    """Give the files that a distribution's ``RECORD`` names, each once."""
    with record.open(encoding="utf-8", newline="") as rows:
        return tuple(dict.fromkeys(row[0] for row in csv.reader(rows) if row))
