"""Strategies that leave the client to the garbage collector: the fault, and what is tried first.

All have a loop for each classifier, as the program had that showed the fault.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, ClassVar

from aiohttp_client import AiohttpClient
from clients import Clients, Maker, Progress, Questions, gather, on_aiohttp, without_keep_alive
from life import Strategy


class PerInstanceLoop(Strategy):
    """A loop for each classifier, and a client that nobody closes: the fault as users wrote it."""

    maker: ClassVar[Maker | None] = None
    """Makes the client; None for openai's as it is."""

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Any = None

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer on this classifier's own loop; see ``Strategy``."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        if self._client is None:
            self._client = self._made()
        return self._loop.run_until_complete(gather(self._client, questions, most, progress))

    def release(self) -> None:
        """Close the loop; the client keeps connections that belong to it."""
        if self._loop is not None:
            self._loop.close()

    def _made(self) -> Any:
        return self._clients.kept(type(self).maker)


class NeverClose(PerInstanceLoop):
    """Never call ``loop.close()``: a loop that stays open cannot be closed, it is hoped.

    The garbage collector closes it all the same.
    """

    def release(self) -> None:
        """Close nothing."""


class KeepReferences(NeverClose):
    """Keep every loop and client referenced until the program ends: nothing is ever collected."""

    _all: ClassVar[list[object]] = []

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer on this classifier's own loop, which stays; see ``Strategy``."""
        found = super().answers(questions, most, progress)
        self._all.append((self._loop, self._client))
        return found

    @classmethod
    def finish(cls, client: Any) -> None:  # noqa: ARG003 - it is among those kept
        """Let go of them, as the end of a program does."""
        cls._all.clear()


class CloseInDel(PerInstanceLoop):
    """Close client and loop in ``__del__``, whoever calls it, wherever that may be."""

    def release(self) -> None:
        """Close nothing; the finaliser will."""

    def _made(self) -> Any:
        return self._clients.fresh(type(self).maker)  # its own: it is going to close it

    def __del__(self) -> None:
        if self._loop is None or self._loop.is_closed():
            return
        with contextlib.suppress(Exception):
            self._loop.run_until_complete(self._client.close())
        with contextlib.suppress(Exception):
            self._loop.close()


class NoKeepAlive(PerInstanceLoop):
    """No connection outlives its answer, so nothing is left for the finaliser to close."""

    maker = staticmethod(without_keep_alive)


class Aiohttp(PerInstanceLoop):
    """Another library, the same life."""

    maker = AiohttpClient


class OpenaiAiohttp(PerInstanceLoop):
    """openai's client on aiohttp's transport, the same life."""

    maker = staticmethod(on_aiohttp)
