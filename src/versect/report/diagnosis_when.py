"""When a study fails: where it comes to light, and from which release on (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from versect.classify.signature import normalised
from versect.model.outcome import Failed
from versect.model.study import Place
from versect.model.trial import Exited, Frame, SeenFailure, Trial
from versect.report.diagnosis import Evidence, Searched, Statement, Weight
from versect.report.diagnosis_trials import distinguishing
from versect.report.findings import boundaries, inert
from versect.report.markdown import sentence
from versect.report.view import gist

_PLACES = {
    Place.RAISED: "it ends the program",
    Place.UNRAISABLE: "it is raised in a finaliser, where nobody can catch it",
    Place.THREAD: "it ends a thread",
    Place.ASYNCIO: "only asyncio's log tells of it",
    Place.PRINTED: "the program prints it",
}


def when(evidence: Evidence) -> Iterator[Statement]:
    """Say where the failure comes to light, from which release on, and which axes are inert."""
    yield from _sightings(evidence)
    for searched in evidence.searches:
        if searched.headline or searched.sentences:
            yield verdict(searched)
    table = tuple(trial.probe.cell for trial, _ in evidence.table)
    outcomes = {trial.probe.cell.id: outcome for trial, outcome in evidence.table}
    for boundary in boundaries(table, outcomes):
        sides = [c for c in table if c.value(boundary.axis) in (boundary.before, boundary.after)]
        yield Statement(
            text=f"In the table, {sentence(boundary)}.", cells=tuple(cell.id for cell in sides)
        )
    for unused in inert(table, {trial.probe.cell.id: trial for trial, _ in evidence.table}):
        where = f" with {unused.where}" if unused.where else ""
        yield Statement(
            text=f"{unused.project} is an inert axis{where}: it is installed and never imported, "
            "so that its releases mean nothing there.",
            cells=unused.cells,
        )


@dataclass(frozen=True, slots=True)
class _Face:
    """Where a failure comes to light; trials with equal ones are told of together."""

    place: str
    line: str
    """The study's own line, empty for none."""
    failure: str


def _sightings(evidence: Evidence) -> Iterator[Statement]:
    """Say where the failure sought comes to light, and at which line of the study's own."""
    every = [trial.probe.cell for trial, _ in evidence.results]
    faces: dict[_Face, list[Trial]] = {}
    below: dict[_Face, dict[str, None]] = {}
    for trial, outcome in evidence.results:
        if isinstance(outcome, Failed):
            face, operation = _face(evidence, trial, outcome)
            faces.setdefault(face, []).append(trial)
            below.setdefault(face, {}).update(dict.fromkeys(operation))
    for face, trials in faces.items():
        where = distinguishing([trial.probe.cell for trial in trials], every)
        text = f"{face.place}{face.line}: {face.failure}"
        if below[face]:
            text += f", raised below {' or '.join(below[face])}"
        silent = sum(trial.observation.ending == Exited(status=0) for trial in trials)
        if silent:
            which = "" if silent == len(trials) else f" in {silent} of {len(trials)} trials"
            text += f"; the program ends with status 0{which}, as if nothing had happened"
        if where:
            text += f". Seen with {where}"
        yield Statement(
            text=f"{text[0].upper()}{text[1:]}.",
            cells=tuple(dict.fromkeys(trial.probe.cell.id for trial in trials)),
        )


def _face(evidence: Evidence, trial: Trial, outcome: Failed) -> tuple[_Face, list[str]]:
    """Give where a failure was seen, and the foreign call that raised it, if any."""
    seen = _seen(trial, outcome)
    if seen is None:
        return _Face(f"it shows ({outcome.rule})", "", str(outcome.signature)), []
    note = f" (“{gist(seen.note)}”)" if seen.note else ""
    names = " from ".join(f"{e.type}: {gist(normalised(e.message))}" for e in seen.chain)
    face = _Face(
        place=f"{_PLACES[seen.place]}{note}",
        line=_own_line(evidence, seen),
        failure=names or "no exception is given",
    )
    frames = seen.chain[-1].frames if seen.chain else ()
    foreign = frames and frames[0].file not in evidence.sources
    return face, [f"{frames[0].function} of {_package(frames[0])}"] if foreign else []


def _own_line(evidence: Evidence, seen: SeenFailure) -> str:
    """Say at which line of the study's own a failure was met, and in which call of it."""
    own = _own_frame(evidence, seen)
    if own is None:
        return ", and no line of the study's own is in its traceback" if seen.chain else ""
    frame, below = own
    text = _text(evidence.sources, frame)
    line = f" at {frame.file}:{frame.line} in {frame.function}{f' “{text}”' if text else ''}"
    return line if below is None else f"{line}, in {below.function} of {_package(below)}"


def _package(frame: Frame) -> str:
    return frame.file.partition("/")[0]


def _seen(trial: Trial, outcome: Failed) -> SeenFailure | None:
    """Give the sighting that made a trial a failed one: the first at the place the rule names."""
    _, _, place = outcome.rule.partition(":")
    kind = outcome.signature.kind
    at_place = [f for f in trial.observation.failures if f.place == place]
    return next((f for f in at_place if any(e.type == kind for e in f.chain)), None) or next(
        iter(at_place), None
    )


def _own_frame(evidence: Evidence, seen: SeenFailure) -> tuple[Frame, Frame | None] | None:
    """Give the innermost line of the study's own with the foreign one below it.

    It is sought in the outermost exception first: that is the one that the study's code met.
    """
    for exception in seen.chain:
        places = [i for i, f in enumerate(exception.frames) if f.file in evidence.sources]
        if places:
            below = exception.frames[places[-1] + 1 :]
            return exception.frames[places[-1]], next(iter(below), None)
    return None


def _text(sources: Mapping[str, Sequence[str]], frame: Frame) -> str:
    lines = sources.get(frame.file, ())
    return lines[frame.line - 1].strip() if 0 < frame.line <= len(lines) else ""


def verdict(searched: Searched) -> Statement:
    """Say what a search found, with the windows that it does not exclude."""
    search = searched.search
    if not searched.headline:
        why = f" ({'; '.join(searched.sentences)})" if searched.sentences else ""
        return Statement(
            text=f"Not known: {search.about}{why}",
            weight=Weight.MISSING,
            command=searched.command,
        )
    windows = [s for s in searched.sentences if "not excluded" in s or "comes and goes" in s]
    rest = "".join(f" {s[0].upper()}{s[1:]}." for s in windows)
    return Statement(
        text=f"{search.about} {searched.headline}.{rest}",
        cells=searched.cells,
        weight=Weight.FOUND if searched.settled else Weight.CAUTION,
    )
