"""Releases that lie on this machine: folders of files and indexes made of folders."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import NormalizedName

from versect.index.simple import linked, parse, project
from versect.model.release import Project, ReleaseFile


def read_index(folder: Path, name: NormalizedName) -> Project | None:
    """Give a project of an index that is a folder; None when it does not have it.

    Raises:
        NoIndexPageError: The project's page is no index page.

    """
    path = folder / name / "index.html"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return parse(name, text, "text/html", path.absolute().as_uri())


def read_links(place: Path, name: NormalizedName) -> Project:
    """Give the files of a project in a folder or on a page of links on disk.

    Raises:
        OSError: The place does not exist or cannot be read.

    """
    if place.is_dir():
        return project(name, [_file(path) for path in sorted(place.iterdir())])
    text = place.read_text(encoding="utf-8", errors="replace")
    return linked(name, text, place.absolute().as_uri())


def _file(path: Path) -> ReleaseFile:
    return ReleaseFile(
        filename=path.name,
        url=path.absolute().as_uri(),
        hashes={},
        requires_python=None,
        yanked=False,
        yanked_reason="",
        uploaded=None,
    )
