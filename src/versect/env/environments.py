"""The store of environments: content-addressed, immutable, shared by cells, runs and processes."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock

from versect.env import disk, layout
from versect.env.inject import PTH_LINE, PTH_NAME
from versect.env.layers import Layer, Layers
from versect.env.leases import Leases
from versect.model.environment import Environment, EnvironmentKey, Lock, Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun

_MANIFEST: Final = ".versect.json"


class Environments:
    """Environments below one folder; see ``EnvironmentStore``.

    For containers an environment is a farm of hard links, since it is mounted read-only. Without
    a container it is a copy: what a cell writes into it must not reach the download cache, nor any
    other environment. Only bytecode is linked even then: it is half of the bytes, the interpreter
    never writes into it, and should somebody else, the bytecode layers are thrown away as well.
    """

    def __init__(self, folder: Path, layers: Layers, *, home: str | None) -> None:
        self._folder = folder.absolute()  # scripts and cells name it
        self._layers = layers
        self._home = home
        self._leases = Leases(self._folder / "leases")
        self._threads: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def build(self, lock: Lock, target: Target) -> Environment | NotRun:
        """Give the environment of a lock; see ``EnvironmentStore.build``."""
        key = layout.key(lock, target, self._home)
        root = self._folder / "ready" / key
        environment = Environment(key=key, root=root, home=self._home or str(root), target=target)
        try:
            with self._threads[key], self._leases.using(key):
                if not root.is_dir():
                    refused = self._make(lock, environment)
                    if refused is not None:
                        return refused
                with contextlib.suppress(OSError):
                    os.utime(root)  # when it was last used
        except OSError as error:
            detail = f"{error.strerror or error}: {error.filename or self._folder}"
            return NotRun(cause=Cause.STORAGE_ERROR, detail=detail)
        return environment

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
            if any(
                _is_linked(name) and found.get(name, was) != was for name, was in expected.items()
            ):
                self._layers.forget_bytecode(environment.target)
        except (OSError, ValueError):
            pass  # somebody wrote even there: it goes all the same
        with self._threads[environment.key], disk.staging(self._folder / "tmp") as trash:
            if environment.root.is_dir():
                environment.root.rename(trash / "modified")
        return False

    def close(self) -> None:
        """Say that this process uses none of its environments any more. May be called twice."""
        self._leases.close()

    def _make(self, lock: Lock, environment: Environment) -> NotRun | None:
        with self._process_lock(environment.key):
            if environment.root.is_dir():
                return None
            layers = self._layers.of(lock, environment.target)
            if isinstance(layers, NotRun):
                return layers
            disk.sweep(self._folder / "tmp")
            with disk.staging(self._folder / "tmp") as temporary:
                built = temporary / "environment"
                self._assemble(built, environment, layers)
                disk.publish(built, environment.root)
        return None

    def _process_lock(self, key: EnvironmentKey) -> FileLock:
        folder = self._folder / "locked"
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / key)

    def _assemble(self, built: Path, environment: Environment, layers: tuple[Layer, ...]) -> None:
        target = environment.target
        put = disk.link if self._home is not None else disk.copy
        site = built / layout.site_packages(target.python)
        for folder in (site, built / "bin"):
            folder.mkdir(parents=True)
        (built / "pyvenv.cfg").write_text(layout.pyvenv_cfg(target), encoding="utf-8")
        for name in ("python", "python3", f"python{target.python}"):
            (built / "bin" / name).symlink_to(target.executable)
        made = {""}
        for layer in layers:
            _lay(layer, site, made, put)
            _add_scripts(layer, built / "bin", site, environment.python)
        (site / PTH_NAME).unlink(missing_ok=True)  # a wheel's own may be a link to its layer
        (site / PTH_NAME).write_text(PTH_LINE, encoding="utf-8")
        owners = {name: layer.name for layer in reversed(layers) for name in layer.files}
        state = {} if self._home is not None else dict(_state(built))
        document = json.dumps({"owners": owners, "state": state})
        (built / _MANIFEST).write_text(document, encoding="utf-8")

    def _manifest(self, root: Path) -> dict[str, dict[str, str]]:
        manifest: dict[str, dict[str, str]] = json.loads(
            (root / _MANIFEST).read_text(encoding="utf-8")
        )
        return manifest


def _lay(layer: Layer, site: Path, made: set[str], put: Callable[[str, str], None]) -> None:
    """Lay the files of a layer, and their bytecode, below site-packages.

    Texts instead of paths: an environment has thousands of files, and laying them is most of the
    time that it takes to make one.
    """
    below, root, bytecode = str(site), str(layer.root), str(layer.bytecode)

    def lay(source: str, name: str, put: Callable[[str, str], None]) -> bool:
        folder = name.rpartition("/")[0]
        if folder not in made:
            os.makedirs(f"{below}/{folder}", exist_ok=True)  # noqa: PTH103 - as above
            made.add(folder)
        try:
            put(f"{source}/{name}", f"{below}/{name}")
        except FileExistsError:  # two distributions with one file: the first one's stays
            return False
        return True

    package_called_bin = "bin/__init__.py" in layer.files
    for name in layer.files:
        if (package_called_bin or not name.startswith("bin/")) and lay(root, name, put):
            cached = layer.bytecode_of(name)
            if cached is not None:
                lay(bytecode, cached, disk.link)


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
    """Give what would change if somebody wrote: size, times and number of every file.

    The time of the last change (``ctime``) is the one that no program can set back; of a linked
    file it says nothing, since every further link changes it.
    """
    waiting = [(str(root), "")]
    while waiting:
        folder, prefix = waiting.pop()
        with os.scandir(folder) as found:  # thousands of files, looked at after every trial
            for entry in found:
                name = f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{name}/"))
                    yield name, "folder"
                elif name != _MANIFEST:
                    s = entry.stat(follow_symlinks=False)
                    changed = 0 if _is_linked(name) else s.st_ctime_ns
                    yield name, f"{s.st_size} {s.st_mtime_ns} {changed} {s.st_ino}"


def _is_linked(name: str) -> bool:
    """Whether a file of a local environment is shared with others: only bytecode is."""
    return name.endswith(".pyc")
