"""The Simple API over HTTP, and folders of files, as one ``Index``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

import httpx2
import stamina
from packaging.utils import NormalizedName, canonicalize_name

from versect.errors import IndexUnavailable, UnknownProject
from versect.index.configuration import IndexConfiguration, without_credentials
from versect.index.pages import FRESH, Page, Pages
from versect.index.simple import ACCEPT, NoIndexPageError, parse, project
from versect.model.release import Project, ReleaseFile

_TIMEOUT: Final = 30.0
_ATTEMPTS: Final = 4
_RETRIED: Final = frozenset({429, 500, 502, 503, 504})
_REMEDY: Final = (
    "check the network, the proxy and the index settings of uv or pip; --offline uses only what "
    "is cached"
)


class _TryAgainError(Exception):
    """The index answered that it cannot answer now."""


class SimpleIndex:
    """Every configured index as one; see ``Index``."""

    def __init__(
        self,
        configuration: IndexConfiguration,
        folder: Path,
        say: Callable[[str], None],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._configuration = configuration
        self._pages = Pages(folder)
        self._say = say
        self._now = now
        self._projects: dict[NormalizedName, Project] = {}
        self._lock = threading.Lock()
        self._client = httpx2.Client(
            timeout=_TIMEOUT, follow_redirects=True, headers={"accept": ACCEPT}
        )

    def project(self, name: NormalizedName) -> Project:
        """Give what the indexes say of one project; see ``Index.project``."""
        with self._lock:
            if name not in self._projects:
                self._projects[name] = self._ask(name)
            return self._projects[name]

    def _ask(self, name: NormalizedName) -> Project:
        found: list[ReleaseFile] = []
        asked: list[str] = []
        for link in self._configuration.find_links:
            found += self._links(link, name)
        for index in self._configuration.indexes:
            url = f"{index.rstrip('/')}/{name}/"
            asked.append(without_credentials(index))
            page = self._folder(url) if url.startswith("file:") else self._page(url)
            if page is None:
                continue
            try:
                answer = parse(name, page.text.encode(), page.content_type, url)
            except NoIndexPageError as error:
                shown = without_credentials(url)
                raise IndexUnavailable(
                    f"{shown} is not a page of a package index: {error}", remedy=_REMEDY
                ) from error
            found += (file for release in answer.releases for file in release.files)
            if answer.releases and not self._configuration.union:
                break
        if not found and not self._configuration.offline:
            places = ", ".join((*asked, *self._configuration.find_links)) or "nothing"
            raise UnknownProject(
                f"no index has a project {name!r} (asked: {places})",
                remedy="check the spelling and the index settings of uv or pip",
            )
        if not found:
            raise IndexUnavailable(
                f"offline, and nothing is cached of {name!r}", remedy="run once with the network"
            )
        return project(name, list({file.filename: file for file in reversed(found)}.values()))

    def _page(self, url: str) -> Page | None:
        """Give a page over HTTP, from the cache where it is fresh; None when there is none."""
        kept = self._pages.get(url)
        if kept and (self._configuration.offline or self._now() - kept.fetched < FRESH):
            return kept
        if self._configuration.offline:
            return None
        try:
            answer = self._fetch(url, kept)
        except (httpx2.HTTPError, _TryAgainError) as error:
            return self._stale(url, kept, error)
        if answer.status_code in {404, 410}:
            return None
        if answer.status_code == httpx2.codes.NOT_MODIFIED and kept:
            page = replace(kept, fetched=self._now())
        elif answer.status_code == httpx2.codes.OK:
            page = Page(
                url=url,
                content_type=answer.headers.get("content-type", ""),
                etag=answer.headers.get("etag", ""),
                last_modified=answer.headers.get("last-modified", ""),
                fetched=self._now(),
                text=answer.text,
            )
        else:
            raise IndexUnavailable(
                f"{without_credentials(url)} answered {answer.status_code} {answer.reason_phrase}",
                remedy=_REMEDY,
            )
        self._pages.put(page)
        return page

    def _fetch(self, url: str, kept: Page | None) -> httpx2.Response:
        headers = {}
        if kept and kept.etag:
            headers["if-none-match"] = kept.etag
        if kept and kept.last_modified:
            headers["if-modified-since"] = kept.last_modified
        for attempt in stamina.retry_context(
            on=(httpx2.TransportError, _TryAgainError), attempts=_ATTEMPTS, wait_initial=0.2
        ):
            with attempt:
                answer = self._client.get(url, headers=headers)
                if answer.status_code in _RETRIED:
                    raise _TryAgainError(f"{answer.status_code} {answer.reason_phrase}")
                return answer
        raise AssertionError(url)  # stamina ends with an answer or raises

    def _stale(self, url: str, kept: Page | None, error: Exception) -> Page:
        shown = without_credentials(url)
        words = str(error) or type(error).__name__
        if kept is None:
            raise IndexUnavailable(f"no answer from {shown}: {words}", remedy=_REMEDY) from error
        minutes = (self._now() - kept.fetched) / 60
        self._say(f"no answer from {shown} ({words}); using its page of {minutes:.0f} minutes ago")
        return kept

    def _folder(self, url: str) -> Page | None:
        """Give the page of an index that is a folder on this machine."""
        folder = Path(unquote(urlsplit(url).path))
        try:
            text = (folder / "index.html").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        return Page(
            url=url, content_type="text/html", etag="", last_modified="", fetched=0.0, text=text
        )

    def _links(self, link: str, name: NormalizedName) -> list[ReleaseFile]:
        """Give the files of a project in a folder or on a page of links."""
        if urlsplit(link).scheme in {"http", "https"}:
            page = self._page(link)
            if page is None:
                return []
            answer = parse(name, page.text.encode(), page.content_type, link)
            files = [file for release in answer.releases for file in release.files]
            return [file for file in files if _belongs(file.filename, name)]
        folder = Path(unquote(urlsplit(link).path)) if link.startswith("file:") else Path(link)
        if not folder.is_dir():
            return []
        return [
            ReleaseFile(
                filename=path.name,
                url=urljoin("file:", path.resolve().as_uri()),
                hashes={},
                requires_python=None,
                yanked=False,
                yanked_reason="",
                uploaded=None,
            )
            for path in sorted(folder.iterdir())
            if _belongs(path.name, name)
        ]


def _belongs(filename: str, name: NormalizedName) -> bool:
    """Whether a file name is a wheel or source archive of a project."""
    if not filename.endswith((".whl", ".tar.gz", ".zip")):
        return False
    stem = filename.partition("-")[0] if filename.endswith(".whl") else filename.rpartition("-")[0]
    return canonicalize_name(stem) == name
