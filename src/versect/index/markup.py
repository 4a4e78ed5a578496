"""What an HTML page of the Simple API says (PEP 503, 592, 629; pure).

mousebender's parser is not used for HTML: it refuses a whole page for one link such as ``#top``,
ignores ``<base href>``, and does not tell an index page from a login page.
"""

from __future__ import annotations

import html.parser
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

_LISTING: Final = re.compile(r"\s*(links for|index of|directory listing)\b", re.IGNORECASE)
"""How the titles of index pages and of web servers' own listings begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One link of a page."""

    filename: str
    url: str
    """Absolute, without its fragment."""
    hashes: dict[str, str]
    requires_python: str
    """Empty where nothing is said."""
    yanked: str | None
    """The reason, which may be empty; None when the file was not withdrawn."""
    uploaded: str
    """``data-upload-time``, which no PEP knows and several indexes give; else empty."""


@dataclass(slots=True, kw_only=True)
class Markup:
    """A page as far as it matters here."""

    anchors: list[Anchor] = field(default_factory=list)
    api_version: str = ""
    """Of ``<meta name="pypi:repository-version">``; empty where there is none."""
    title: str = ""
    """Of ``<title>``, else of the first ``<h1>``."""
    has_form: bool = False

    @property
    def is_listing(self) -> bool:
        """Whether the page is an index page even if no link on it is a file."""
        return bool(self.api_version) or bool(_LISTING.match(self.title))


def read(text: str, url: str) -> Markup:
    """Read a page; what is no HTML gives a page without links."""
    reader = _Reader(url)
    reader.feed(text)
    reader.close()
    return reader.markup


class _Reader(html.parser.HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.markup = Markup()
        self._base = url
        self._heading = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        match tag:
            case "a" if said.get("href"):
                self._anchor(said["href"] or "", said)
            case "base" if said.get("href"):
                self._base = urljoin(self._base, said["href"])
            case "meta" if said.get("name") == "pypi:repository-version":
                self.markup.api_version = said.get("content") or ""
            case "form" | "input":
                self.markup.has_form = True
            case "title" | "h1":
                self._heading = tag
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag == self._heading:
            self._heading = ""

    def handle_data(self, data: str) -> None:
        if self._heading == "title" or (self._heading and not self.markup.title):
            self.markup.title = f"{self.markup.title} {data.strip()}".strip()

    def _anchor(self, reference: str, said: dict[str, str | None]) -> None:
        try:
            url, fragment = urldefrag(urljoin(self._base, reference))
            path = urlsplit(url).path
        except ValueError:  # "http://[" is no URL, and no file of a project
            return
        # PEP 503: "The URL SHOULD include a hash in the form of a URL fragment with the following
        # syntax: #<hashname>=<hashvalue>"
        algorithm, _, digest = fragment.partition("=")
        self.markup.anchors.append(
            Anchor(
                filename=unquote(path.rpartition("/")[2]),
                url=url,
                hashes={algorithm.lower(): digest} if digest else {},
                requires_python=said.get("data-requires-python") or "",
                # PEP 592: "may have a data-yanked attribute which may have no value, or may have
                # an arbitrary string as a value"
                yanked=(said["data-yanked"] or "") if "data-yanked" in said else None,
                uploaded=said.get("data-upload-time") or "",
            )
        )
