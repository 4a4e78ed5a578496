"""Strategies that close each client on the loop that it lived on, or have no loop at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Protocol

from clients import Progress, Question, Questions, answered_at_once, gather
from life import Strategy


class ContextManager(Strategy):
    """A loop and a client for each call, the client closed before its loop: ``async with``."""

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer under an ``asyncio.run`` of their own; see ``Strategy``."""

        async def run() -> list[str]:
            async with self._clients.fresh() as client:
                return await gather(client, questions, most, progress)

        return asyncio.run(run())


class ExplicitClose(Strategy):
    """A loop and a client for each classifier, both closed by its ``close()``: recommended."""

    _runner: asyncio.Runner | None = None
    _client: Any = None

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer on this classifier's own loop; see ``Strategy``."""
        if self._runner is None:
            self._runner, self._client = asyncio.Runner(), self._clients.fresh()
        return self._runner.run(gather(self._client, questions, most, progress))

    def close(self) -> None:
        """Close the client on its loop, then the loop; a second time does nothing."""
        runner, self._runner = self._runner, None
        if runner is not None:
            with runner:
                runner.run(self._client.close())

    def release(self) -> None:
        """Close both: nobody else has this client."""
        self.close()


class Home(Protocol):
    """A place where one loop lives as long as the program."""

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run to the end and give the result."""

    def end(self) -> None:
        """Close the loop."""


class OneLoop(Strategy):
    """One loop for the program; each client lives on it and is closed on it."""

    made: ClassVar[type[Home]]
    home: ClassVar[Home | None] = None
    _client: Any = None

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer on the program's loop; see ``Strategy``."""
        kind = type(self)
        if kind.home is None:
            kind.home = kind.made()
        if self._client is None:
            self._client = self._clients.kept()
        return list(kind.home.run(gather(self._client, questions, most, progress)))

    def close(self) -> None:
        """Close the client; the loop serves the next classifier."""
        if self._client is not None and self.home is not None:
            self.home.run(self._client.close())

    @classmethod
    def finish(cls, client: Any) -> None:
        """Close the client that all were handed, then the loop."""
        home, cls.home = cls.home, None
        if home is None:
            return
        if client is not None:
            home.run(client.close())
        home.end()


class LoopHome:
    """A loop that nothing else runs."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run in this thread; see ``Home``."""
        return self._loop.run_until_complete(work)

    def end(self) -> None:
        """Close the loop."""
        self._loop.close()


class RunnerHome:
    """The standard library's ``asyncio.Runner``."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run in this thread; see ``Home``."""
        return self._runner.run(work)

    def end(self) -> None:
        """Close the loop, its generators and its threads."""
        self._runner.close()


class ThreadHome:
    """A loop that runs all the time in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Hand over to the thread and wait; see ``Home``."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def end(self) -> None:
        """Stop the thread, then close its loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class PortalHome:
    """anyio's portal: a thread with a loop, which blocking code calls into."""

    def __init__(self) -> None:
        from anyio.from_thread import start_blocking_portal

        self._open = start_blocking_portal()
        self._portal = self._open.__enter__()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Hand over to the thread and wait; see ``Home``."""

        async def done() -> Any:
            return await work

        return self._portal.call(done)

    def end(self) -> None:
        """Stop the thread; its loop is closed there."""
        self._open.__exit__(None, None, None)


class GlobalLoop(OneLoop):
    """One loop for the program, run when there is something to do."""

    made = LoopHome


class Runner(OneLoop):
    """One ``asyncio.Runner`` for the program."""

    made = RunnerHome


class BackgroundThread(OneLoop):
    """One loop for the program, running in a thread."""

    made = ThreadHome


class Portal(OneLoop):
    """One portal of anyio for the program."""

    made = PortalHome


class Sync(Strategy):
    """No loop at all: the synchronous client, in threads."""

    _client: Any = None

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer in ``most`` threads, progress told in the caller's; see ``Strategy``."""
        if self._client is None:
            self._client = self._clients.blocking()

        def ask(question: Question) -> str:
            return answered_at_once(self._client, question)

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
