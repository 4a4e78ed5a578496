"""Every configured index and folder as one ``Index``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from packaging.utils import NormalizedName

from versect.errors import IndexUnavailable, UnknownProject
from versect.index.configuration import IndexConfiguration
from versect.index.fetch import REMEDY, Fetcher, Patience
from versect.index.folders import read_index, read_links
from versect.index.location import Source
from versect.index.pages import Pages
from versect.index.simple import NoIndexPageError, linked, merged, parse
from versect.model.release import Project


class SimpleIndex:
    """The indexes of a configuration as one; see ``Index``.

    A project is asked for once in the life of this object; different projects may be asked for
    at the same time.
    """

    def __init__(
        self,
        configuration: IndexConfiguration,
        folder: Path,
        say: Callable[[str], None],
        *,
        now: Callable[[], float] = time.time,
        patience: Patience | None = None,
    ) -> None:
        self._configuration = configuration
        self._say = say
        self._fetcher = Fetcher(
            Pages(folder),
            say,
            offline=configuration.offline,
            now=now,
            patience=patience or Patience(),
        )
        self._projects: dict[NormalizedName, Project] = {}
        self._locks: dict[NormalizedName, threading.Lock] = {}
        self._told: set[str] = set()
        self._guard = threading.Lock()

    def project(self, name: NormalizedName) -> Project:
        """Give what the indexes say of one project; see ``Index.project``."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._projects:
                self._projects[name] = self._ask(name)
            return self._projects[name]

    @property
    def stale(self) -> bool:
        """Whether an index gave no answer and a page of earlier was used: it may lack releases."""
        return self._fetcher.stale

    def close(self) -> None:
        """Close the connections. May be called twice."""
        self._fetcher.close()

    def _ask(self, name: NormalizedName) -> Project:
        for words in self._configuration.absent:
            self._tell(f"warning: {words}")
        found = merged(name, (*self._linked(name), *self._indexed(name)))
        if found.releases:
            return found
        if self._configuration.offline:
            raise IndexUnavailable(
                f"offline, and nothing is cached of {name!r}", remedy="run once with the network"
            )
        asked = (*self._configuration.indexes, *self._configuration.find_links)
        raise UnknownProject(
            f"no index has a project {name!r} (asked: {', '.join(map(str, asked)) or 'none'})",
            remedy="check the spelling and the index settings of uv or pip",
        )

    def _indexed(self, name: NormalizedName) -> Iterator[Project]:
        """Ask the indexes: all of them, or, as uv does, until one has the project."""
        for index in self._configuration.indexes:
            answer = self._of_index(index, name)
            if answer is None or not answer.releases:
                continue
            yield answer
            if not self._configuration.union:
                return

    def _of_index(self, index: Source, name: NormalizedName) -> Project | None:
        if index.folder is None:
            url = f"{index.url.rstrip('/')}/{name}/"
            return self._fetcher.page(
                url, lambda page: parse(name, page.text, page.content_type, page.url)
            )
        try:
            return read_index(index.folder, name)
        except NoIndexPageError as error:
            raise IndexUnavailable(
                f"{index}: the page of {name} is not a page of a package index: {error}",
                remedy=REMEDY,
            ) from error

    def _linked(self, name: NormalizedName) -> Iterator[Project]:
        for source in self._configuration.find_links:
            if source.folder is None:
                answer = self._fetcher.page(
                    source.url, lambda page: linked(name, page.text, page.url)
                )
                if answer is not None:
                    yield answer
                continue
            try:
                yield read_links(source.folder, name)
            except OSError as error:
                self._tell(
                    f"warning: passed over {source} ({source.origin}): {error.strerror or error}"
                )

    def _tell(self, words: str) -> None:
        """Say something once."""
        with self._guard:
            known = words in self._told
            self._told.add(words)
        if not known:
            self._say(words)
