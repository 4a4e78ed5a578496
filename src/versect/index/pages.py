"""Index pages kept on disk, so that a page is asked for once and revalidated afterwards.

A page is fresh for as long as the index says, and for ``FRESH`` seconds where the index says
nothing, as many do; afterwards it is revalidated where the index gave a validator. An HTTP cache
after RFC 9111 (hishel's) would fetch such pages anew each time, would keep a login page that was
answered with 200, and could not serve a stale page while the index is down.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FRESH: Final = 600.0
"""Seconds for which a page is used without asking again; PyPI's own time is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of an index."""

    url: str
    """Without credentials."""
    content_type: str
    etag: str
    last_modified: str
    fetched: float
    """When it was fetched or last revalidated, in seconds since the epoch."""
    lifetime: float
    """Seconds from then on for which it may be used without asking again."""
    text: str

    def fresh(self, now: float) -> bool:
        """Whether it may be used without asking; a page from the future may not."""
        return 0 <= now - self.fetched < self.lifetime


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

    def put(self, url: str, page: Page) -> None:
        """Keep a page for the URL that was asked for."""
        path = self._path(url)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(asdict(page)), encoding="utf-8")
            temporary.replace(path)
        except OSError:
            self._discard(temporary)

    def _discard(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return  # the folder is none, or read-only: nothing was written

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()}.json"


def lifetime(cache_control: str | None) -> float:
    """Give the seconds for which a page is fresh, from its ``Cache-Control``.

    ``max-age=60`` -> 60, ``no-cache`` -> 0, nothing -> ``FRESH``
    """
    said = (cache_control or "").lower()
    if "no-cache" in said or "no-store" in said:
        return 0.0
    found = re.search(r"\bmax-age=(\d{1,9})\b", said)
    return float(found[1]) if found else FRESH
