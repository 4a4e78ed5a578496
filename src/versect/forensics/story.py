"""What a timeline tells of the ways in which a client outlives its loop (pure).

Each sentence names the line that it is about and the events that support it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from versect.forensics.timeline import Event, Kind, Life, Line, Timeline, What


class Plot(StrEnum):
    """What goes wrong in a story. The value is what is stored and shown."""

    COLLECTED = "collected"
    """A finaliser put the closing of a client on a loop that is not the client's."""
    REUSED = "reused"
    """A client was used again on another loop, when its own had been closed."""
    SHARED = "shared"
    """A client was used on two loops that were both open."""
    CLOSED_ELSEWHERE = "closed-elsewhere"
    """A client was closed on another loop than its own."""
    LEAKED = "leaked"
    """A client was never closed, or a loop by nobody but its finaliser."""


class Role(StrEnum):
    """What a sentence is about. The value is what is stored and shown."""

    CREATED = "created"
    OWNED = "owned"
    DROPPED = "dropped"
    COLLECTED = "collected"
    CLOSED = "closed"
    """The client's loop was closed."""
    SCHEDULED = "scheduled"
    CROSSED = "crossed"
    REFUSED = "refused"
    UNSEEN = "unseen"
    """A task's exception was never retrieved."""
    LEAKED = "leaked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One thing that a story tells."""

    role: Role
    text: str
    """A sentence without its full stop."""
    line: Line | None
    """The line that it is about; None where the timeline does not tell."""
    certain: bool
    """False where the line is one of several that it may have been."""
    events: tuple[int, ...]
    """Which events of the timeline say so, by position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One thing that went wrong, from its beginning to its end."""

    plot: Plot
    lives: tuple[str, ...]
    """Who it is about: the client that the user made first, then clients in it, then loops."""
    headline: str
    sentences: tuple[Sentence, ...]

    def place(self, role: Role) -> Line | None:
        """Give the first line that plays a role, or None."""
        lines = (one.line for one in self.sentences if one.role is role and one.line)
        return next(lines, None)


def stories(timeline: Timeline) -> tuple[Story, ...]:
    """Give what went wrong, the worst kinds first, each kind in the order of its events.

    A client that another one made, as openai's makes one of httpx, is told of with it.
    """
    teller = _Teller(timeline)
    collected = tuple(teller.collected())
    by_finalisers = {frozenset(story.lives) for story in collected}
    closed = (s for s in teller.crossed("closed") if frozenset(s.lives) not in by_finalisers)
    found = (*collected, *teller.crossed("used"), *closed)
    told = {name for story in found for name in story.lives}
    return (*found, *teller.leaked(told))


def alike(stories: Iterable[Story]) -> tuple[tuple[Story, int], ...]:
    """Give the first story of each kind that takes the same lines, and how many there are."""
    counts: dict[tuple[object, ...], int] = {}
    first: dict[tuple[object, ...], Story] = {}
    for story in stories:
        lines = tuple(
            (one.role, one.line and (one.line.file, one.line.line)) for one in story.sentences
        )
        key = (story.plot, lines)
        counts[key] = counts.get(key, 0) + 1
        first.setdefault(key, story)
    return tuple((story, counts[key]) for key, story in first.items())


Numbered = tuple[int, Event]
_LAST_REFERENCE: Final = "last reference"
_STATES: Final = {
    What.STARTED: "was running too",
    What.STOPPED: "was still open",
    What.CLOSED: "had been closed",
}
"""What is said of a loop after the last of these events."""


