"""Who makes the event loop and the client, and who closes them: the strategies compared.

All answer the same questions with the same requests. They differ in two lives, the loop's and the
client's, and in nothing else. A new strategy is a class like those in ``leaving`` and ``closing``
and a line here.
"""

from __future__ import annotations

from closing import (
    BackgroundThread,
    ContextManager,
    ExplicitClose,
    GlobalLoop,
    Portal,
    Runner,
    Sync,
)
from leaving import (
    Aiohttp,
    CloseInDel,
    KeepReferences,
    NeverClose,
    NoKeepAlive,
    OpenaiAiohttp,
    PerInstanceLoop,
)
from life import Strategy

STRATEGIES: dict[str, type[Strategy]] = {
    "per-instance-loop": PerInstanceLoop,
    "never-close": NeverClose,
    "close-in-del": CloseInDel,
    "keep-references": KeepReferences,
    "global-loop": GlobalLoop,
    "runner": Runner,
    "background-thread": BackgroundThread,
    "portal": Portal,
    "context-manager": ContextManager,
    "explicit-close": ExplicitClose,
    "sync": Sync,
    "aiohttp": Aiohttp,
    "openai-aiohttp": OpenaiAiohttp,
    "no-keepalive": NoKeepAlive,
}
