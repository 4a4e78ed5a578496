"""Pages of an index: kept, revalidated, and a stale one used when the index is down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from versect.errors import IndexUnavailable
from versect.index.location import without_credentials
from versect.index.pages import Page, Pages
from versect.index.simple import NoIndexPageError

if TYPE_CHECKING:
    from versect.index.http import Http

REMEDY: Final = (
    "check the network, the proxy (HTTPS_PROXY), the certificates (SSL_CERT_FILE) and the index "
    "settings of uv or pip; --offline uses only what is cached"
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an index is waited for."""

    timeout: float = 20.0
    """Seconds without any progress after which one attempt has failed."""
    attempts: int = 4
    first_wait: float = 0.2
    """Seconds before the second attempt; doubled for each further one."""
    longest_wait: float = 20.0
    """Seconds; an index that asks for more in ``Retry-After`` is not asked again."""


class NoAnswerError(Exception):
    """The index gave no answer, however often it was asked."""


class Fetcher:
    """Fetches pages; safe to call from several threads.

    The connection is made when it is first needed, so that a broken certificate file or proxy
    setting stops nobody who stays offline, and loading what it needs delays nobody.
    """

    def __init__(
        self,
        pages: Pages,
        say: Callable[[str], None],
        *,
        offline: bool,
        now: Callable[[], float],
        patience: Patience,
    ) -> None:
        self._pages = pages
        self._say = say
        self._offline = offline
        self._now = now
        self._patience = patience
        self._guard = threading.Lock()
        self._made: Http | None = None
        self.stale = False
        """Whether a page was used though the index could not say that it is still the same."""

    def page(self, url: str, read: Callable[[Page], T]) -> T | None:
        """Fetch a page, or take the one that is kept, and read it.

        Args:
            url: Where it is.
            read: Makes something of a page or raises ``NoIndexPageError``; a page that cannot be
                read is never kept, and counts as no answer.

        Returns:
            What ``read`` gives; None when the index has no such page, and when offline and none
            is kept.

        Raises:
            IndexUnavailable: No usable answer after retries, and no page is kept.

        """
        held = self._held(url, read)
        if held is not None and (self._offline or held[0].fresh(self._now())):
            return held[1]
        if self._offline:
            return None
        try:
            page = self._http().page(url, None if held is None else held[0])
            found = None if page is None else read(page)
        except (NoAnswerError, NoIndexPageError) as error:
            if held is None:
                raise _unavailable(url, error) from error
            self._say_stale(url, held[0], error)
            return held[1]
        if page is not None:
            self._pages.put(url, page)
        return found

    def close(self) -> None:
        """Close the connections. May be called twice."""
        with self._guard:
            if self._made is not None:
                self._made.close()

    def _held(self, url: str, read: Callable[[Page], T]) -> tuple[Page, T] | None:
        """Give the page that is kept, read; one that cannot be read is as good as none."""
        kept = self._pages.get(url)
        try:
            return None if kept is None else (kept, read(kept))
        except NoIndexPageError:
            return None

    def _say_stale(self, url: str, kept: Page, error: Exception) -> None:
        self.stale = True
        minutes = max(self._now() - kept.fetched, 0.0) / 60
        self._say(
            f"warning: no usable answer from {without_credentials(url)} "
            f"({without_credentials(str(error))}); using its page of {minutes:.0f} minutes ago"
        )

    def _http(self) -> Http:
        from versect.index.http import Http

        with self._guard:
            if self._made is None:
                self._made = Http(self._say, now=self._now, patience=self._patience)
            return self._made


def _unavailable(url: str, error: Exception) -> IndexUnavailable:
    shown, words = without_credentials(url), without_credentials(str(error))
    if isinstance(error, NoIndexPageError):
        return IndexUnavailable(f"{shown} is not a page of a package index: {words}", remedy=REMEDY)
    return IndexUnavailable(f"no answer from {shown}: {words}", remedy=REMEDY)
