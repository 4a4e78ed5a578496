"""The normalised face of a failure: what stays the same when the same fault appears again."""

from __future__ import annotations

import re

from versect.model.outcome import Signature
from versect.model.trial import Output, SeenFailure

_LONGEST = 300
"""Characters of a signature's text; the rest of a long message seldom tells faults apart."""

# Order matters: what contains digits of its own is replaced before bare numbers.
_PLACEHOLDERS = (
    (re.compile(r"\x1b\[[0-9;]*[A-Za-z]"), ""),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "<address>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (
        re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
        "<time>",
    ),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<host>"),
    (re.compile(r"\blocalhost:\d+\b"), "<host>"),
    (re.compile(r"(?<![\w:/])(?:/[\w.+@-]+){2,}/([\w.+@-]+)"), r"<path>/\1"),
    (re.compile(r"\bTask-\d+\b"), "Task-<n>"),
    (re.compile(r"\b[0-9a-f]{12,}\b", re.IGNORECASE), "<hash>"),
    (re.compile(r"(?<![\w.])\d{3,}(?![\w.]|\.\d)"), "<n>"),
    (re.compile(r"\s+"), " "),
)


_PRINTED = re.compile(
    r"^(?:E +|(?:FAILED|ERROR) \S.* - )?"
    r"(?P<type>(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt|Group|Timeout))"
    r"(?:: (?P<message>.*))?$",
    re.MULTILINE,
)


def of_failure(failure: SeenFailure) -> Signature:
    """Give the signature of an exception that came to light.

    The outermost exception is its face, since that is what a user sees and searches for. Frames
    are left out: they move with every release.
    """
    if not failure.chain:
        return Signature(kind=str(failure.place), text=normalised(failure.note))
    outermost = failure.chain[0]
    return Signature(kind=outermost.type, text=normalised(outermost.message))


def of_text(text: str, pattern: re.Pattern[str]) -> Signature | None:
    """Give the signature of a failure recognised by a text: the line that matched, if any."""
    found = pattern.search(text)
    if found is None:
        return None
    start = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", found.end())
    return Signature(kind="text", text=normalised(text[start : end if end >= 0 else None]))


def printed(stdout: Output, stderr: Output) -> tuple[tuple[str, str], ...]:
    """Give type and message of every exception that ends a traceback in the output.

    ``E   httpx.ConnectError: refused`` (pytest) -> ``("httpx.ConnectError", "refused")``. Only
    names that look like an exception's count; the message is the first line of it.
    """
    text = f"{stdout.text}\n{stderr.text}"
    return tuple((found["type"], found["message"] or "") for found in _PRINTED.finditer(text))


def of_exit(status: int, stdout: Output, stderr: Output) -> Signature:
    """Give the signature of a failure that no recorder saw: what it printed last.

    The last exception printed names it; without one the exit status and the last words do.
    """
    exceptions = printed(stdout, stderr)
    if exceptions:
        kind, message = exceptions[-1]
        return Signature(kind=kind, text=normalised(message))
    last = _last_line(stderr) or _last_line(stdout)
    return Signature(kind=f"exit {status}", text=normalised(last))


def normalised(message: str) -> str:
    """Replace what changes from run to run: addresses, paths, hosts, times, long numbers.

    ``<Task-17 at 0x7f3a>`` -> ``<Task-<n> at <address>>``; versions like ``1.55.3`` stay.
    """
    for pattern, placeholder in _PLACEHOLDERS:
        message = pattern.sub(placeholder, message)
    message = message.strip()
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"


def _last_line(output: Output) -> str:
    lines = [line for line in (output.tail or output.head).splitlines() if line.strip()]
    return lines[-1] if lines else ""