class _Teller:
    """Tells the stories of one timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self._lives = timeline.by_name()
        self._events: tuple[Numbered, ...] = tuple(enumerate(timeline.events))
        self._outer = _outer(self._events)

    def collected(self) -> Iterator[Story]:
        """Tell of clients whose finaliser put their closing on another loop."""
        for number, event in self._of(What.SCHEDULED):
            client = self._lives[event.subject]
            if client.kind is not Kind.CLIENT or client.loop in (None, event.other):
                continue
            if any(before < number for before, _ in self._of(What.CLOSED, client.name)):
                continue  # it is closed once more, which does nothing
            family = self._family(client.name)
            closed = self._closed(client.loop, before=event.at)
            scheduled = _sentence(
                Role.SCHEDULED,
                f"{event.by or 'a finaliser'} put {event.detail} on {event.other}, "
                f"though the client belongs to {client.loop}",
                _finaliser(event),
                [(number, event)],
            )
            yield self._story(
                Plot.COLLECTED,
                (*family, client.loop or "", event.other or ""),
                f"{self._called(family[0])} was collected unclosed while {event.other} ran",
                (
                    *self._beginning(family),
                    *self._collection(event.collection),
                    *closed,
                    scheduled,
                    *self._end(client, number),
                ),
            )

    def crossed(self, how: str) -> Iterator[Story]:
        """Tell of clients used, or closed, on another loop than their own."""
        done: set[tuple[str, str | None]] = set()
        for number, event in self._of(What.CROSSED):
            client = self._lives[event.subject]
            family = self._family(client.name)
            key = (family[0], event.other)
            if client.kind is not Kind.CLIENT or event.detail != how or key in done:
                continue
            done.add(key)
            plot, state = self._state(client.loop, event, closing=how == "closed")
            crossed = _sentence(
                Role.CROSSED,
                f"it was {how} on {event.other}, though it belongs to {client.loop}, {state}",
                event.line or _last(event),
                [(number, event)],
            )
            yield self._story(
                plot,
                (*family, client.loop or "", event.other or ""),
                f"{self._called(family[0])} of {client.loop} was {how} on {event.other}",
                (
                    *self._beginning(family, dropped=False),
                    *self._closed(client.loop, before=event.at),
                    crossed,
                    *self._refusals(client.loop, event.other, number),
                ),
            )

    def leaked(self, told: set[str]) -> Iterator[Story]:
        """Tell of clients that were never closed, and of loops that only a finaliser closed."""
        for number, event in self._of(What.UNCLOSED):
            life = self._lives[event.subject]
            if life.kind not in (Kind.CLIENT, Kind.LOOP) or life.name in told:
                continue
            if self._outer.get(life.name) is not None:
                continue
            family = self._family(life.name)
            told.update(family)
            if event.detail:
                words, line = f"it was {event.detail}, and nobody had closed it", None
            else:
                where = f" in {event.collection}" if event.collection else ""
                words, line = f"it was finalised{where}, and nobody had closed it", event.line
            leaked = _sentence(Role.LEAKED, words, line, [(number, event)])
            yield self._story(
                Plot.LEAKED,
                family,
                f"{self._called(family[0])} was never closed",
                (*self._beginning(family), leaked),
            )

    def _story(
        self, plot: Plot, lives: Iterable[str], headline: str, sentences: Sequence[Sentence]
    ) -> Story:
        names = tuple(dict.fromkeys(name for name in lives if name))
        return Story(plot=plot, lives=names, headline=headline, sentences=tuple(sentences))

    def _of(self, what: What, subject: str | None = None) -> Iterator[Numbered]:
        for number, event in self._events:
            if event.what is what and subject in (None, event.subject):
                yield number, event

    def _called(self, name: str) -> str:
        return f"{name} ({self._lives[name].type.rpartition('.')[2]})"

    def _family(self, name: str) -> tuple[str, ...]:
        """Give the client that the user made, and the clients in it, for any one of them."""
        first = self._outer.get(name) or name
        return (first, *(inner for inner, outer in self._outer.items() if outer == first))

    def _beginning(self, family: Sequence[str], *, dropped: bool = True) -> Iterator[Sentence]:
        """Tell who made the first of a family, who owned it, and which line let go."""
        first = self._lives[family[0]]
        for number, event in self._of(What.CREATED, first.name):
            text = f"{self._called(first.name)} was made"
            yield _sentence(Role.CREATED, text, event.line or _last(event), [(number, event)])
        if first.owner is not None:
            yield _sentence(Role.OWNED, f"its owner was {first.owner}", first.owner.at, ())
        elif first.kind is Kind.CLIENT:
            yield _sentence(
                Role.OWNED, "no variable of the program was seen to lead to it", None, ()
            )
        if dropped:
            yield from self._drops(family)

    def _drops(self, family: Sequence[str]) -> Iterator[Sentence]:
        found = [drop for name in family for drop in self._of(What.DROPPED, name)]
        finalised = [one for name in family for one in self._of(What.FINALISED, name)]
        first = [drop for drop in found if drop[1].subject == found[0][1].subject]
        for number, event in first:
            line = event.line or _last(event)
            how = "the last reference went" if event.detail == _LAST_REFERENCE else event.detail
            text = "it was let go of" if event.certain else "it may have been let go of here"
            text = f"{text}: {how}" if how else text
            yield _sentence(Role.DROPPED, text, line, [(number, event)], certain=event.certain)
        if finalised and not found and self._lives[family[0]].kind is Kind.CLIENT:
            yield _sentence(Role.DROPPED, "which line let go of it is not known", None, ())

    def _collection(self, name: str | None) -> Iterator[Sentence]:
        if name is None:
            return
        gone = [one for one in self._of(What.FINALISED) if one[1].collection == name]
        for number, event in self._of(What.COLLECTION, name):
            ran = f" while {event.loop} ran" if event.loop else ""
            names = _listed([one.subject for _, one in gone])
            text = f"{name} ({event.detail or self._lives[name].type}){ran} finalised {names}"
            yield _sentence(
                Role.COLLECTED, text, event.line or _last(event), [(number, event), *gone]
            )

    def _closed(self, loop: str | None, *, before: float) -> Iterator[Sentence]:
        """Tell what closed a loop."""
        for number, event in self._of(What.CLOSED, loop or ""):
            if event.at > before:
                continue
            if event.by is not None:
                where = f" in {event.collection}" if event.collection else ""
                text = f"{event.by} closed {loop}{where}: nobody else had"
                line = _finaliser(event)
            else:
                text, line = f"{loop} was closed", event.line or _last(event)
            yield _sentence(Role.CLOSED, text, line, [(number, event)])

    def _end(self, client: Life, after: int) -> Iterator[Sentence]:
        """Tell what became of the closing that a finaliser had scheduled."""
        tasks = [
            event.subject
            for number, event in self._of(What.CREATED)
            if event.other == client.name and number <= after + 1
        ]
        for number, event in self._of(What.REFUSED):
            if event.other in tasks:
                yield self._refused(number, event)
        for number, event in self._of(What.NEVER_RETRIEVED):
            if event.subject in tasks:
                text = f"{event.subject} ended with {event.detail}, and nobody saw it"
                yield _sentence(Role.UNSEEN, text, _last(event), [(number, event)])

    def _refusals(self, loop: str | None, running: str | None, after: int) -> Iterator[Sentence]:
        """Tell what raised first of what the client's loop owns."""
        for number, event in self._events[after + 1 :]:
            if event.subject != loop or event.loop != running:
                continue
            if event.what is What.REFUSED:
                yield self._refused(number, event)
                return  # those that follow say the same
            if event.what is What.CROSSED:
                text = f"an {event.detail} of {loop} was waited for on {running}, which raises"
                yield _sentence(Role.REFUSED, text, _last(event), [(number, event)])
                return

    @staticmethod
    def _refused(number: int, event: Event) -> Sentence:
        text = f"{event.detail} on the closed {event.subject} raised while {event.loop} ran"
        lines = [one for one in event.stack if one.function.rpartition(".")[2] != event.detail]
        return _sentence(Role.REFUSED, text, lines[-1] if lines else None, [(number, event)])

    def _state(self, loop: str | None, event: Event, *, closing: bool) -> tuple[Plot, str]:
        """Say what had become of a client's own loop when the client was touched elsewhere."""
        state = What.CREATED
        for _, one in self._events:
            if one.subject == loop and one.at <= event.at and one.what in _STATES:
                state = one.what
        words = f"which {_STATES.get(state, 'was still open')}"
        if closing:
            return Plot.CLOSED_ELSEWHERE, words
        return Plot.REUSED if state is What.CLOSED else Plot.SHARED, words


