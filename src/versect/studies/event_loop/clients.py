"""Where strategies get their clients from, and how a client is asked.

openai is imported when the first client is made, as late as its users can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from unsupported import Unsupported

Question = Mapping[str, Any]
"""The keyword arguments of ``client.chat.completions.create``."""
Questions = Sequence[Question]
Progress = Callable[[int, int], None]
"""Told how many of how many questions are answered: inside the loop that asks, if there is one."""
Maker = Callable[..., Any]
"""Makes a client from the settings that all clients have."""


class Clients:
    """Makes clients with the same settings.

    ``shared`` says who owns a client that is kept: with it every classifier is handed the same
    one, as from a cached factory; without it each has its own. ``maker`` makes them where a
    strategy has no maker of its own; None for ``plain``.
    """

    def __init__(self, *, shared: bool, maker: Maker | None = None, **settings: Any) -> None:
        self._settings = settings
        self._maker = maker or plain
        self._shared = shared
        self._kept: Any = None

    def kept(self, maker: Maker | None = None) -> Any:
        """Give an asynchronous client that the caller keeps between runs."""
        if not self._shared:
            return self.fresh(maker)
        if self._kept is None:
            self._kept = self.fresh(maker)
        return self._kept

    def fresh(self, maker: Maker | None = None) -> Any:
        """Make an asynchronous client that nobody else has."""
        return (maker or self._maker)(**self._settings)

    def blocking(self) -> Any:
        """Make a synchronous client that nobody else has."""
        from openai import OpenAI

        return OpenAI(**self._settings)

    def left_open(self) -> Any:
        """Give the client that all were handed, when nobody has closed it; else None."""
        if self._kept is None or self._kept.is_closed():
            return None
        return self._kept


def plain(**settings: Any) -> Any:
    """Make a client as everybody does."""
    from openai import AsyncOpenAI

    return AsyncOpenAI(**settings)


def with_any_httpx(**settings: Any) -> Any:
    """Make a client also where openai before 1.55.3 meets httpx from 0.28 on.

    Such an openai hands httpx an argument that it no longer takes, unless it is given a client of
    httpx that was made without its help.
    """
    try:
        return plain(**settings)
    except TypeError as error:
        if "proxies" not in str(error):
            raise
    import httpx

    return plain(http_client=httpx.AsyncClient(timeout=600, follow_redirects=True), **settings)


def without_keep_alive(**settings: Any) -> Any:
    """Make a client that asks for its connections to be closed after each answer."""
    return plain(default_headers={"Connection": "close"}, **settings)


def on_aiohttp(**settings: Any) -> Any:
    """Make openai's client on aiohttp's transport.

    Raises:
        Unsupported: This release has none, or aiohttp is not installed.

    """
    try:
        from openai import DefaultAioHttpClient
    except ImportError:
        import openai

        raise Unsupported(f"openai {openai.__version__} has no DefaultAioHttpClient") from None
    try:
        transport = DefaultAioHttpClient()
    except RuntimeError as error:  # openai[aiohttp] is not installed
        raise Unsupported(str(error)) from None
    return plain(http_client=transport, **settings)


async def gather(client: Any, questions: Questions, most: int, progress: Progress) -> list[str]:
    """Ask all questions of one asynchronous client, at most ``most`` at once.

    The first error ends the others and is raised.
    """
    gate = asyncio.Semaphore(most)
    done = 0

    async def ask(question: Question) -> str:
        nonlocal done
        async with gate:
            answer = await answered(client, question)
        done += 1
        progress(done, len(questions))
        return answer

    tasks = [asyncio.ensure_future(ask(question)) for question in questions]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answered(client: Any, question: Question) -> str:
    """Give the text of an answer, whole or streamed."""
    answer = await client.chat.completions.create(**question)
    if not question.get("stream"):
        return words(answer)
    return "".join([piece(chunk) async for chunk in answer])


def answered_at_once(client: Any, question: Question) -> str:
    """Give the text of a synchronous client's answer, whole or streamed."""
    answer = client.chat.completions.create(**question)
    return "".join(map(piece, answer)) if question.get("stream") else words(answer)


def words(completion: Any) -> str:
    """Give the text of an answer."""
    return str(completion.choices[0].message.content or "")


def piece(chunk: Any) -> str:
    """Give the text in one piece of a streamed answer."""
    return str(chunk.choices[0].delta.content or "") if chunk.choices else ""


def silent(_done: int, _all: int) -> None:
    """Take progress and say nothing of it."""
