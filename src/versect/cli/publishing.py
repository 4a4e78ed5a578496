"""What every search does with its finding: writes it in all formats, says it, shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from versect.app.review import review
from versect.cli.job import summarise
from versect.cli.searching import made
from versect.cli.swept import with_sweeps
from versect.cli.wiring import Wiring
from versect.errors import UsageError, VersectError
from versect.model.study import Study
from versect.model.trial import Trial
from versect.report import page
from versect.report.view import MatrixView, matrix_view
from versect.report.write import write
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.source.remember import recalled
from versect.store.jsonl import JsonLines


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a search found, as it is written, said and shown."""

    name: str
    """Of its files: ``verdict`` for ``verdict.json`` and ``verdict.md``."""
    document: str
    """Its JSON."""
    markdown: str
    beside: Mapping[str, str]
    """Other files by name; an empty one is not written, and one of an earlier run removed."""
    headline: str
    sentences: tuple[str, ...]
    advice: str
    diff: str
    """Shown below the sentences; empty for none."""
    trials: str
    """How many there were, in words."""
    summary: Callable[[int], str]
    """Gives what a CI job is shown, in at most so many bytes."""


def keep(folder: Path, finding: Finding) -> None:
    """Write a finding in all formats.

    Raises:
        StorageError: The folder cannot be written.

    """
    files = {
        f"{finding.name}.json": finding.document,
        f"{finding.name}.md": finding.markdown,
        **finding.beside,
    }
    for name, text in files.items():
        if text:
            write(folder / name, text)
        else:
            (folder / name).unlink(missing_ok=True)


def publish(
    wiring: Wiring, folder: Path, finding: Finding, *, as_json: bool, aside: bool = False
) -> None:
    """Write a finding, say it, and add it to the job's summary.

    Args:
        wiring: The parts.
        folder: Where it is written.
        finding: What was found.
        as_json: Whether standard output takes its document in the place of words.
        aside: Whether standard output is another finding's: the words go to standard error.

    Raises:
        StorageError: The folder cannot be written.

    """
    keep(folder, finding)
    if as_json and not aside:
        click.echo(finding.document, nl=False)
    else:
        click.echo("\n  ".join((finding.headline, *finding.sentences)), err=aside)
        click.echo(finding.diff and f"\n{finding.diff}", nl=False, err=aside)
    if finding.advice:
        wiring.say(f"hint: {finding.advice}")
    wiring.say(f"{finding.trials}; written: {folder / finding.name}.md")
    summarise(wiring, finding.summary)


def refresh(wiring: Wiring, draft: Draft) -> None:
    """Write the page of a study again, with what was found since its last run.

    The findings are kept elsewhere: a page that cannot be made is said, and is no error.

    Args:
        wiring: The parts.
        draft: The study as it was asked now; the matrix is that of its last run, if there was one.

    """
    folder = wiring.results / draft.name
    try:
        last = recalled(wiring.results, draft.name) or draft
        view = last_view(folder, last.study())
        path = page.publish(folder, view, made=made(), say=wiring.say)
    except VersectError as error:
        wiring.say(f"note: the page of {draft.name} is as it was: {error}")
        return
    wiring.say(f"page: {path}")


def last_view(folder: Path, study: Study) -> MatrixView:
    """Give the matrix that a study's last run showed; searches ask cells that are none of it.

    Of a study that was never run whole, it holds the cells that searches asked.
    """
    trials = JsonLines(folder, study.name).trials()
    shown = _shown(folder)
    digest = fingerprint(study)
    last = [t for t in trials if (t.run, t.probe.cell.id) in shown] if shown else []
    try:
        found = review(study, last or _newest(trials, digest), study.symptom)
    except UsageError:  # none of them is a cell of the matrix
        return matrix_view(study, (), {})
    return with_sweeps(matrix_view(study, found.cells, found.results), folder)


def _newest(trials: tuple[Trial, ...], digest: str) -> tuple[Trial, ...]:
    return tuple(trial for trial in trials if trial.fingerprint == digest) or trials


def _shown(folder: Path) -> frozenset[tuple[str, str]]:
    """Give runs and cells of the trials in ``matrix.json``; none where it cannot be read."""
    try:
        document = json.loads((folder / "matrix.json").read_text(encoding="utf-8"))
        return frozenset((row["run"], row["id"]) for row in document["cells"] if "run" in row)
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()
