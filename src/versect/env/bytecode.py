"""Bytecode of layers: of the modules that cells import, each compiled once an interpreter.

Neighbouring releases of a project share most of their files, and the bytecode of these as well.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from versect.env import disk, layout
from versect.env.layer import COMPILED, Layer, load
from versect.env.reach import imports, reached
from versect.env.refusal import refusal
from versect.errors import EngineUnavailable
from versect.model.environment import Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun

_COMPILER: Final = Path(__file__).with_name("compile.py")

Trusted = Callable[[Target, Sequence[str], Path], str]
"""Runs versect's own code with a target's interpreter: ``Engine.trusted``."""


class Bytecode:
    """Knows what is to be compiled of layers, and compiles it, one thread at a time."""

    def __init__(self, *, trusted: Trusted, roots: frozenset[str] | None) -> None:
        """Bytecode for one study.

        Args:
            trusted: Runs the compiler.
            roots: Names of modules that cells import; None when nobody can tell, and all modules
                are compiled.

        """
        self._trusted = trusted
        self._roots = roots
        self._imports: dict[Path, tuple[str, ...]] = {}
        self._latest: dict[tuple[Path, str], Layer] = {}
        """The layer compiled last, by folder of the interpreter's bytecode and distribution."""

    def missing(self, layers: Sequence[Layer]) -> dict[Layer, list[str]]:
        """Give the sources of layers that cells will import and that were never compiled.

        Args:
            layers: All of an environment; of two files with one name the first layer's counts.

        Returns:
            Sources by layer; layers with nothing missing are left out.

        """
        owners = {file: layer for layer in reversed(layers) for file in layer.files}
        if self._roots is None:
            wanted = frozenset(filter(layout.is_compiled, owners))
        else:
            wanted = reached(
                self._roots, owners.keys(), lambda file: self._read(owners[file], file)
            )
        missing: dict[Layer, list[str]] = {}
        for file in wanted:
            if file not in owners[file].compiled:
                missing.setdefault(owners[file], []).append(file)
        return missing

    def make(
        self, missing: Mapping[Layer, Sequence[str]], target: Target, temporary: Path
    ) -> NotRun | None:
        """Compile what is missing of layers, in one go.

        Args:
            missing: As ``missing`` gives it.
            target: The interpreter.
            temporary: An empty folder, on the file system of the layers.

        """
        temporary.chmod(0o755)
        pairs: list[tuple[str, str]] = []
        for number, (layer, files) in enumerate(missing.items()):
            built = temporary / "pyc" / str(number)
            built.mkdir(parents=True)
            shared = self._share(layer, files, built)
            left = [name for name in files if name not in shared]
            sources = layer.root
            if target.image is not None:  # a container sees the temporary folder only
                sources = temporary / "src" / str(number)
                _link(layer.root, left, sources)
            pairs += (
                (f"{sources}/{name}", f"{built}/{layout.bytecode(name, target.cache_tag)}")
                for name in left
            )
        refused = self._run(pairs, target, temporary)
        if refused is not None:
            return refused
        for number, (layer, files) in enumerate(missing.items()):
            _keep(layer, files, temporary / "pyc" / str(number), target.cache_tag)
            self._latest[layer.bytecode.parent, layer.name] = layer
        return None

    def forget(self) -> None:
        """Share nothing any more with what was compiled until now."""
        self._latest.clear()

    def _read(self, layer: Layer, file: str) -> tuple[str, ...]:
        """Give what a source imports; the same sources are asked for in many environments."""
        path = layer.root / file
        if path not in self._imports:
            text = path.read_text(encoding="utf-8", errors="replace")
            self._imports[path] = tuple(imports(text, file))
        return self._imports[path]

    def _share(self, layer: Layer, files: Sequence[str], built: Path) -> frozenset[str]:
        """Link bytecode of the release before that has the same sources, compared byte by byte.

        Bytecode that is not what was compiled, because a cell wrote into it, is not taken.
        """
        shared: set[str] = set()
        other = self._latest.get((layer.bytecode.parent, layer.name))
        if other is not None and other.root != layer.root:
            with contextlib.suppress(OSError):  # somebody has thrown it away
                other = load(other.name, other.root.parent, other.bytecode)
                for name in _linked(layer, other, files, built):
                    shared.add(name)
        return frozenset(shared)

    def _run(self, pairs: Sequence[tuple[str, str]], target: Target, folder: Path) -> NotRun | None:
        if not pairs:
            return None
        jobs, compiler = folder / "jobs.json", folder / "compile.py"
        jobs.write_text(json.dumps(pairs), encoding="utf-8")
        shutil.copyfile(_COMPILER, compiler)
        try:
            self._trusted(target, ("-I", "-S", str(compiler), str(jobs)), folder)
        except EngineUnavailable as error:
            return refusal(f"compiling bytecode: {error}", Cause.ENGINE_ERROR)
        return None


def _link(root: Path, files: Sequence[str], target: Path) -> None:
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        disk.link(root / name, target / name)


def _linked(layer: Layer, other: Layer, files: Sequence[str], built: Path) -> Iterator[str]:
    """Link another layer's bytecode of equal sources; give what was linked."""
    for name in files:
        found = other.compiled.get(name)
        if found is None:
            continue
        cached, was = found
        if (layer.root / name).read_bytes() != (other.root / name).read_bytes():
            continue
        target = built / cached
        target.parent.mkdir(parents=True, exist_ok=True)
        disk.link(other.bytecode / cached, target)
        if disk.state(target.stat()) == was:
            yield name
        else:
            target.unlink()


def _keep(layer: Layer, files: Sequence[str], built: Path, cache_tag: str) -> None:
    """Add new bytecode to a layer; what it says that it has is always there."""
    compiled = dict(layer.compiled)
    for name in files:
        cached = layout.bytecode(name, cache_tag)
        try:
            compiled[name] = cached, disk.state((built / cached).stat())
        except FileNotFoundError:
            compiled[name] = None
    (built / COMPILED).write_text(json.dumps(compiled), encoding="utf-8")
    if not layer.bytecode.is_dir():
        disk.publish(built, layer.bytecode)
        return
    for cached, _ in filter(None, map(compiled.get, files)):
        target = layer.bytecode / cached
        target.parent.mkdir(parents=True, exist_ok=True)
        (built / cached).replace(target)
    (built / COMPILED).replace(layer.bytecode / COMPILED)
