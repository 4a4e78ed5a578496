"""Where it goes wrong: the lines in the stories that recorded life cycles tell (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from versect.forensics.story import Plot, Role, Sentence, Story, stories
from versect.forensics.timeline import Line, Timeline
from versect.report.diagnosis import Evidence, Scene, Statement, Weight
from versect.report.evidence import counted

_TURNS: Final = {
    Role.CLOSED: "the line that closes the loop",
    Role.SCHEDULED: "the line that schedules the close",
    Role.CROSSED: "the line that takes it to the other loop",
    Role.REFUSED: "the line that asks the closed loop",
    Role.DROPPED: "the line that let go of the owner",
}
"""What a team looks for, in the order of the chain back from the error."""

Key = tuple[object, ...]


def scenes(evidence: Evidence) -> Iterator[Scene]:
    """Tell each story once, the one that most timelines tell first, with all cells that tell it."""
    traced = {
        trial.probe.cell.id: evidence.timelines[trial.probe.cell.id]
        for trial, _ in evidence.results
        if trial.probe.cell.id in evidence.timelines
    }
    told: dict[Key, tuple[Story, dict[str, None]]] = {}
    quiet = []
    for cell, timeline in traced.items():
        found = _worth_telling(timeline)
        for story in found:
            told.setdefault(_key(story), (story, {}))[1][cell] = None
        if not found:
            quiet.append(cell)
    order = list(Plot)
    for story, cells in sorted(
        told.values(), key=lambda one: (order.index(one[0].plot), -len(one[1]))
    ):
        yield _scene(story, tuple(cells))
    if quiet:
        text = f"In {counted(len(quiet), 'timeline')} everything was closed where it lived."
        yield Scene(title="No story", statements=(Statement(text=text, cells=tuple(quiet)),))


def _worth_telling(timeline: Timeline) -> Sequence[Story]:
    """Give the stories of a timeline; what merely leaked only where nothing worse is told."""
    found = stories(timeline)
    worse = [story for story in found if story.plot is not Plot.LEAKED]
    return worse or found


def _key(story: Story) -> Key:
    """Give what makes stories one: plot and lines.

    Of lines that are not the user's only file and function count: numbers move with releases.
    """
    lines = dict.fromkeys((one.role, one.line and _place(one.line)) for one in story.sentences)
    return (story.plot, *lines)


def _place(line: Line) -> Key:
    return (line.file, line.line) if line.own else (line.file, line.function)


def _scene(story: Story, cells: tuple[str, ...]) -> Scene:
    told = dict.fromkeys(_told(one) for one in story.sentences)
    return Scene(
        title=f"{story.plot}: {story.headline}",
        statements=(
            _turns(story, cells),
            *(Statement(text=text, cells=cells, weight=weight) for text, weight in told),
        ),
    )


def _turns(story: Story, cells: tuple[str, ...]) -> Statement:
    """Name the lines on which the story turns, in one sentence."""
    found = []
    for role, what in _TURNS.items():
        lines = [one for one in story.sentences if one.role is role and one.line]
        if lines:
            unsure = "" if lines[0].certain else " (one of several that it may have been)"
            found.append(f"{what} is {words(lines[0].line)}{unsure}")
    owner = next((one for one in story.sentences if one.role is Role.OWNED), None)
    ending = f"; {owner.text}" if owner is not None else ""
    said = "; ".join(found) or "no line was seen"
    return Statement(text=f"{_capital(said)}{ending}.", cells=cells)


def _told(one: Sentence) -> tuple[str, Weight]:
    where = f": {words(one.line)}" if one.line and one.role is not Role.OWNED else ""
    # A line that lets go may be told with its text, which stands behind its place.
    text = one.text.removesuffix(f": {one.line.text}") if one.line and one.line.text else one.text
    return f"{_capital(text)}{where}.", Weight.FOUND if one.certain else Weight.CAUTION


def _capital(text: str) -> str:
    """Begin as sentences do; what begins with a name, as ``client-1`` or ``call_soon``, stays."""
    first, _, _ = text.partition(" ")
    return f"{text[0].upper()}{text[1:]}" if first.isalpha() else text


def words(line: Line | None) -> str:
    """Give a line of a program in words: ``app.py:9 in run “client.close()”``."""
    if line is None:
        return "a line that was not seen"
    text = f" “{line.text}”" if line.text else ""
    return f"{line.file}:{line.line} in {line.function}{text}"
