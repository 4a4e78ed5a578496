"""What uv's refusals mean (pure)."""

from __future__ import annotations

import re
from typing import Final

from versect.model.outcome import Cause
from versect.model.trial import NotRun

_MOST: Final = 4000
"""Characters of uv's reason that are kept."""

# The first pattern that is found decides: what is wrong with a file comes before "failed to
# download", and what the network did before what follows from it.
_CAUSES: Final = (
    (
        re.compile(r"Hash mismatch|Failed to extract archive|Invalid zip", re.IGNORECASE),
        Cause.INSTALL_FAILED,
    ),
    (
        re.compile(r"No space left|Read-only file system|Permission denied|Disk quota"),
        Cause.STORAGE_ERROR,
    ),
    (
        re.compile(
            r"error sending request|operation timed out|connection (?:refused|reset|closed)"
            r"|dns error|failed to lookup|HTTP status (?:server|client) error"
            r"|Failed to fetch|Request failed after|network was disabled|Failed to download"
            r"|An index (?:URL )?\(.*\) (?:returned a|could not be queried)"
            r"|network connectivity is disabled|invalid peer certificate",
            re.IGNORECASE,
        ),
        Cause.INDEX_UNAVAILABLE,
    ),
    (
        re.compile(
            r"no usable wheels|no wheels with a matching|no (?:source distribution|wheels)"
            r"|building from source is disabled|not compatible with the current platform"
            r"|no `\w+-\w+-\w+`-compatible wheels",
            re.IGNORECASE,
        ),
        Cause.NO_WHEEL,
    ),
    (re.compile(r"No solution found"), Cause.UNSATISFIABLE),
    (re.compile(r"Failed to build|build backend", re.IGNORECASE), Cause.BUILD_FAILED),
)


def refusal(words: str, otherwise: Cause) -> NotRun:
    """Give the cause behind uv's words, with the words.

    Args:
        words: What uv printed on stderr.
        otherwise: The cause when nothing in the words is known.

    """
    cause = next((cause for pattern, cause in _CAUSES if pattern.search(words)), otherwise)
    return NotRun(cause=cause, detail=_tidied(words))


def _tidied(words: str) -> str:
    """Leave out uv's warnings and progress; keep its reason and its hints."""
    lines = [line.rstrip() for line in words.strip().splitlines()]
    kept = [
        line for line in lines if line and not line.startswith(("warning:", "Using ", "Resolved "))
    ]
    return "\n".join(kept)[:_MOST]
