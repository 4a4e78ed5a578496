"""The lives of event loops, connections and clients in one run, as the tracer saw them (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What lives. The value is what is stored, shown, and begins a life's name."""

    LOOP = "loop"
    TRANSPORT = "transport"
    CLIENT = "client"
    """A client or session of httpx, httpx2, openai or aiohttp."""
    TASK = "task"
    """Only those whose exception nobody retrieved, and those that a finaliser put on a loop."""
    COLLECTION = "collection"
    """A garbage collection that finalised something told of here, or during which one of the
    other events happened; the rest are counted only."""


class What(StrEnum):
    """What happened to a life. The value is what is stored and shown."""

    CREATED = "created"
    SET = "set"
    """A loop became its thread's current one."""
    STARTED = "started"
    """A loop began to run."""
    STOPPED = "stopped"
    """A loop's run ended."""
    CLOSED = "closed"
    FINALISED = "finalised"
    """The object is gone, or its finaliser has begun."""
    SCHEDULED = "scheduled"
    """A finaliser put work about the subject (a client) on the loop ``other``."""
    REFUSED = "refused"
    """The subject, a closed loop, was asked to do something and raised."""
    NEVER_RETRIEVED = "never-retrieved"
    """The subject, a task, ended with an exception that nobody saw."""
    COLLECTION = "collection"
    """A collection began; ``detail`` tells its generation and what it finalised."""
    DROPPED = "dropped"
    """The user's code let go of what owned the subject; ``certain`` tells a measured line from a
    candidate. The last line of ``stack`` is the line that let go."""
    CROSSED = "crossed"
    """The subject, of one loop, was touched while the loop ``other`` was running."""
    UNCLOSED = "unclosed"
    """The subject was finalised without having been closed, or was never closed until the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a program where something happened."""

    file: str
    """Relative to the folder that it was imported from where that is known."""
    line: int
    function: str
    """Its qualified name, ``<module>`` outside of any."""
    text: str
    """The source, without indentation; empty where there is none."""
    own: bool
    """Whether it is the user's: neither of the standard library nor of an installed package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One reference on the way from an owner to what it owns."""

    attribute: str
    """How the next object hangs on the one before: ``.name``, ``[0]``, ``['key']``, ``[...]``."""
    type: str
    """The dotted type of the object reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """How a variable of the user's code leads to an object."""

    variable: str
    type: str
    """The dotted type of the object that the variable names."""
    at: Line
    """Where the program was, in the function that has the variable, when the owner was found."""
    steps: tuple[Step, ...]
    """From the variable's object to the object owned; empty where the variable names it."""

    def __str__(self) -> str:
        """Give the way as a line: ``clf (run, app.py:95) -> Classifier._client -> AsyncOpenAI``."""
        types = (self.type, *(step.type for step in self.steps))
        names = [kind.rpartition(".")[2] for kind in types]
        links = (*(step.attribute for step in self.steps), "")
        place = f"{self.at.function}, {self.at.file}:{self.at.line}"
        way = (f"{name}{link}" for name, link in zip(names, links, strict=True))
        return " -> ".join((f"{self.variable} ({place})", *way))


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One object: a loop, a transport, a client, a task; or a collection."""

    name: str
    """``loop-1``, ``client-2``: kind, and number in the order of creation."""
    kind: Kind
    type: str
    """Dotted: ``openai.AsyncOpenAI``; of a collection, its generation: ``generation 2``."""
    loop: str | None
    """The loop that it belongs to: the one that ran when it was made, or first used it."""
    owner: Ownership | None
    """Of clients and loops, the way from a user's variable; None where none was found."""
    process: int
    """0 for the first process that wrote, 1 for the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened."""

    at: float
    """Seconds since the first event of the first process."""
    what: What
    subject: str
    """A life's name."""
    loop: str | None
    """The loop that was running in this thread."""
    thread: str
    stack: tuple[Line, ...]
    """Outermost call first, the middle of a deep one left out; the last is where it happened."""
    collection: str | None
    """The garbage collection that was under way in this thread, a life's name."""
    by: str | None
    """The finaliser that was running: ``BaseEventLoop.__del__``; of several, the innermost."""
    detail: str
    other: str | None
    """A second life that takes part; see ``What``."""
    certain: bool
    """False where this is one of several lines that it may have been."""

    @property
    def line(self) -> Line | None:
        """The innermost line of the user's own code, or None."""
        return next((line for line in reversed(self.stack) if line.own), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Everything that the tracer saw of one run."""

    lives: tuple[Life, ...]
    """In the order of their creation."""
    events: tuple[Event, ...]
    """By time; of one moment, in the order in which they were seen."""
    notes: tuple[str, ...]
    """What could not be seen: no monitoring before Python 3.12, loops without hooks, and so on."""
    cut: bool
    """Whether the tracer or its reader left events out because there were too many."""

    def by_name(self) -> Mapping[str, Life]:
        """Give all lives by name."""
        return {life.name: life for life in self.lives}

    def of(self, name: str) -> tuple[Event, ...]:
        """Give the events whose subject or second life is the one named."""
        return tuple(event for event in self.events if name in (event.subject, event.other))
