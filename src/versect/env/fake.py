"""A resolver and a store that do as they are told: for tests of everything above them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from packaging.version import Version

from versect.env import layout
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
    """Locks exactly what is pinned, unless ``refuses`` gives a reason; see ``Resolver``."""

    def __init__(self, refuses: Callable[[LockRequest], NotRun | None] = lambda _: None) -> None:
        self._refuses = refuses

    def lock(self, request: LockRequest) -> Lock | NotRun:
        """Lock the pins; see ``Resolver.lock``."""
        refused = self._refuses(request)
        if refused is not None:
            return refused
        packages = tuple(
            LockedPackage(
                name=requirement.name,  # type: ignore[arg-type]  # normalised by the study
                version=Version(next(iter(requirement.specifier)).version),
                filename=f"{requirement.name}.whl",
                sha256=hashlib.sha256(str(requirement).encode()).hexdigest(),
            )
            for requirement in sorted(request.requirements, key=str)
        )
        text = "".join(f"# {p.name}=={p.version}\n" for p in packages)
        digest = LockDigest(hashlib.sha256(text.encode()).hexdigest())
        return Lock(text=text, packages=packages, digest=digest)


class FakeEnvironments:
    """Builds nothing; see ``EnvironmentStore``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.built: list[str] = []

    def build(self, lock: Lock, target: Target) -> Environment | NotRun:
        """Name the environment; see ``EnvironmentStore.build``."""
        key = layout.key(lock, target, None)
        self.built.append(key)
        root = self._folder / key
        return Environment(key=key, root=root, home=str(root), target=target)

    def owners(self, environment: Environment) -> dict[str, str]:  # noqa: ARG002
        """Own nothing; see ``EnvironmentStore.owners``."""
        return {}

    def intact(self, environment: Environment) -> bool:  # noqa: ARG002
        """Is always intact; see ``EnvironmentStore.intact``."""
        return True
