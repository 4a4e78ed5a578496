"""Index pages kept on disk, so that a page is asked for once and revalidated afterwards.

A page is fresh for ``FRESH`` seconds even when the index sends no caching headers at all, as many
do; afterwards it is revalidated where the index gave a validator. An HTTP cache after RFC 9111
would fetch such pages anew each time and could not serve a stale one while the index is down.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FRESH: Final = 600.0
"""Seconds for which a page is used without asking again; PyPI's own time is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of an index."""

    url: str
    content_type: str
    etag: str
    last_modified: str
    fetched: float
    """Seconds since the epoch."""
    text: str


class Pages:
    """Pages by URL in one folder; a page that cannot be read or written is merely not kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, url: str) -> Page | None:
        """Give the page kept for a URL, however old."""
        try:
            return Page(**json.loads(self._path(url).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def put(self, page: Page) -> None:
        """Keep a page."""
        path = self._path(page.url)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{id(page)}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(asdict(page)), encoding="utf-8")
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()}.json"
