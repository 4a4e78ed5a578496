"""An index of recorded answers or ready projects, for everything that must not need a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from packaging.utils import NormalizedName

from versect.errors import IndexUnavailable, UnknownProject
from versect.index.simple import NoIndexPageError, parse
from versect.model.release import Project

_TYPES: Final = {"html": "text/html", "json": "application/vnd.pypi.simple.v1+json"}
"""The later one wins: JSON says more."""


class RecordedIndex:
    """Knows the projects that it is given; see ``Index``."""

    def __init__(self, projects: Mapping[NormalizedName, Project]) -> None:
        self._projects = dict(projects)

    @classmethod
    def from_folder(cls, folder: Path) -> RecordedIndex:
        """Read recorded answers ``{project}.json`` and ``{project}.html`` with the real parser.

        Raises:
            IndexUnavailable: One of them is no page of an index, or cannot be read.

        """
        projects = {}
        for ending, content_type in _TYPES.items():
            for path in sorted(folder.glob(f"*.{ending}")):
                name = NormalizedName(path.stem)
                try:
                    text = path.read_text(encoding="utf-8")
                    projects[name] = parse(name, text, content_type, path.absolute().as_uri())
                except (OSError, NoIndexPageError) as error:
                    raise IndexUnavailable(f"{path}: {error}", remedy="record it again") from error
        return cls(projects)

    def project(self, name: NormalizedName) -> Project:
        """Give a project; see ``Index.project``."""
        if name not in self._projects:
            raise UnknownProject(f"no index has a project {name!r}", remedy="check the spelling")
        return self._projects[name]
