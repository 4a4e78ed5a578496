"""URLs and paths under which releases are found (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that is configured, and who says so. As text it is fit to be shown."""

    url: str
    """A URL, credentials included, or a path."""
    origin: str
    """The file or environment variable that names it."""

    @property
    def folder(self) -> Path | None:
        """Its path where it lies on this machine, else None."""
        return local_path(self.url)

    def __str__(self) -> str:
        return without_credentials(self.url)


def local_path(url: str) -> Path | None:
    """Give the path of a ``file:`` URL or of what is a path already; None for other URLs."""
    if re.match(r"file:", url, re.IGNORECASE):
        return Path(unquote(urlsplit(url).path))
    return None if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", url) else Path(url).expanduser()


def without_credentials(text: str) -> str:
    """Give a URL, or words with URLs in them, as they may be shown: ``https://***@host/``."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "***@", text)


def bare(url: str) -> str:
    """Give a URL without user and password."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "", url, count=1)
