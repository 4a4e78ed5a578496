"""From one exception's message to a regular expression that knows it again elsewhere (pure)."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 160
"""Characters of a message that count: what is searched for may go on."""

_VOLATILE: Final = (
    # ImportError ends with the file that it looked into, or says that there is none.
    (r" \((?:[^()\s]*[/\\][^()]*|unknown location)\)\.?$", ""),
    (r"\b0x[0-9a-fA-F]+\b", r"0x[0-9a-fA-F]+"),
    (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", r"[0-9a-fA-F-]+"),
    (r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b", r"[0-9a-f]+"),
    (r"(?<![\w:/])(?:[A-Za-z]:)?(?:[/\\][\w.+@~-]+){2,}[/\\]?", r"\S+"),
    # Until Python 3.9 an error named the function, since then also its class.
    (r"\b(?:\w+\.)*(?P<called>\w+)\(\)(?= (?:got|takes|missing|requires)\b)", r"(?:\w+\.)*"),
    (r"(?<![\w.-])\d+(?:\.\d+)*(?![\w-])", r"\d+(?:\.\d+)*"),
)
_ANY: Final = re.compile("|".join(f"(?P<p{n}>{one})" for n, (one, _) in enumerate(_VOLATILE)))


def pattern_of(message: str) -> str:
    r"""Give a regular expression for a message and others like it; empty for an empty message.

    Addresses, digests, paths and numbers match any others of their kind, and the class before a
    function's name may be missing: ``Client.send() takes 2 positional arguments`` ->
    ``(?:\w+\.)*send\(\) takes \d+(?:\.\d+)* positional arguments``. It is to be searched for in
    the first line of a message: a long one is cut at a word.
    """
    line = message.strip().partition("\n")[0]
    if len(line) > _LONGEST:
        line = line[:_LONGEST].rpartition(" ")[0] or line[:_LONGEST]
    parts: list[str] = []
    end = 0
    for found in _ANY.finditer(line):
        parts += (_escaped(line[end : found.start()]), _general(found))
        end = found.end()
    return "".join((*parts, _escaped(line[end:])))


def _general(found: re.Match[str]) -> str:
    number = next(n for n in range(len(_VOLATILE)) if found[f"p{n}"] is not None)
    called = f"{found['called']}\\(\\)" if found["called"] else ""
    return _VOLATILE[number][1] + called


def _escaped(text: str) -> str:
    """Escape as few characters as are needed: people read and change the pattern."""
    return re.sub(r"[.^$*+?{}\[\]\\|()]", r"\\\g<0>", text)
