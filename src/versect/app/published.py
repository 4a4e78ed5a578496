"""When releases were published, asked of the index once a project."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from packaging.utils import NormalizedName
from packaging.version import Version

from versect.errors import IndexUnavailable, UnknownProject
from versect.index.interface import Index
from versect.model.release import Release


class Published:
    """Finds releases, first among those that are known, then on the index."""

    def __init__(
        self, known: Mapping[tuple[NormalizedName, Version], Release], index: Index
    ) -> None:
        self._known = known
        self._index = index
        self._of = lru_cache(maxsize=None)(self._asked)

    def __call__(self, project: NormalizedName, version: Version) -> Release | None:
        """Give a release, or None where no index tells of it.

        Costs one index request a project, the first time.
        """
        known = self._known.get((project, version))
        return known if known is not None else self._of(project).get(version)

    def _asked(self, project: NormalizedName) -> Mapping[Version, Release]:
        try:
            found = self._index.project(project)
        except (UnknownProject, IndexUnavailable):
            return {}
        return {release.version: release for release in found.releases}
