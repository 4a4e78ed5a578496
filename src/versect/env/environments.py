"""The store of environments: content-addressed, immutable, shared by cells, runs and processes."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from filelock import FileLock

from versect.env import disk, layout, overlay
from versect.env.inject import PTH_LINE, PTH_NAME
from versect.env.layers import Layer, Layers
from versect.env.leases import Leases
from versect.model.environment import Environment, EnvironmentKey, Lock, Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun

_MANIFEST: Final = ".versect.json"
_SPOILT: Final = "somebody had written into the environment that was to be copied"

Fill = Callable[[Path], NotRun | None]
"""Makes what an environment consists of, in a folder that is not there yet."""


class Environments:
    """Environments below one folder; see ``EnvironmentStore``.

    An environment is a farm of hard links to layers. For containers it is mounted read-only.
    Without a container cells can write into it, so that its layers share nothing with the download
    cache, and it is compared with what was built before and after every trial. A cell that wrote
    into a file of an environment spoilt it for every environment that links the same file: each
    notices it by its own comparison, and the layers are thrown away.
    """

    def __init__(self, folder: Path, layers: Layers, *, home: str | None) -> None:
        self._folder = folder.absolute()  # scripts and cells name it
        self._layers = layers
        self._home = home
        self._leases = Leases(self._folder / "leases")
        self._threads: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def build(self, lock: Lock, target: Target) -> Environment | NotRun:
        """Give the environment of a lock; see ``EnvironmentStore.build``."""
        environment = self._named(layout.key(lock, target, self._home), target)
        return self._ready(environment, partial(self._assemble, environment, lock))

    def derive(
        self, environment: Environment, files: Mapping[str, bytes | None]
    ) -> Environment | NotRun:
        """Give a copy in which some files are others; see ``EnvironmentStore.derive``."""
        if not files:
            return environment
        copy = self._named(overlay.key(environment, files), environment.target)
        return self._ready(copy, partial(self._copy, environment, copy, files))

    def owners(self, environment: Environment) -> dict[str, str]:
        """Map installed files to distributions; see ``EnvironmentStore.owners``."""
        owners: dict[str, str] = self._manifest(environment.root)["owners"]
        return owners

    def intact(self, environment: Environment) -> bool:
        """Whether nothing was written into it; see ``EnvironmentStore.intact``."""
        if self._home is not None:
            return True  # mounted read-only
        try:
            expected = self._manifest(environment.root)["state"]
            found = dict(_state(environment.root))
            if found == expected:
                return True
            if any(_same_file(found.get(name), was) for name, was in expected.items()):
                self._layers.forget()
        except (OSError, ValueError):
            pass  # somebody wrote even there: it goes all the same
        with self._threads[environment.key], disk.staging(self._folder / "tmp") as trash:
            if environment.root.is_dir():
                environment.root.rename(trash / "modified")
        return False

    def close(self) -> None:
        """Say that this process uses none of its environments any more. May be called twice."""
        self._leases.close()

    def _named(self, key: EnvironmentKey, target: Target) -> Environment:
        root = self._folder / "ready" / key
        return Environment(key=key, root=root, home=self._home or str(root), target=target)

    def _ready(self, environment: Environment, fill: Fill) -> Environment | NotRun:
        """Give an environment, made if it is not there; it is leased, and was used just now."""
        key, root = environment.key, environment.root
        try:
            with self._threads[key], self._leases.using(key):
                if not root.is_dir():
                    refused = self._make(environment, fill)
                    if refused is not None:
                        return refused
                with contextlib.suppress(OSError):
                    os.utime(root)  # when it was last used
        except OSError as error:
            detail = f"{error.strerror or error}: {error.filename or self._folder}"
            return NotRun(cause=Cause.STORAGE_ERROR, detail=detail)
        return environment

    def _make(self, environment: Environment, fill: Fill) -> NotRun | None:
        with self._process_lock(environment.key):
            if environment.root.is_dir():
                return None
            disk.sweep(self._folder / "tmp")
            with disk.staging(self._folder / "tmp") as temporary:
                built = temporary / "environment"
                refused = fill(built)
                if refused is None:
                    disk.publish(built, environment.root)
        return refused

    def _process_lock(self, key: EnvironmentKey) -> FileLock:
        folder = self._folder / "locked"
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / key)

    def _assemble(self, environment: Environment, lock: Lock, built: Path) -> NotRun | None:
        layers = self._layers.of(lock, environment.target)
        if isinstance(layers, NotRun):
            return layers
        target = environment.target
        site = built / layout.site_packages(target.python)
        for folder in (site, built / "bin"):
            folder.mkdir(parents=True)
        (built / "pyvenv.cfg").write_text(layout.pyvenv_cfg(target), encoding="utf-8")
        for name in ("python", "python3", f"python{target.python}"):
            (built / "bin" / name).symlink_to(target.executable)
        made = {""}
        for layer in layers:
            _lay(layer, site, made)
            _add_scripts(layer, built / "bin", site, environment.python)
        (site / PTH_NAME).unlink(missing_ok=True)  # a wheel's own is a link to its layer
        (site / PTH_NAME).write_text(PTH_LINE, encoding="utf-8")
        self._describe(
            built, {name: layer.name for layer in reversed(layers) for name in layer.files}
        )
        return None

    def _copy(
        self, base: Environment, copy: Environment, files: overlay.Files, built: Path
    ) -> NotRun | None:
        if self.intact(base):
            owners = self.owners(base)
            overlay.lay(base, copy, files, owned=owners.keys(), built=built)
            self._describe(built, overlay.owners(owners, files))
            if self.intact(base):  # still: what was linked is what was built
                return None
        return NotRun(cause=Cause.ENVIRONMENT_MODIFIED, detail=_SPOILT)

    def _describe(self, built: Path, owners: Mapping[str, str]) -> None:
        """Write down what an environment is, once everything else is there."""
        state = {} if self._home is not None else dict(_state(built))
        document = json.dumps({"owners": owners, "state": state})
        (built / _MANIFEST).write_text(document, encoding="utf-8")

    def _manifest(self, root: Path) -> dict[str, dict[str, str]]:
        manifest: dict[str, dict[str, str]] = json.loads(
            (root / _MANIFEST).read_text(encoding="utf-8")
        )
        return manifest


def _lay(layer: Layer, site: Path, made: set[str]) -> None:
    """Lay the files of a layer, and their bytecode, below site-packages.

    Texts instead of paths: an environment has thousands of files, and laying them is most of the
    time that it takes to make one.
    """
    below, root, bytecode = str(site), str(layer.root), str(layer.bytecode)

    def lay(source: str, name: str) -> bool:
        folder = name.rpartition("/")[0]
        if folder not in made:
            os.makedirs(f"{below}/{folder}", exist_ok=True)  # noqa: PTH103 - as above
            made.add(folder)
        try:
            disk.link(f"{source}/{name}", f"{below}/{name}")
        except FileExistsError:  # two distributions with one file: the first one's stays
            return False
        return True

    package_called_bin = "bin/__init__.py" in layer.files
    for name in layer.files:
        if (package_called_bin or not name.startswith("bin/")) and lay(root, name):
            cached = layer.compiled.get(name)
            if cached is not None:
                lay(bytecode, cached)


def _add_scripts(layer: Layer, folder: Path, site: Path, python: str) -> None:
    """Write the scripts of a distribution so that they start this environment's interpreter."""
    entry_points = [name for name in layer.files if name.endswith(".dist-info/entry_points.txt")]
    for name in entry_points:
        text = (site / name).read_text(encoding="utf-8", errors="replace")
        for script, code in layout.scripts(text, python):
            _write_script(folder / script, code.encode())
    if "bin/__init__.py" in layer.files:
        return
    for name in layer.files:
        target = folder / name.removeprefix("bin/")
        if name.startswith("bin/") and name.count("/") == 1 and not target.exists():
            content = (layer.root / name).read_bytes()
            _write_script(target, layout.rebased(content, python) or content)


def _write_script(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)


def _state(root: Path) -> Iterator[tuple[str, str]]:
    """Give what changes when somebody writes: size, time and number of every file.

    Thousands of files are looked at before and after every trial, so that content is not read:
    this finds what a program does without meaning to, not one that sets times back to hide it.
    """
    waiting = [(str(root), "")]
    while waiting:
        folder, prefix = waiting.pop()
        with os.scandir(folder) as found:
            for entry in found:
                name = f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{name}/"))
                    yield name, "folder"
                elif name != _MANIFEST:
                    s = entry.stat(follow_symlinks=False)
                    yield name, f"{s.st_ino} {s.st_size} {s.st_mtime_ns}"


def _same_file(found: str | None, was: str) -> bool:
    """Whether a file that differs is still the one that was linked: written into in place."""
    return found is not None and found != was and found.partition(" ")[0] == was.partition(" ")[0]
