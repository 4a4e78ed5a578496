"""Pages of an index over HTTP: kept, revalidated, retried; a stale one when the index is down."""

from __future__ import annotations

import logging
import netrc
import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import httpx2
import stamina

from versect.errors import IndexUnavailable
from versect.index.location import bare, without_credentials
from versect.index.pages import Page, Pages, lifetime
from versect.index.simple import ACCEPT, NoIndexPageError

REMEDY: Final = (
    "check the network, the proxy (HTTPS_PROXY), the certificates (SSL_CERT_FILE) and the index "
    "settings of uv or pip; --offline uses only what is cached"
)
_CREDENTIALS: Final = "check user name and password in the index settings of uv or pip, or in netrc"

_RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE: Final = frozenset({404, 410})
_REFUSED: Final = frozenset({401, 403, 407})

T = TypeVar("T")

# stamina reports retries to its logger, and Python prints what no handler takes; the user is told
# in words instead.
logging.getLogger("stamina").addHandler(logging.NullHandler())


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


class _TryAgainError(Exception):
    """The index answered that it cannot answer now."""

    def __init__(self, words: str, wait: float | None) -> None:
        super().__init__(words)
        self.wait = wait


class Fetcher:
    """Fetches pages; safe to call from several threads.

    The connection is made when it is first needed, so that a broken certificate file or proxy
    setting stops nobody who stays offline.
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
        self._made: httpx2.Client | None = None

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
        kept = None if held is None else held[0]
        try:
            page = self._page_of(url, self._ask(url, kept), kept)
            found = None if page is None else read(page)
        except (httpx2.HTTPError, httpx2.InvalidURL, _TryAgainError, NoIndexPageError) as error:
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
                self._made = None

    def _held(self, url: str, read: Callable[[Page], T]) -> tuple[Page, T] | None:
        """Give the page that is kept, read; one that cannot be read is as good as none."""
        kept = self._pages.get(url)
        try:
            return None if kept is None else (kept, read(kept))
        except NoIndexPageError:
            return None

    def _ask(self, url: str, kept: Page | None) -> httpx2.Response:
        failure = ""
        for attempt in stamina.retry_context(
            on=self._pause,
            attempts=self._patience.attempts,
            timeout=None,
            wait_initial=self._patience.first_wait,
            wait_jitter=self._patience.first_wait,
        ):
            if failure:
                self._say(f"{without_credentials(url)}: {failure}; trying again")
            with attempt:
                try:
                    return self._once(url, kept)
                except (httpx2.HTTPError, _TryAgainError) as error:
                    failure = _words(error)
                    raise
        raise AssertionError(url)  # stamina ends with an answer or raises

    def _once(self, url: str, kept: Page | None) -> httpx2.Response:
        headers = {}
        if kept is not None and kept.etag:
            headers["if-none-match"] = kept.etag
        if kept is not None and kept.last_modified:
            headers["if-modified-since"] = kept.last_modified
        answer = self._client().get(url, headers=headers, auth=_auth(url))
        if answer.status_code in _RETRIED:
            raise _TryAgainError(_status(answer), _retry_after(answer, self._now()))
        return answer

    def _pause(self, error: Exception) -> bool | float:
        """Say whether to ask again: no, after the usual pause, or after so many seconds."""
        match error:
            case _TryAgainError(wait=None) | httpx2.TimeoutException() | httpx2.NetworkError():
                return True
            case httpx2.RemoteProtocolError():
                return True
            case _TryAgainError(wait=float() as wait):
                return wait if wait <= self._patience.longest_wait else False
            case _:
                return False

    def _page_of(self, url: str, answer: httpx2.Response, kept: Page | None) -> Page | None:
        fresh = lifetime(answer.headers.get("cache-control"))
        status = answer.status_code
        if status in _GONE:
            return None
        if status == httpx2.codes.NOT_MODIFIED and kept is not None:
            return replace(kept, fetched=self._now(), lifetime=fresh)
        if status != httpx2.codes.OK:
            raise IndexUnavailable(
                f"{without_credentials(url)} answered {_status(answer)}",
                remedy=_CREDENTIALS if status in _REFUSED else REMEDY,
            )
        return Page(
            url=bare(str(answer.url)),  # after redirects; links are relative to it
            content_type=answer.headers.get("content-type", ""),
            etag=answer.headers.get("etag", ""),
            last_modified=answer.headers.get("last-modified", ""),
            fetched=self._now(),
            lifetime=fresh,
            text=answer.text,
        )

    def _say_stale(self, url: str, kept: Page, error: Exception) -> None:
        minutes = max(self._now() - kept.fetched, 0.0) / 60
        self._say(
            f"warning: no usable answer from {without_credentials(url)} ({_words(error)}); "
            f"using its page of {minutes:.0f} minutes ago"
        )

    def _client(self) -> httpx2.Client:
        with self._guard:
            if self._made is None:
                try:
                    self._made = httpx2.Client(
                        timeout=self._patience.timeout,
                        follow_redirects=True,
                        headers={"accept": ACCEPT},
                    )
                except (OSError, ValueError, httpx2.InvalidURL) as error:
                    raise IndexUnavailable(
                        f"cannot prepare a connection to the index: {_words(error)}",
                        remedy="check SSL_CERT_FILE, SSL_CERT_DIR, HTTPS_PROXY and ALL_PROXY",
                    ) from error
                weakref.finalize(self, self._made.close)
            return self._made


def _unavailable(url: str, error: Exception) -> IndexUnavailable:
    shown, words = without_credentials(url), _words(error)
    if isinstance(error, NoIndexPageError):
        return IndexUnavailable(f"{shown} is not a page of a package index: {words}", remedy=REMEDY)
    return IndexUnavailable(f"no answer from {shown}: {words}", remedy=REMEDY)


def _auth(url: str) -> httpx2.Auth | None:
    """Give the credentials of the user's netrc file, as uv and pip do; a URL's own win.

    The HTTP library reads its other variables (proxies, certificates) itself, but not this one.
    """
    if without_credentials(url) != url:
        return None
    try:
        return httpx2.NetRCAuth(os.environ.get("NETRC"))
    except (OSError, netrc.NetrcParseError):
        return None


def _status(answer: httpx2.Response) -> str:
    return f"{answer.status_code} {answer.reason_phrase}".strip()


def _words(error: Exception) -> str:
    return without_credentials(str(error)) or type(error).__name__


def _retry_after(answer: httpx2.Response, now: float) -> float | None:
    """Give the seconds that ``Retry-After`` asks for, as a number or a date (RFC 9110, 10.2.3)."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.fromtimestamp(now, UTC)).total_seconds(), 0.0)
