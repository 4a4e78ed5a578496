"""The store of environments: content-addressed, immutable, shared by cells, runs and processes."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from filelock import FileLock

from versect.env import disk, farm, layout, overlay
from versect.env.layers import Layers
from versect.env.leases import Leases
from versect.model.environment import Environment, EnvironmentKey, Lock, Target
from versect.model.outcome import Cause
from versect.model.trial import NotRun

_SPOILT: Final = "somebody had written into the environment that was to be copied"

Fill = Callable[[Path], NotRun | None]
"""Makes what an environment consists of, in a folder that is not there yet."""


class Environments:
    """Environments below one folder; see ``EnvironmentStore``.

    An environment is a farm of hard links to layers. For containers it is mounted read-only.
    Without a container cells can write into it, so that its layers share nothing with the download
    cache, and it is compared before and after every trial with what its layers were when they were
    made. A cell that wrote into a file of an environment spoilt it for every environment that links
    the same file, also for those made from then on: each notices it by its own comparison, and the
    layers are thrown away. So are they when nobody can tell whether a file was written into or
    replaced, and when a cache came back from a backup.
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
            found = dict(farm.states(environment.root))
            if found == expected:
                return True
            if any(found.get(name, was) != was for name, was in expected.items()):
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
        states = farm.lay(built, environment, layers)
        owners = {name: layer.name for layer in reversed(layers) for name in layer.files}
        self._describe(built, owners, states)
        return None

    def _copy(
        self, base: Environment, copy: Environment, files: overlay.Files, built: Path
    ) -> NotRun | None:
        if self.intact(base):
            owners = self.owners(base)
            overlay.lay(base, copy, files, owned=owners.keys(), built=built)
            self._describe(built, overlay.owners(owners, files), dict(farm.states(built)))
            if self.intact(base):  # still: what was linked is what was built
                return None
        return NotRun(cause=Cause.ENVIRONMENT_MODIFIED, detail=_SPOILT)

    def _describe(self, built: Path, owners: Mapping[str, str], states: Mapping[str, str]) -> None:
        """Write down what an environment is, once everything else is there."""
        document = json.dumps({"owners": owners, "state": {} if self._home else states})
        (built / farm.MANIFEST).write_text(document, encoding="utf-8")

    def _manifest(self, root: Path) -> dict[str, dict[str, str]]:
        manifest: dict[str, dict[str, str]] = json.loads(
            (root / farm.MANIFEST).read_text(encoding="utf-8")
        )
        return manifest