def _outer(events: Sequence[Numbered]) -> dict[str, str]:
    """Give, of each client that another client's making made, that other client."""
    made: list[Event] = []
    found: dict[str, str] = {}
    for _, event in events:
        if event.what is What.CREATED and event.subject.startswith(f"{Kind.CLIENT}-"):
            for outer in reversed(made):
                if outer.stack and outer.stack[-1] in event.stack[:-1] and _within(outer, event):
                    found[event.subject] = found.get(outer.subject, outer.subject)
                    break
            made.append(event)
    return found


def _within(outer: Event, inner: Event) -> bool:
    return outer.thread == inner.thread and len(inner.stack) >= len(outer.stack)


def _sentence(
    role: Role, text: str, line: Line | None, events: Sequence[Numbered], *, certain: bool = True
) -> Sentence:
    numbers = tuple(number for number, _ in events)
    return Sentence(role=role, text=text, line=line, certain=certain, events=numbers)


def _last(event: Event) -> Line | None:
    return event.stack[-1] if event.stack else None


def _finaliser(event: Event) -> Line | None:
    """Give the finaliser's own line."""
    lines = (line for line in reversed(event.stack) if line.function.endswith("__del__"))
    return next(lines, _last(event))


def _listed(names: Sequence[str]) -> str:
    """Give names in a row, many of one kind as their number: ``loop-1, 4 transports``."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(name.rpartition("-")[0], []).append(name)
    many = (
        ", ".join(group) if len(group) < 4 else f"{len(group)} {kind}s"
        for kind, group in kinds.items()
    )
    return ", ".join(many) or "nothing told of here"
