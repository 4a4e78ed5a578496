"""What a diagnosis rests on, brought together from a study's record; nothing is asked here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from versect.app.plan import Result, answering
from versect.app.review import review
from versect.app.sweeps import Swept
from versect.errors import UsageError
from versect.forensics.timeline import Timeline
from versect.forensics.timeline_codec import (
    UnreadableTimelineError,
    decode,
    fingerprint,
    timeline_file,
)
from versect.model.cell import Cell
from versect.model.study import Bisection, Study
from versect.model.trial import Trial
from versect.report.diagnosis import Asked, Evidence, Searched
from versect.search.history import Kind
from versect.select.matrix import combines


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Which trials of a record count."""

    trials: Sequence[Trial]
    fingerprint: str
    engine: str


def evidence(  # noqa: PLR0913 - everything that a diagnosis rests on
    study: Study,
    stored: Stored,
    *,
    cells: Sequence[Cell],
    sweeps: Sequence[Swept],
    verdicts: Mapping[str, Mapping[str, Any]],
    problems: Mapping[str, str],
) -> Evidence:
    """Bring together what a study's record holds, its timelines aside.

    Args:
        study: The study.
        stored: Its trials.
        cells: The cells of its table, tried or not; empty where the index was not asked: the
            table is then what was tried of it.
        sweeps: Those that were asked, or that the record remembers.
        verdicts: What searches found, as ``verdict.json`` holds it, by the name of the search.
        problems: Why searches could not be made, by name.

    """
    table = _table(study, stored)
    return Evidence(
        study=study,
        table=table,
        cells=tuple(cells) or tuple(trial.probe.cell for trial, _ in table),
        sweeps=tuple(_asked(study, sweeps)),
        searches=tuple(
            _searched(study, search, verdicts.get(search.name), problems.get(search.name, ""))
            for search in study.searches
        ),
        timelines={},
        sources=sources(study),
    )


def newest(study: Study, trials: Iterable[Trial], digest: str, engine: str | None) -> Trial | None:
    """Give the newest trial that answers a study, or else one that answered it before.

    Args:
        study: The study as it is now.
        trials: In the order in which they were made. Those of its searches may be newer, and
            answer something narrower.
        digest: Its fingerprint.
        engine: Where it was made; None for anywhere.

    """
    found = [trial for trial in trials if engine in (None, trial.setting.engine)]
    mine = [trial for trial in found if trial.fingerprint == digest]
    before = (trial for trial in reversed(found) if _is_asked(study, trial.probe.cell))
    return mine[-1] if mine else next(before, None)


def _is_asked(study: Study, cell: Cell) -> bool:
    parts = (study, *(sweep.study for sweep in study.sweeps))
    return any(combines(part, cell) for part in parts)


def read_timelines(
    folder: Path, cells: Iterable[str], *, of: str, say: Callable[[str], None]
) -> dict[str, Timeline]:
    """Read the timelines of cells, by cell id.

    Args:
        folder: Of the study's results.
        cells: Ids; those without a timeline are passed over.
        of: The fingerprint of the study that they must tell of; others are passed over.
        say: Told of those that cannot be read.

    """
    found = {}
    for cell in cells:
        path = timeline_file(folder, cell)
        try:
            text = path.read_text(encoding="utf-8")
            if fingerprint(text) == of:
                found[cell] = decode(text)
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, UnreadableTimelineError) as error:
            say(f"timeline left out: {path}: {error}")
    return found


def sources(study: Study) -> dict[str, tuple[str, ...]]:
    """Give the lines of the study's own Python files, by path below its root."""
    found = {}
    for name in study.files:
        if name.endswith(".py"):
            try:
                text = (study.root / name).read_text(encoding="utf-8", errors="replace")
            except OSError:
                text = ""
            found[name] = tuple(text.splitlines())
    return found


def _table(study: Study, stored: Stored) -> tuple[Result, ...]:
    mine = answering(stored.trials, fingerprint=stored.fingerprint, engine=stored.engine)
    try:
        found = review(study, mine, study.symptom)
    except UsageError:  # no trial is of the table
        return ()
    return tuple(found.results[cell.id] for cell in found.cells)


def _asked(study: Study, sweeps: Sequence[Swept]) -> Iterator[Asked]:
    """Give every sweep of the study with its trials, in the study's order."""
    had = {one.sweep.name: one for one in sweeps}
    for sweep in study.sweeps:
        if not sweep.study.pythons:
            continue
        one = had.get(sweep.name)
        results: tuple[Result, ...] = ()
        if one is not None:
            results = tuple(r for cell in one.cells for r in one.results.get(cell.id, ()))
        yield Asked(
            sweep=sweep,
            cells=() if one is None else one.cells,
            results=results,
            command=_command(study, full=sweep.full),
        )


def _searched(
    study: Study, search: Bisection, verdict: Mapping[str, Any] | None, problem: str
) -> Searched:
    command = _command(study, full=search.full)
    if verdict is None:
        return Searched(
            search=search,
            headline="",
            sentences=(problem,) if problem else (),
            suspects=(),
            cells=(),
            settled=False,
            command=command,
        )
    sides = [side["cell"] for side in (verdict["before"], verdict["after"]) if side]
    return Searched(
        search=search,
        headline=verdict["headline"],
        sentences=tuple(verdict["sentences"]),
        suspects=tuple(verdict["suspects"]),
        cells=tuple(sides or dict.fromkeys(step["cell"] for step in verdict["steps"])),
        settled=verdict["verdict"] == Kind.FOUND,
        command=command,
    )


def _command(study: Study, *, full: bool) -> str:
    return f"versect diagnose {study.name}{' --full' if full else ''}"
