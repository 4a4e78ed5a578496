"""Exceptions read from text as people paste it: tracebacks, pytest's output, logs (pure).

Python's own form is told apart from its surroundings by its header: what stands before the header
on its line (a time, a container's name, a quote's ``>``) stands before the following lines as
well, with other digits, or on no other line at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from versect.model.trial import Link

_MOST: Final = 4 << 20
"""Characters that are read, from the end: the last failure is what somebody asks about."""
_LONGEST: Final = 2000
"""Characters of a line; nothing that is looked for stands behind them."""

_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_HEADER: Final = re.compile(
    r"^(?P<before>.*?)(?:Exception Group )?Traceback \(most recent call last\)(?P<after>:?)"
)
_COLLECTED: Final = re.compile(r"^Traceback:$")
"""pytest's header of what went wrong while it collected tests."""
_FRAME: Final = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<in>.+))?$')
_NOTEBOOK: Final = re.compile(r"^File (?P<file>[^\s\"].*?):(?P<line>\d+), in (?P<in>.+)$")
_LOCATED: Final = re.compile(
    r"^[\s\u2502]*(?P<file>[^\s\":\u2502][^\":\u2502]*?\.py):(?P<line>\d+)"
    r"(?:: in (?P<in>\S+)| in (?P<within>\S+)|: [A-Za-z_][\w.]*|:)?[\s\u2502]*$"
)
"""Frames of pytest (``a.py:3: in f``, ``a.py:3: TypeError``) and of rich (``a.py:3 in f``)."""
_RAISED: Final = re.compile(r"^(?P<type>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: (?P<message>.*)|:)?$")
_E: Final = re.compile(r"^E {2,}(?P<words>\S.*)$")
_CLEAR: Final = re.compile(
    r"(?:^|[\s:'\"(|>])(?P<type>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning|Exit|Group))"
    r": (?P<message>.+)$"
)
"""An exception on a line of its own, known by its name alone."""
_SUMMARY: Final = re.compile(
    r"^(?:FAILED|ERROR) (?P<test>\S+\.py(?:::\S.*?)?)(?: - (?P<words>.*))?$"
)
_SECTION: Final = re.compile(r"^(?:_{3,} .+ _{3,}|={3,} .+ ={3,})$")
_LEVELS: Final = frozenset(
    {"DEBUG", "INFO", "NOTE", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL"}
)
_CAUSE: Final = "The above exception was the direct cause of the following exception"
_CONTEXT: Final = "During handling of the above exception, another exception occurred"
_SUGGESTED: Final = re.compile(
    r"(?:\. |; )?(?:Did you mean|Did you forget to import|Or did you forget|Perhaps you forgot).*$"
)
"""What Python adds while it prints; it is no part of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One line of a traceback, as printed."""

    file: str
    line: int
    function: str
    """Empty where it is not told."""
    text: str
    """The source, stripped; empty where it is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One exception as a text tells of it."""

    type: str
    """As printed, dotted or bare; empty for a failed ``assert`` and other words of pytest's."""
    message: str
    """Its first line, without what Python adds as it prints."""
    calls: tuple[Call, ...]
    """The outermost first."""
    link: Link
    """How it led to the next one of its chain; OUTERMOST for the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What a text tells of failures."""

    chains: tuple[tuple[Told, ...], ...]
    """In the order of the text; in a chain, the exception that ended it is the last."""
    tests: tuple[tuple[str, str], ...]
    """pytest's names of the tests that failed, each with what its summary says, cut short."""


def read(text: str) -> Pasted:
    """Find the exceptions that a text tells of. Any text will do; the worst gives nothing."""
    lines = [line[:_LONGEST].rstrip() for line in _ESCAPES.sub("", text[-_MOST:]).splitlines()]
    reader = _Reader()
    for line in lines:
        reader.take(line)
    reader.finish()
    tests = [found for line in lines if (found := _SUMMARY.match(line))]
    chains = reader.chains or [[one] for one in _summaries(tests) or _bare(lines)]
    return Pasted(
        chains=tuple(tuple(chain) for chain in chains),
        tests=tuple({f["test"]: (f["test"], f["words"] or "") for f in tests}.values()),
    )


@dataclass(slots=True)
class _Reader:
    """Reads line by line; between its calls it is inside one traceback, or in none."""

    chains: list[list[Told]] = field(default_factory=list)
    _prefix: re.Pattern[str] | None = None
    _open: bool = False
    """Whether a header was seen, and no exception yet."""
    _test: bool = False
    """Whether this is a section of pytest's, where an exception comes before its last frame."""
    _calls: list[Call] = field(default_factory=list)
    _words: str | None = None
    """pytest's first line that begins with E."""
    _link: Link = Link.OUTERMOST

    def take(self, line: str) -> None:
        header = _HEADER.match(line)
        if header or _COLLECTED.match(line):
            self._begin(header["before"] if header else "")
            return
        plain = self._without_prefix(line)
        if _CAUSE in plain or _CONTEXT in plain:
            self._flush()
            self._link = Link.CAUSE if _CAUSE in plain else Link.CONTEXT
        elif _SECTION.match(plain):
            self._flush()
            self._link, self._test = Link.OUTERMOST, plain.startswith("_")
        elif frame := _FRAME.match(plain) or _NOTEBOOK.match(plain) or _LOCATED.match(plain):
            self._frame(frame)
        elif found := _E.match(plain):
            self._words = self._words or found["words"].strip()
        elif self._open and self._calls and not plain.startswith((" ", "\t", "\u2502", "\u2570")):
            self._raised(plain)
        elif self._open and plain.strip() and self._calls and not self._calls[-1].text:
            self._calls[-1] = replace(self._calls[-1], text=plain.strip())
        elif self._open and not self._calls and (found := _RAISED.match(plain)):
            self._raised(plain)  # a traceback without frames

    def finish(self) -> None:
        self._flush()

    def _begin(self, before: str) -> None:
        if not self._test:
            self._flush()
        self._open = True
        self._prefix = _shape(before) if before else None

    def _without_prefix(self, line: str) -> str:
        if self._prefix is None:
            return line
        found = self._prefix.match(line)
        return line[found.end() :] if found else line

    def _frame(self, found: re.Match[str]) -> None:
        groups = found.groupdict()
        function = groups.get("in") or groups.get("within") or ""
        line = int(groups["line"][:9])
        self._calls.append(Call(file=groups["file"].strip(), line=line, function=function, text=""))

    def _raised(self, plain: str) -> None:
        found = _RAISED.match(plain)
        if found and found["type"] not in _LEVELS:
            self._add(found["type"], found["message"] or "")

    def _flush(self) -> None:
        """End what is open; in pytest's sections the exception is what its E lines say."""
        if self._words is not None:
            found = _RAISED.match(self._words)
            named = found is not None and (":" in self._words or self._words[:1].isupper())
            if found and named and not self._words.startswith("assert"):
                self._add(found["type"], found["message"] or "")
            else:
                self._add("", self._words)
        self._calls, self._words, self._open = [], None, False

    def _add(self, kind: str, message: str) -> None:
        told = Told(
            type=kind,
            message=_SUGGESTED.sub("", message).strip(),
            calls=tuple(self._calls),
            link=Link.OUTERMOST,
        )
        if self._link is not Link.OUTERMOST and self.chains:
            chain = self.chains[-1]
            chain[-1] = replace(chain[-1], link=self._link)
            chain.append(told)
        else:
            self.chains.append([told])
        self._link = Link.OUTERMOST
        self._calls, self._words, self._open = [], None, False


def _shape(before: str) -> re.Pattern[str]:
    """Give what matches a prefix with other digits; the marks of exception groups alternate."""
    parts = re.split(r"(\d+|[ \t]+|[+|])", before)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if part.isdigit():
        return r"\d+"
    if part and not part.strip(" \t"):
        return rf"[ \t]{{1,{len(part)}}}"
    return "[+|]" if part in {"+", "|"} else re.escape(part)


def _summaries(found: Sequence[re.Match[str]]) -> list[Told]:
    """Give what pytest's short summary tells, where nothing longer does."""
    told = []
    for one in found:
        words = one["words"] or ""
        raised = _RAISED.match(words)
        if raised and raised["message"]:
            kind, message = raised["type"], raised["message"]
        elif words:
            kind, message = "", words
        else:
            continue
        message = message.removesuffix("...")
        told.append(Told(type=kind, message=message, calls=(), link=Link.OUTERMOST))
    return told


def _bare(lines: Sequence[str]) -> list[Told]:
    """Give the last exception that stands on a line without any traceback."""
    for line in reversed(lines):
        found = _CLEAR.search(line)
        if found:
            message = _SUGGESTED.sub("", found["message"]).strip()
            return [Told(type=found["type"], message=message, calls=(), link=Link.OUTERMOST)]
    return []
