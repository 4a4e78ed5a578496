"""Who makes the event loop and the client, and who closes them: the strategies compared.

All answer the same questions with the same requests. They differ in two lives, the loop's and the
client's, and in nothing else. A new strategy is a class with the three methods of ``Strategy`` and
a line in ``STRATEGIES``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from clients import Clients, Progress, Question, Questions, words


class Strategy(Protocol):
    """The life of loop and client behind one classifier."""

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer the questions in their order, at most ``most`` of them at once."""

    def close(self) -> None:
        """End with the client: the classifier is done, and nobody else uses its client."""

    def release(self) -> None:
        """End without the client: the classifier is done, and others go on using its client."""


class PerInstanceLoop:
    """A loop for each classifier, and a client that nobody closes: the fault as users wrote it."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Any = None

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer on this classifier's own loop; see ``Strategy``."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        if self._client is None:
            self._client = self._clients.kept()
        return self._loop.run_until_complete(gather(self._client, questions, most, progress))

    def close(self) -> None:
        """Close nothing: loop and client are left to the garbage collector."""

    def release(self) -> None:
        """Close the loop; the client keeps connections that belong to it."""
        if self._loop is not None:
            self._loop.close()


class GlobalLoop:
    """One loop for the whole program; a client is closed on the loop that it lived on."""

    _loop: asyncio.AbstractEventLoop | None = None

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._client: Any = None

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer on the program's loop; see ``Strategy``."""
        if self._client is None:
            self._client = self._clients.kept()
        return self.loop().run_until_complete(gather(self._client, questions, most, progress))

    def close(self) -> None:
        """Close the client; the loop serves the next classifier."""
        if self._client is not None:
            self.loop().run_until_complete(self._client.close())

    def release(self) -> None:
        """Close nothing: the next classifier goes on with client and loop."""

    @classmethod
    def loop(cls) -> asyncio.AbstractEventLoop:
        """Give the loop, made at its first use and alive until the program ends."""
        if cls._loop is None:
            cls._loop = asyncio.new_event_loop()
        return cls._loop


class ContextManager:
    """A loop and a client for each call, the client closed before its loop: ``async with``."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer under an ``asyncio.run`` of their own; see ``Strategy``."""

        async def run() -> list[str]:
            async with self._clients.fresh() as client:
                return await gather(client, questions, most, progress)

        return asyncio.run(run())

    def close(self) -> None:
        """Nothing outlives a call."""

    def release(self) -> None:
        """Nothing outlives a call."""


class Sync:
    """No loop at all: the synchronous client, in threads."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._client: Any = None

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer in ``most`` threads, progress told in the caller's; see ``Strategy``."""
        if self._client is None:
            self._client = self._clients.blocking()
        client = self._client

        def ask(question: Question) -> str:
            return words(client.chat.completions.create(**question))

        found = []
        with ThreadPoolExecutor(most) as threads:
            for answer in threads.map(ask, questions):
                found.append(answer)
                progress(len(found), len(questions))
        return found

    def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            self._client.close()

    def release(self) -> None:
        """Close the client, which is never shared."""
        self.close()


STRATEGIES: dict[str, Callable[[Clients], Strategy]] = {
    "per-instance-loop": PerInstanceLoop,
    "global-loop": GlobalLoop,
    "context-manager": ContextManager,
    "sync": Sync,
}


async def gather(client: Any, questions: Questions, most: int, progress: Progress) -> list[str]:
    """Ask all questions of one asynchronous client, at most ``most`` at once.

    The first error ends the others and is raised.
    """
    gate = asyncio.Semaphore(most)
    done = 0

    async def ask(question: Question) -> str:
        nonlocal done
        async with gate:
            answer = words(await client.chat.completions.create(**question))
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
