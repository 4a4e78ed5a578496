"""What ``versect history`` and ``versect diff`` do, in order; each step is somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from versect.app.history import difference, events
from versect.app.history import runs as runs_of
from versect.cli.wiring import Wiring
from versect.errors import UsageError
from versect.model.baseline import Event
from versect.model.study import Study
from versect.model.trial import Trial
from versect.report import history as report
from versect.report.evidence import counted
from versect.source.load import find
from versect.source.remember import recalled
from versect.store.jsonl import NAME, JsonLines


def history(wiring: Wiring, name: str, *, as_json: bool) -> int:
    """Show the changes of a study; see ``versect history``."""
    study, trials = _stored(wiring, name)
    _show(wiring, study, events(study, trials), as_json=as_json)
    return 0


def runs(wiring: Wiring, name: str) -> int:
    """List the runs of a study."""
    _, trials = _stored(wiring, name)
    for run in runs_of(trials):
        click.echo(
            f"{run.name} {run.at:%Y-%m-%d %H:%M} {run.engine} {counted(run.trials, 'trial')}"
        )
    return 0


def diff(wiring: Wiring, one: str, other: str, *, as_json: bool) -> int:
    """Show what differs between what two runs left; see ``versect diff``.

    Raises:
        UsageError: No study has both runs.

    """
    for folder in sorted(path.parent for path in wiring.results.glob(f"*/{NAME}")):
        trials = JsonLines(folder, folder.name).trials()
        names = {trial.run for trial in trials}
        if all(any(name.startswith(wanted) for name in names) for wanted in (one, other)):
            study, _ = _stored(wiring, folder.name)
            _show(wiring, study, difference(study, trials, one, other), as_json=as_json)
            return 0
    raise UsageError(
        f"no study in {wiring.results} has runs {one} and {other}",
        remedy="'versect history STUDY --runs' lists them",
    )


def _stored(wiring: Wiring, name: str) -> tuple[Study, tuple[Trial, ...]]:
    draft = recalled(wiring.results, name) or find(name, Path.cwd(), wiring.results)
    study = draft.study()
    trials = JsonLines(wiring.results / study.name, study.name).trials()
    if not trials:
        raise UsageError(
            f"no trial of {study.name} is stored", remedy=f"run it: versect run {study.name}"
        )
    return study, trials


def _show(wiring: Wiring, study: Study, changes: Sequence[Event], *, as_json: bool) -> None:
    if as_json:
        click.echo(report.document(study.name, changes), nl=False)
        return
    for line in report.lines(changes):
        click.echo(line)
    wiring.say(f"{study.name}: {counted(len(changes), 'change')}")
