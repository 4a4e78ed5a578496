"""Answers of the Simple API (PEP 503, 691, 700, 714) as a project with its releases (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin

from mousebender import simple
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from versect.model.release import Project, Release, ReleaseFile

ACCEPT: Final = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
)
"""Asks for JSON first, as PEP 691 recommends."""


class NoIndexPageError(ValueError):
    """An answer is not a page of the Simple API: a login page, an error in HTML, garbage."""


def parse(name: NormalizedName, body: bytes, content_type: str, url: str) -> Project:
    """Read one project's page.

    Args:
        name: The project asked for.
        body: The answer.
        content_type: Its ``Content-Type``.
        url: Where it came from; relative links are relative to it.

    Returns:
        The project. Files whose names say no version are passed over.

    Raises:
        NoIndexPageError: The answer is no such page.

    """
    kind = content_type.partition(";")[0].strip().lower()
    text = body.decode("utf-8", "replace")
    if kind not in {"application/vnd.pypi.simple.v1+json", "application/json"}:
        _check_html(text, kind)
    else:
        content_type = "application/vnd.pypi.simple.v1+json"
    try:
        details = simple.parse_project_details(text, content_type, name)
        files = [_file(entry, url) for entry in details["files"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoIndexPageError(f"{kind or 'no content type'}: {error}") from error
    return project(name, files)


def project(name: NormalizedName, files: list[ReleaseFile]) -> Project:
    """Group files into releases, oldest version first."""
    releases: dict[Version, list[ReleaseFile]] = defaultdict(list)
    for file in files:
        version = version_of(file.filename)
        if version is not None:
            releases[version].append(file)
    return Project(
        name=name,
        releases=tuple(Release(version=v, files=tuple(releases[v])) for v in sorted(releases)),
    )


def version_of(filename: str) -> Version | None:
    """Give the version that a file name states, or None when it states none."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def _check_html(text: str, kind: str) -> None:
    """Refuse HTML that is no index page: forms and pages without a single file."""
    lowered = text.lower()
    if kind not in {"text/html", "application/vnd.pypi.simple.v1+html", ""}:
        raise NoIndexPageError(f"content type {kind!r}")
    if "<form" in lowered or "<input" in lowered:
        raise NoIndexPageError("an HTML page with a form, as login pages have")
    if "<a " not in lowered and "<!doctype html" not in lowered and "<html" not in lowered:
        raise NoIndexPageError("neither JSON nor HTML")


def _file(entry: Mapping[str, Any], url: str) -> ReleaseFile:
    yanked = entry.get("yanked", False)
    requires = entry.get("requires-python")
    uploaded = entry.get("upload-time")
    return ReleaseFile(
        filename=entry["filename"],
        url=urljoin(url, entry["url"]),
        hashes=dict(entry.get("hashes") or {}),
        requires_python=_specifier(requires) if requires else None,
        yanked=yanked is not False,
        yanked_reason=yanked if isinstance(yanked, str) else "",
        uploaded=datetime.fromisoformat(uploaded) if isinstance(uploaded, str) else uploaded,
    )


def _specifier(text: str) -> SpecifierSet | None:
    """Read ``requires-python``; installers ignore what is no specifier, and so does this."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None
