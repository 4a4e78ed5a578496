"""What ``versect diagnose`` does, in order; each step is somebody else's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import click

from versect.app.diagnose import Stored, evidence, newest, read_timelines
from versect.app.sweeps import Swept
from versect.cli import commands, publishing, searches, sweeping
from versect.cli.commands import INCONCLUSIVE
from versect.cli.searching import made
from versect.cli.swept import remembered
from versect.cli.wiring import Wiring
from versect.errors import UsageError
from versect.model.cell import Cell
from versect.report import diagnosis_json, diagnosis_markdown
from versect.report.diagnosis import Diagnosis
from versect.report.diagnosis_view import diagnosis
from versect.report.evidence import counted
from versect.report.write import write
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.store.jsonl import JsonLines

_AUTO: Final = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options ask for."""

    engine: str
    jobs: int
    full: bool
    no_run: bool
    as_json: bool


def diagnose(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Diagnose a study; see ``versect diagnose``."""
    if request.no_run:
        view, left = _from_record(wiring, draft, request), 0
    else:
        view, left = _asked(wiring, draft, request)
    _publish(wiring, view, request)
    publishing.refresh(wiring, draft)
    if left:
        words = f"{counted(left, 'trial')} could not be made"
        wiring.say(f"{words}; the same command makes up for it")
    return INCONCLUSIVE if left else 0


def _asked(wiring: Wiring, draft: Draft, request: Request) -> tuple[Diagnosis, int]:
    """Ask what is open, and diagnose; give how many questions nobody could answer, too."""
    study = draft.study()
    choice = wiring.choose(request.engine)
    engine = choice.engine.name
    wiring.say(f"{study.name}: engine {engine} ({choice.reason}), -j {request.jobs}")
    swept = sweeping.sweeps(wiring, draft, engine=engine, jobs=request.jobs, full=request.full)
    searched = searches.made(wiring, draft, engine=engine, jobs=request.jobs, full=request.full)
    log = JsonLines(wiring.results / study.name, study.name)
    plan = commands.planned(wiring, study, choice, log, fresh=False)
    problems = {one.search.name: one.problem for one in searched if one.problem}
    view = _view(
        wiring,
        draft,
        Stored(trials=log.trials(), fingerprint=fingerprint(study), engine=engine),
        swept,
        cells=plan.cells,
        problems=problems,
    )
    return view, sum(len(one.open) for one in swept)


def _from_record(wiring: Wiring, draft: Draft, request: Request) -> Diagnosis:
    """Diagnose from what is stored.

    Raises:
        UsageError: Nothing is.

    """
    study = draft.study()
    trials = JsonLines(wiring.results / study.name, study.name).trials()
    engine = None if request.engine == _AUTO else request.engine
    last = newest(study, trials, fingerprint(study), engine)
    if last is None:
        raise UsageError(
            f"no trial of {study.name} is stored", remedy=f"ask them: versect diagnose {study.name}"
        )
    if last.fingerprint != fingerprint(study):
        wiring.say("note: the stored trials answer the study as it was before it was changed")
    stored = Stored(trials=trials, fingerprint=last.fingerprint, engine=last.setting.engine)
    return _view(wiring, draft, stored, (), cells=(), problems={})


def _view(  # noqa: PLR0913 - the parts, and what was asked
    wiring: Wiring,
    draft: Draft,
    stored: Stored,
    swept: Sequence[Swept],
    *,
    cells: Sequence[Cell],
    problems: Mapping[str, str],
) -> Diagnosis:
    study = draft.study()
    had = {one.sweep.name for one in swept}
    folder = wiring.results / study.name
    known = remembered(study, folder, fingerprint=stored.fingerprint, engine=stored.engine)
    found = evidence(
        study,
        stored,
        cells=cells,
        sweeps=(*swept, *(one for one in known if one.sweep.name not in had)),
        verdicts=_verdicts(wiring, draft, problems),
        problems=problems,
    )
    timelines = read_timelines(
        folder,
        dict.fromkeys(trial.probe.cell.id for trial, _ in found.results),
        of=stored.fingerprint,
        say=wiring.say,
    )
    return diagnosis(replace(found, timelines=timelines))


def _verdicts(wiring: Wiring, draft: Draft, problems: Mapping[str, str]) -> dict[str, Any]:
    """Read the verdicts of the study's searches, but for those that could not be made now.

    One that was found before the study or its reproduction was changed counts as not asked.
    """
    study, found = draft.study(), {}
    for search in study.searches:
        path = searches.folder_of(wiring, study, search) / "verdict.json"
        if search.name not in problems and path.is_file():
            try:
                verdict = json.loads(path.read_text(encoding="utf-8"))
                if searches.answers(draft, search, verdict):
                    found[search.name] = verdict
            except (OSError, ValueError, AttributeError) as error:
                wiring.say(f"note: {path} cannot be read and counts as not asked: {error}")
    return found


def _publish(wiring: Wiring, view: Diagnosis, request: Request) -> None:
    """Write a diagnosis in all formats and show it."""
    folder = wiring.results / view.study
    text = diagnosis_json.document(view, made=made())
    write(folder / "diagnosis.json", text)
    write(folder / "diagnosis.md", diagnosis_markdown.document(view, made=made()))
    if request.as_json:
        click.echo(text, nl=False)
    else:
        click.echo(diagnosis_markdown.shown(view), nl=False)
    wiring.say(f"written: {folder / 'diagnosis.md'} and diagnosis.json")
