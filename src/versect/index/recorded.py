"""An index of projects made beforehand: for tests of everything above indexes."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.utils import NormalizedName

from versect.errors import UnknownProject
from versect.model.release import Project


class RecordedIndex:
    """Knows the projects that it is given; see ``Index``."""

    def __init__(self, projects: Mapping[NormalizedName, Project]) -> None:
        self._projects = dict(projects)

    def project(self, name: NormalizedName) -> Project:
        """Give a project; see ``Index.project``."""
        if name not in self._projects:
            raise UnknownProject(f"no index has a project {name!r}", remedy="check the spelling")
        return self._projects[name]
