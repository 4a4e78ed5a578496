"""What the commands do, in order; each step is somebody else's."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from filelock import FileLock, Timeout

from versect import __version__
from versect.app import plan as planning
from versect.app.again import find_trial, releases_of, stored_trials
from versect.app.review import changes, review
from versect.app.run import run_cells, run_id
from versect.classify.rules import classify
from versect.cli.job import summarise
from versect.cli.swept import with_sweeps
from versect.cli.wiring import Wiring, now, stdout
from versect.engine.select import Choice
from versect.errors import StorageError, UsageError
from versect.model.outcome import Unresolved
from versect.model.study import Study
from versect.model.trial import NotRun, Probe
from versect.report import json as json_report
from versect.report import junit, markdown, page, terminal
from versect.report.badge import badge
from versect.report.constraints import constraints
from versect.report.evidence import counted
from versect.report.progress import describe
from versect.report.summary import of_matrix
from versect.report.view import MatrixView, matrix_view
from versect.report.write import write
from versect.select.shards import Shard
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.source.load import COMMAND_LINE, find
from versect.source.remember import NAME, document, place, recalled, recalled_for
from versect.store.jsonl import JsonLines

INCONCLUSIVE = 12


def run(  # noqa: PLR0913 - one argument an option
    wiring: Wiring,
    draft: Draft,
    *,
    engine: str,
    jobs: int,
    fresh: bool,
    shard: Shard | None = None,
) -> int:
    """Run a study; see ``versect run``."""
    return ran(wiring, draft, engine=engine, jobs=jobs, fresh=fresh, shard=shard)[0]


def ran(  # noqa: PLR0913 - likewise
    wiring: Wiring,
    draft: Draft,
    *,
    engine: str,
    jobs: int,
    fresh: bool,
    shard: Shard | None,
) -> tuple[int, MatrixView | None]:
    """Run a study, show its table, and give the exit code with it; None for a shard of nothing."""
    study = draft.study()
    folder = wiring.results / study.name
    choice = wiring.choose(engine)
    wiring.say(f"{study.name}: engine {choice.engine.name} ({choice.reason}), -j {jobs}")
    with alone(wiring, folder):
        plan, results = tried(wiring, draft, choice, jobs=jobs, fresh=fresh, shard=shard)
        if not plan.cells:
            wiring.say(f"shard {shard} has no cells: there are fewer environments than shards")
            return 0, None
        view = matrix_view(study, plan.cells, results)
        publish(wiring, folder, view)
    outcomes = [outcome for _, outcome in results.values()]
    lost = [o for o in outcomes if isinstance(o, Unresolved) and o.cause.infrastructure]
    if lost:
        words = f"{counted(len(lost), 'cell')} could not be tried"
        wiring.say(f"{words}; the same command makes up for it")
    return INCONCLUSIVE if lost else 0, view


def tried(  # noqa: PLR0913 - the parts, and how it is asked
    wiring: Wiring,
    draft: Draft,
    choice: Choice,
    *,
    jobs: int,
    fresh: bool,
    shard: Shard | None = None,
    beside: bool = False,
) -> tuple[planning.Plan, dict[str, planning.Result]]:
    """Plan a study and ask its open cells; whoever calls this is ``alone`` in its folder.

    With a shard only its cells are asked; with ``beside`` the plan holds what is known of others.
    """
    study = draft.study()
    folder = wiring.results / study.name
    log = JsonLines(folder, study.name)
    plan = planning.only(planned(wiring, study, choice, log, fresh=fresh), shard, beside=beside)
    for path in (folder / NAME, place(folder, fingerprint(study))):
        write(path, document(draft))
    return plan, ask(wiring, study, choice, plan, jobs=jobs)


def ask(  # noqa: PLR0913 - the parts, what is asked, and with how many hands
    wiring: Wiring,
    study: Study,
    choice: Choice,
    plan: planning.Plan,
    *,
    jobs: int,
    repeat: int = 0,
) -> dict[str, planning.Result]:
    """Ask the open cells of a plan in a run of its own; see ``run_cells``."""
    progress = wiring.progress()
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="versect-cell")
    try:
        with wiring.laboratory(study, plan.releases, choice.engine, run_id(now())) as laboratory:
            return run_cells(
                plan,
                study.symptom,
                laboratory=laboratory,
                log=JsonLines(wiring.results / study.name, study.name),
                progress=progress,
                executor=executor,
                jobs=jobs,
                repeat=repeat,
            )
    finally:
        progress.close()
        executor.shutdown(wait=True, cancel_futures=True)


def dry_run(
    wiring: Wiring, draft: Draft, *, engine: str, fresh: bool, shard: Shard | None = None
) -> int:
    """Show what a run would do."""
    study = draft.study()
    choice = wiring.choose(engine)
    log = JsonLines(wiring.results / study.name, study.name)
    plan = planning.only(planned(wiring, study, choice, log, fresh=fresh), shard)
    for cell in plan.cells:
        click.echo(f"{'known' if cell.id in plan.known else 'run  '} {cell.id}")
    known = len(plan.cells) - len(plan.open)
    wiring.say(f"{counted(len(plan.cells), 'cell')} on {choice.engine.name} ({choice.reason})")
    wiring.say(f"{known} known, {len(plan.open)} would run")
    return 0


def report(wiring: Wiring, name: str, *, reclassify: bool) -> int:
    """Write the table again from the store; see ``versect report``."""
    last = recalled(wiring.results, name) or find(name, Path.cwd(), wiring.results)
    study = last.study()
    trials = JsonLines(wiring.results / study.name, study.name).trials()
    found = review(study, trials, study.symptom)
    if reclassify:
        study = replace(study, symptom=_present(wiring, last).study().symptom)
        before, found = found, review(study, trials, study.symptom)
        for line in changes(before.results, found.results) or ("no outcome changes",):
            wiring.say(line)
    publish(wiring, wiring.results / study.name, matrix_view(study, found.cells, found.results))
    return 0


def publish(wiring: Wiring, folder: Path, view: MatrixView) -> None:
    """Write all formats of a view and show it."""
    terminal.show(view, stdout())
    keep(wiring, folder, view)
    summarise(wiring, lambda room: of_matrix(view, room=room))
    wiring.say(f"trials: {folder / 'trials.jsonl'}; locks: {folder / 'locks'}")


def keep(wiring: Wiring, folder: Path, view: MatrixView) -> None:
    """Write all formats of a view, with the sweeps of its study as the record has them."""
    view = with_sweeps(view, folder)
    made = f"made by versect {__version__}, {now().isoformat(timespec='seconds')}"
    files = (
        ("table.md", markdown.table(view, made=made)),
        ("matrix.json", json_report.matrix(view, made=made)),
        ("junit.xml", junit.document(view, made=made)),
        ("badge.svg", badge(view)),
        ("constraints.txt", constraints(view, made=made)),
    )
    for name, text in files:
        if text:
            write(folder / name, text)
        else:
            (folder / name).unlink(missing_ok=True)  # an earlier run's would no longer be true
    wiring.say(f"written to {folder}: {', '.join(name for name, text in files if text)}")
    wiring.say(f"page: {page.publish(folder, view, made=made, say=wiring.say)}")


def reproduce(  # noqa: PLR0913 - one argument an option
    wiring: Wiring,
    name: str | None,
    cell_id: str,
    *,
    engine: str,
    run_it: bool,
    traced: bool = False,
) -> int:
    """Print, or run, the command of one cell; see ``versect reproduce``."""
    study_name, stored = find_trial(stored_trials(wiring.results, name), cell_id, wiring.results)
    cell = stored.probe.cell
    if cell.pins.patch:
        raise UsageError(
            f"{cell_id} ran with changed files, which are not kept",
            remedy="run 'versect explain' again with the same options: it makes them anew",
        )
    draft = (
        recalled_for(wiring.results, study_name, stored.fingerprint)
        or recalled(wiring.results, study_name)
        or find(study_name, Path.cwd(), wiring.results)
    )
    study = draft.study()
    choice = wiring.choose(engine)
    wiring.say(f"engine {choice.engine.name} ({choice.reason})")
    releases = releases_of(cell, wiring.index)
    with wiring.laboratory(
        study, releases, choice.engine, run_id(now()), traced=lambda _: traced
    ) as laboratory:
        prepared = laboratory.prepare(cell.pins)
        if isinstance(prepared.environment, NotRun):
            wiring.say(f"unresolved, {prepared.environment.cause}: {prepared.environment.detail}")
            return INCONCLUSIVE
        job = laboratory.job(cell, prepared.environment)
        wiring.say("the command:")
        click.echo(shlex.join(choice.engine.command(job)))
        if not run_it:
            return 0
        trial = laboratory.ask(Probe(cell=cell, repeat=0), prepared)
    observation = trial.observation
    wiring.say("its output:")
    click.echo(observation.stdout.text, nl=False)
    click.echo(observation.stderr.text, nl=False, err=True)
    outcome = classify(study.symptom, observation)
    wiring.say(f"{describe(outcome)} (rule {outcome.rule}; {observation.ending})")
    return 0


def _present(wiring: Wiring, last: Draft) -> Draft:
    """Give the study as its file says it now; one made of flags has no file and stays as it was."""
    if last.source == COMMAND_LINE:
        return last
    return find(last.source, Path.cwd(), wiring.results)


@contextmanager
def alone(wiring: Wiring, folder: Path) -> Iterator[None]:
    """Keep two runs of one study from doing the same work; the second waits for the first."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".run.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            wiring.say(f"another run of {folder.name} is going on; waiting for it to end")
            lock.acquire()
    except OSError as error:
        raise StorageError(
            f"cannot write to {folder}: {error.strerror}",
            remedy="make the folder writable, or name another one with --results",
        ) from error
    try:
        yield
    finally:
        lock.release()


def planned(
    wiring: Wiring, study: Study, choice: Choice, log: JsonLines, *, fresh: bool
) -> planning.Plan:
    """Give all cells of a study with what is stored of them.

    Raises:
        UsageError: No cell is left.

    """
    trials = () if fresh else log.trials()
    series = planning.enumerate_series(
        study, wiring.index, platform=choice.engine.platform, say=wiring.say
    )
    plan = planning.make(
        study, series, trials, fingerprint=fingerprint(study), engine=choice.engine.name
    )
    if not plan.cells:
        raise UsageError(
            f"{study.name}: no cell is left after include and exclude",
            remedy="'versect run --dry-run' shows the cells",
        )
    return plan
