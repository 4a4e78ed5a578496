"""The counterfactuals: one link of the causal chain taken away, everything else as it was."""

from __future__ import annotations

import asyncio
from typing import Any

from options import Options
from unsupported import Unsupported


class Intervention:
    """What is done at the start of a run and whenever a classifier is dropped."""

    def __init__(self, options: Options) -> None:
        self._kind = options.intervention
        self._held: list[asyncio.AbstractEventLoop] = []

    def begin(self) -> None:
        """Act before the first client is made.

        Raises:
            Unsupported: This release has not what would have to be changed.

        """
        if self._kind == "no-op-finaliser":
            _disarm()
        if self._kind == "clear-cache":
            _cache()

    def drop(self) -> None:
        """Act just before a classifier is dropped, its loop being the current one."""
        if self._kind == "hold-loop":
            self._held.append(asyncio.get_event_loop())

    def dropped(self) -> None:
        """Act after a classifier was dropped."""
        if self._kind == "clear-cache":
            _cache().cache_clear()


def _disarm() -> None:
    """Take away the finaliser: of the client until openai 1.3.8, of what it wraps later."""
    from openai import AsyncOpenAI, _base_client

    wrapper: Any = getattr(_base_client, "AsyncHttpxClientWrapper", None)
    armed = [kind for kind in (AsyncOpenAI, wrapper) if kind and "__del__" in vars(kind)]
    if not armed:
        raise Unsupported("this release of openai has no finaliser to take away")
    for kind in armed:
        del kind.__del__


def _cache() -> Any:
    """Give the cache that holds every client: ``lru_cache`` on a method (openai #956)."""
    from openai import _base_client as base

    cache: Any = getattr(base.BaseClient, "platform_headers", None)
    if not hasattr(cache, "cache_clear"):
        raise Unsupported("this release of openai has no cache on platform_headers of its clients")
    return cache
