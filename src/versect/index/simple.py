"""Answers of the Simple API (PEP 503, 592, 691, 700) as a project with its releases (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urljoin

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from versect.index.markup import Anchor, Markup, read
from versect.model.release import Project, Release, ReleaseFile

ACCEPT: Final = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
)
"""Asks for JSON first, as PEP 691 recommends."""

_JSON: Final = frozenset({"application/vnd.pypi.simple.v1+json", "application/json"})
_HTML: Final = frozenset({"application/vnd.pypi.simple.v1+html", "text/html"})


class NoIndexPageError(ValueError):
    """An answer is not a page of the Simple API: a login page, an error in HTML, garbage."""


def parse(name: NormalizedName, body: str, content_type: str, url: str) -> Project:
    """Read one project's page.

    Args:
        name: The project asked for.
        body: The answer.
        content_type: Its ``Content-Type``; when empty, the answer's first character decides.
        url: Where it came from; relative links are relative to it.

    Returns:
        The project. Files of other projects, files that are neither wheels nor source archives,
        and names that state no valid version are passed over. A version that the index lists
        without a single file (PEP 700) is a release without files.

    Raises:
        NoIndexPageError: The answer is no such page.

    """
    kind = content_type.partition(";")[0].strip().lower()
    if not kind:
        kind = "application/json" if body.lstrip()[:1] == "{" else "text/html"
    if kind in _JSON:
        return _from_json(name, body, url)
    if kind in _HTML:
        return _from_html(name, read(body, url))
    raise NoIndexPageError(f"its content type is {kind!r}")


def linked(name: NormalizedName, text: str, url: str) -> Project:
    """Give the files of a project on an HTML page with links to files of many (``--find-links``).

    It may hold none of them; nothing tells whether the page is one of links at all.
    """
    return project(name, map(_from_anchor, read(text, url).anchors))


def project(
    name: NormalizedName, files: Iterable[ReleaseFile], versions: Iterable[Version] = ()
) -> Project:
    """Group files into releases, oldest version first.

    Args:
        name: The project; files of others are passed over.
        files: In the order of the index, which is kept; of two with one name the first counts.
        versions: Versions that exist whether or not a file belongs to them.

    """
    releases: dict[Version, dict[str, ReleaseFile]] = {version: {} for version in versions}
    for file in files:
        stated = stated_by(file.filename)
        if stated is not None and stated[0] == name:
            releases.setdefault(stated[1], {}).setdefault(file.filename, file)
    return Project(
        name=name,
        releases=tuple(
            Release(version=version, files=tuple(releases[version].values()))
            for version in sorted(releases)
        ),
    )


def merged(name: NormalizedName, projects: Iterable[Project]) -> Project:
    """Lay together what several indexes say; of two files with one name the first counts."""
    releases = [release for one in projects for release in one.releases]
    return project(
        name,
        (file for release in releases for file in release.files),
        (release.version for release in releases),
    )


def stated_by(filename: str) -> tuple[NormalizedName, Version] | None:
    """Give the project and version that a file name states; None for what installers ignore.

    ``Foo_Bar-1.0.tar.gz`` -> ``foo-bar``, 1.0
    """
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[:2]
        return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def _from_html(name: NormalizedName, page: Markup) -> Project:
    # PEP 629: "Clients MUST ... fail if the major version is greater than they support"
    if page.api_version.partition(".")[0] not in {"", "1"}:
        raise NoIndexPageError(f"its API version {page.api_version} is not 1.x")
    found = project(name, map(_from_anchor, page.anchors))
    if not found.releases and (page.has_form or not page.is_listing):
        what = "has a form, as login pages have," if page.has_form else "is HTML"
        title = f"; its title is {page.title[:80]!r}" if page.title else ""
        raise NoIndexPageError(f"it {what} and holds no file of {name}{title}")
    return found


def _from_anchor(anchor: Anchor) -> ReleaseFile:
    return ReleaseFile(
        filename=anchor.filename,
        url=anchor.url,
        hashes=anchor.hashes,
        requires_python=_specifier(anchor.requires_python),
        yanked=anchor.yanked is not None,
        yanked_reason=anchor.yanked or "",
        uploaded=_moment(anchor.uploaded),
    )


def _from_json(name: NormalizedName, body: str, url: str) -> Project:
    try:
        answer = json.loads(body)
        version = str(answer.get("meta", {}).get("api-version", "1.0"))
        if version.partition(".")[0] != "1":
            raise NoIndexPageError(f"its API version {version} is not 1.x")
        files = [_from_entry(entry, url) for entry in answer["files"]]
        return project(name, files, _versions(answer.get("versions") or ()))
    except KeyError as error:
        raise NoIndexPageError(f"its JSON has no {error}") from error
    except RecursionError as error:
        raise NoIndexPageError("its JSON is nested without end") from error
    except json.JSONDecodeError as error:
        raise NoIndexPageError(f"it is not valid JSON: {error}") from error
    except (TypeError, AttributeError) as error:
        raise NoIndexPageError(f"its JSON has another form: {error}") from error


def _from_entry(entry: Mapping[str, Any], url: str) -> ReleaseFile:
    yanked = entry.get("yanked", False)
    return ReleaseFile(
        filename=entry["filename"],
        url=urljoin(url, entry["url"]),
        hashes=dict((entry.get("hashes") or {}).items()),
        requires_python=_specifier(entry.get("requires-python") or ""),
        # PEP 691: "either a boolean to indicate if the file has been yanked, or a non empty, but
        # otherwise arbitrary, string to indicate that a file has been yanked with a ... reason"
        yanked=bool(yanked),
        yanked_reason=yanked if isinstance(yanked, str) else "",
        uploaded=_moment(entry.get("upload-time")),
    )


def _versions(texts: Iterable[str]) -> Iterator[Version]:
    for text in texts:
        try:
            yield Version(text)
        except InvalidVersion:
            continue  # releases from before PEP 440; no installer takes them


def _moment(text: str | None) -> datetime | None:
    """Read an upload time. PEP 700: "the time MUST be in UTC", so one without a zone is too."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@lru_cache(maxsize=1024)
def _specifier(text: str) -> SpecifierSet | None:
    """Read ``requires-python``; installers ignore what is no specifier, and so does this.

    Hundreds of files share one text; reading each anew took most of the time of a large page.
    """
    if not text:
        return None
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None
