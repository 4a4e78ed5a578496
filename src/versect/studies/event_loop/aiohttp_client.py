"""As much of openai's client as the classifiers use, on plain aiohttp."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from unsupported import Unsupported


class AiohttpClient:
    """Answers ``client.chat.completions.create`` with a session of aiohttp.

    The session is made at the first call, inside the loop that makes it: it belongs to that loop.
    aiohttp sends a request once; ``max_retries`` is there for the settings' sake.
    """

    def __init__(self, *, base_url: str, api_key: str, max_retries: int = 0) -> None:
        try:
            import aiohttp
        except ImportError:
            raise Unsupported("aiohttp is not installed") from None
        self._session: Any = None
        self._make = aiohttp.ClientSession
        self._url = f"{base_url}/chat/completions"
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self.chat = SimpleNamespace(completions=self)

    async def create(self, *, extra_body: dict[str, Any], **question: Any) -> Any:
        """Ask one question; gives what openai's client gives, as far as it is read here."""
        if self._session is None:
            self._session = self._make()
        body, session = {**question, **extra_body}, self._session
        async with session.post(self._url, json=body, headers=self._headers) as response:
            response.raise_for_status()
            if not question.get("stream"):
                return _attributes(await response.text())
            lines = [line.decode().strip() async for line in response.content]
        return _chunks(lines)

    def is_closed(self) -> bool:
        """Whether nothing is open."""
        return self._session is None or bool(self._session.closed)

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()


async def _chunks(lines: list[str]) -> Any:
    for line in lines:
        data = line.removeprefix("data: ")
        if data and data != "[DONE]":
            chunk = _attributes(data)
            for choice in chunk.choices:
                choice.delta.content = getattr(choice.delta, "content", "")
            yield chunk


def _attributes(text: str) -> Any:
    return json.loads(text, object_hook=lambda table: SimpleNamespace(**table))
