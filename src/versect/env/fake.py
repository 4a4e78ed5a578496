"""A resolver and a store that do as they are told: for tests of everything above them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from versect.env import layout, overlay
from versect.model.environment import (
    Environment,
    Lock,
    LockDigest,
    LockedPackage,
    LockRequest,
    Target,
)
from versect.model.trial import NotRun


class FakeResolver:
    """Locks exactly what is pinned, unless ``refuses`` gives a reason; see ``Resolver``.

    A requirement without a specifier takes the release that is preferred.
    """

    def __init__(self, refuses: Callable[[LockRequest], NotRun | None] = lambda _: None) -> None:
        self._refuses = refuses

    def lock(self, request: LockRequest) -> Lock | NotRun:
        """Lock the pins; see ``Resolver.lock``."""
        refused = self._refuses(request)
        if refused is not None:
            return refused
        preferred = dict(request.preferred)
        packages = []
        for requirement in sorted(request.requirements, key=str):
            name = canonicalize_name(requirement.name)
            pins = [Version(specifier.version) for specifier in requirement.specifier]
            version = pins[0] if pins else preferred[name]
            digest = hashlib.sha256(f"{requirement} {version}".encode()).hexdigest()
            packages.append(
                LockedPackage(name=name, version=version, filename=f"{name}.whl", sha256=digest)
            )
        text = "".join(f"# {p.name}=={p.version}\n" for p in packages)
        return Lock(
            text=text,
            packages=tuple(packages),
            digest=LockDigest(hashlib.sha256(text.encode()).hexdigest()),
        )


class FakeEnvironments:
    """Builds nothing; see ``EnvironmentStore``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.built: list[str] = []
        self.derived: dict[str, Mapping[str, bytes | None]] = {}
        """What differs in each copy, by its key."""

    def build(self, lock: Lock, target: Target) -> Environment | NotRun:
        """Name the environment; see ``EnvironmentStore.build``."""
        key = layout.key(lock, target, None)
        self.built.append(key)
        root = self._folder / key
        return Environment(key=key, root=root, home=str(root), target=target)

    def derive(
        self, environment: Environment, files: Mapping[str, bytes | None]
    ) -> Environment | NotRun:
        """Name the copy; see ``EnvironmentStore.derive``."""
        if not files:
            return environment
        key = overlay.key(environment, files)
        self.derived[key] = files
        root = self._folder / key
        return Environment(key=key, root=root, home=str(root), target=environment.target)

    def owners(self, environment: Environment) -> dict[str, str]:  # noqa: ARG002
        """Own nothing; see ``EnvironmentStore.owners``."""
        return {}

    def intact(self, environment: Environment) -> bool:  # noqa: ARG002
        """Is always intact; see ``EnvironmentStore.intact``."""
        return True
