"""What the rest of versect needs of resolvers and of the environment store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from packaging.utils import NormalizedName
from packaging.version import Version

from versect.model.environment import Environment, Lock, LockRequest, Target
from versect.model.trial import NotRun


class Resolver(Protocol):
    """Chooses the releases of an environment; safe to call from several threads."""

    def lock(self, request: LockRequest) -> Lock | NotRun:
        """Resolve a request without running any code of the packages.

        ``NotRun`` carries UNSATISFIABLE, NO_WHEEL, INDEX_UNAVAILABLE or BUILD_FAILED with the
        resolver's own words.

        Raises:
            ToolMissing: There is no working resolver.

        """


class SourceBuilder(Protocol):
    """Builds wheels of projects that the study allows to be built; safe in several threads."""

    def wheel(
        self, project: NormalizedName, version: Version, request: LockRequest
    ) -> Path | NotRun:
        """Give a wheel built from a release's source archive, for the request's interpreter.

        The archive's code runs in a container, never on this machine. ``NotRun`` carries NO_WHEEL
        when there is no archive, BUILD_FAILED or INDEX_UNAVAILABLE.
        """


class EnvironmentStore(Protocol):
    """Builds environments, each once; safe in several threads and several processes."""

    def build(self, lock: Lock, target: Target) -> Environment | NotRun:
        """Give the environment of this lock for this target, building it if it is not there.

        ``NotRun`` carries INSTALL_FAILED, BUILD_FAILED, NO_WHEEL, INDEX_UNAVAILABLE,
        STORAGE_ERROR, or ENGINE_ERROR when the target's interpreter could not compile.
        """

    def derive(
        self, environment: Environment, files: Mapping[str, bytes | None]
    ) -> Environment | NotRun:
        """Give a copy of an environment, which is there, in which some files are others.

        Args:
            environment: Stays what it is.
            files: Paths relative to site-packages to content, None for removal. A file that is
                there and belongs to no distribution is left alone.

        Returns:
            An environment like any other: it has a key of its own, is made once, is owned,
            leased and compared. With nothing to change it is ``environment`` itself.
            ``NotRun`` carries ENVIRONMENT_MODIFIED when somebody had written into
            ``environment``, which is then discarded, and STORAGE_ERROR.

        Raises:
            ValueError: A path leads out of site-packages.

        """

    def owners(self, environment: Environment) -> dict[str, str]:
        """Map each installed file, relative to site-packages, to its distribution's name."""

    def intact(self, environment: Environment) -> bool:
        """Whether no cell has written into the environment; if one has, it is discarded."""
