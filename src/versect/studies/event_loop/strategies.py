"""Who owns the event loop and the client, and who closes them: the strategies under test.

Every strategy answers a list of prompts with the same requests; they differ only in the lives of
loop and client. ``inside`` is called where the requests are made, inside the running loop where
there is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Ask = Callable[[Any, str], Awaitable[str]]
Settings = dict[str, Any]


class Strategy:
    """Answers prompts; subclasses decide about loops and clients."""

    def __init__(self, settings: Settings, ask: Ask, inside: Callable[[], None]) -> None:
        self.settings, self.ask, self.inside = settings, ask, inside

    def answers(self, prompts: list[str], max_concurrent: int) -> list[str]:
        """Give the answer to each prompt, in order."""
        raise NotImplementedError

    def renew_loop(self) -> None:
        """Go on under another loop, as a second ``asyncio.run`` does."""

    def close(self) -> None:
        """Give back what was opened."""

    def client(self) -> Any:
        """Make a client; openai is imported as late as users import it."""
        from openai import AsyncOpenAI

        return AsyncOpenAI(**self.settings)

    async def gather(self, client: Any, prompts: list[str], max_concurrent: int) -> list[str]:
        """Ask all prompts, at most so many at once."""
        self.inside()
        gate = asyncio.Semaphore(max_concurrent)

        async def one(prompt: str) -> str:
            async with gate:
                return await self.ask(client, prompt)

        return list(await asyncio.gather(*(one(prompt) for prompt in prompts)))


class PerInstanceLoop(Strategy):
    """A loop and a client for each classifier, never closed: the fault as users wrote it."""

    def __init__(self, settings: Settings, ask: Ask, inside: Callable[[], None]) -> None:
        super().__init__(settings, ask, inside)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.kept: Any = None

    def answers(self, prompts: list[str], max_concurrent: int) -> list[str]:
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
        if self.kept is None:
            self.kept = self.client()
        return self.loop.run_until_complete(self.gather(self.kept, prompts, max_concurrent))

    def renew_loop(self) -> None:
        """Close the loop and keep the client, which remembers the loop's connections."""
        if self.loop is not None:
            self.loop.close()
            self.loop = None

    def close(self) -> None:
        """Close nothing: users rely on the garbage collector here, and that is the fault."""


class GlobalLoop(Strategy):
    """One loop for the whole program; each client is closed on it."""

    loop: asyncio.AbstractEventLoop | None = None

    def __init__(self, settings: Settings, ask: Ask, inside: Callable[[], None]) -> None:
        super().__init__(settings, ask, inside)
        self.kept: Any = None

    def answers(self, prompts: list[str], max_concurrent: int) -> list[str]:
        if GlobalLoop.loop is None:
            GlobalLoop.loop = asyncio.new_event_loop()
        if self.kept is None:
            self.kept = self.client()
        return GlobalLoop.loop.run_until_complete(self.gather(self.kept, prompts, max_concurrent))

    def close(self) -> None:
        if self.kept is not None and GlobalLoop.loop is not None:
            GlobalLoop.loop.run_until_complete(self.kept.close())
            self.kept = None


class ContextManager(Strategy):
    """A loop and a client for each call, the client closed inside it: ``async with``."""

    def answers(self, prompts: list[str], max_concurrent: int) -> list[str]:
        async def run() -> list[str]:
            async with self.client() as client:
                return await self.gather(client, prompts, max_concurrent)

        return asyncio.run(run())


class Sync(Strategy):
    """No loop at all: the synchronous client, one request after another."""

    def __init__(self, settings: Settings, ask: Ask, inside: Callable[[], None]) -> None:
        super().__init__(settings, ask, inside)
        self.kept: Any = None

    def answers(self, prompts: list[str], max_concurrent: int) -> list[str]:
        from openai import OpenAI

        if self.kept is None:
            self.kept = OpenAI(**self.settings)
        self.inside()
        return [self.drive(self.ask(self.kept, prompt)) for prompt in prompts]

    def close(self) -> None:
        if self.kept is not None:
            self.kept.close()
            self.kept = None

    @staticmethod
    def drive(coroutine: Any) -> str:
        """Finish a coroutine that awaits nothing."""
        try:
            coroutine.send(None)
        except StopIteration as done:
            return str(done.value)
        raise RuntimeError("the synchronous client was awaited")


STRATEGIES: dict[str, type[Strategy]] = {
    "per-instance-loop": PerInstanceLoop,
    "global-loop": GlobalLoop,
    "context-manager": ContextManager,
    "sync": Sync,
}
