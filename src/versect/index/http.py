"""Pages of an index asked for over HTTP: retried, and with the credentials of a netrc file.

Loaded when a page is first asked for: its libraries take longer to load than a page does.
"""

from __future__ import annotations

import logging
import netrc
import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx2

from versect.errors import IndexUnavailable
from versect.index.fetch import REMEDY, NoAnswerError, Patience
from versect.index.location import bare, without_credentials
from versect.index.pages import Page, lifetime
from versect.index.simple import ACCEPT

_CREDENTIALS: Final = "check user name and password in the index settings of uv or pip, or in netrc"

_RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE: Final = frozenset({404, 410})
_REFUSED: Final = frozenset({401, 403, 407})

# stamina reports retries to its logger, and Python prints what no handler takes; the user is told
# in words instead.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class _TryAgainError(Exception):
    """The index answered that it cannot answer now."""

    def __init__(self, words: str, wait: float | None) -> None:
        super().__init__(words)
        self.wait = wait


class Http:
    """Asks for pages; safe to call from several threads."""

    def __init__(
        self, say: Callable[[str], None], *, now: Callable[[], float], patience: Patience
    ) -> None:
        self._say = say
        self._now = now
        self._patience = patience
        self._guard = threading.Lock()
        self._made: httpx2.Client | None = None

    def page(self, url: str, kept: Page | None) -> Page | None:
        """Ask for a page, or whether the one that is kept is still the same.

        Returns:
            The page; None when the index has no such page.

        Raises:
            NoAnswerError: No answer after retries.
            IndexUnavailable: An answer that asking again cannot change, or no connection can be
                prepared.

        """
        try:
            return self._page_of(url, self._ask(url, kept), kept)
        except (httpx2.HTTPError, httpx2.InvalidURL, _TryAgainError) as error:
            raise NoAnswerError(_words(error)) from error

    def close(self) -> None:
        """Close the connections. May be called twice."""
        with self._guard:
            if self._made is not None:
                self._made.close()
                self._made = None

    def _ask(self, url: str, kept: Page | None) -> httpx2.Response:
        try:
            return self._once(url, kept)
        except (httpx2.HTTPError, _TryAgainError) as error:
            return self._ask_again(url, kept, error)

    def _ask_again(self, url: str, kept: Page | None, failure: Exception) -> httpx2.Response:
        import stamina  # hardly ever needed

        first = True
        for attempt in stamina.retry_context(
            on=self._pause,
            attempts=self._patience.attempts,
            timeout=None,
            wait_initial=self._patience.first_wait,
            wait_jitter=self._patience.first_wait,
        ):
            with attempt:
                if first:
                    first = False
                    raise failure
                self._say(f"{without_credentials(url)}: {_words(failure)}; trying again")
                try:
                    return self._once(url, kept)
                except (httpx2.HTTPError, _TryAgainError) as error:
                    failure = error
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


def _auth(url: str) -> httpx2.Auth | None:
    """Give the credentials of the user's netrc file, as uv and pip do; a URL's own win.

    The HTTP library reads its other variables (proxies, certificates) itself, but not this one.
    The file is named even where it is the usual one: the standard library refuses the usual one,
    and no other, when others may read it; uv and pip do not.
    """
    if without_credentials(url) != url:
        return None
    try:
        return httpx2.NetRCAuth(os.environ.get("NETRC") or str(Path.home() / ".netrc"))
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
