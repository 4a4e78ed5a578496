"""Where strategies get their clients from, and what they ask them.

openai is imported when the first client is made, as late as its users can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Question = Mapping[str, Any]
"""The keyword arguments of ``client.chat.completions.create``."""
Questions = Sequence[Question]
Progress = Callable[[int, int], None]
"""Told how many of how many questions are answered: inside the loop that asks, if there is one."""


class Clients:
    """Makes clients with the same settings.

    ``shared`` says who owns a client that is kept: with it every classifier is handed the same
    one, as from a cached factory; without it each has its own.
    """

    def __init__(self, *, shared: bool, **settings: Any) -> None:
        self._settings = settings
        self._shared = shared
        self._kept: Any = None

    def kept(self) -> Any:
        """Give an asynchronous client that the caller keeps between runs."""
        if not self._shared:
            return self.fresh()
        if self._kept is None:
            self._kept = self.fresh()
        return self._kept

    def fresh(self) -> Any:
        """Make an asynchronous client that nobody else has."""
        from openai import AsyncOpenAI

        return AsyncOpenAI(**self._settings)

    def blocking(self) -> Any:
        """Make a synchronous client that nobody else has."""
        from openai import OpenAI

        return OpenAI(**self._settings)


def silent(_done: int, _all: int) -> None:
    """Take progress and say nothing of it."""


def words(completion: Any) -> str:
    """Give the text of an answer."""
    return str(completion.choices[0].message.content or "")
