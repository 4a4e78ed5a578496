"""A study's sweeps and searches: asked where they are open, or as the record has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from versect.app import sweeps as sweeping
from versect.app.run import run_id, run_probes
from versect.app.sweeps import Swept
from versect.app.trace import untraced
from versect.cli.commands import alone
from versect.cli.wiring import Wiring, now
from versect.engine.select import Choice
from versect.model.study import Study
from versect.model.trial import NotRun, Probe
from versect.report.evidence import counted
from versect.report.write import write
from versect.select.shards import Shard, part
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.source.remember import document, place
from versect.store.interface import TrialLog
from versect.store.jsonl import JsonLines
from versect.store.memory import MemoryLog


def sweeps(  # noqa: PLR0913 - the parts, what is asked, and how
    wiring: Wiring,
    draft: Draft,
    *,
    engine: str,
    jobs: int,
    full: bool,
    since: int = 0,
    shard: Shard | None = None,
) -> tuple[Swept, ...]:
    """Ask what the sweeps of a study have open, and give each with every trial of its cells.

    Trials that were made before are not made again, those of the table and of other sweeps
    included. Ctrl-C keeps every finished one. Not to be called by whoever is ``alone``.

    Args:
        wiring: The parts.
        draft: The study.
        engine: The name of the engine.
        jobs: How many trials are made at once.
        full: Whether the sweeps of a full run are asked too; without it they are not given either.
        since: How many of the first stored trials do not count.
        shard: Only this part of the cells of all sweeps is asked.

    """
    study = draft.study()
    say_left_out(wiring, study, full=full)
    if not any(sweeping.taking_part(study, full=full)):
        return ()
    choice = wiring.choose(engine)
    with alone(wiring, wiring.results / study.name):
        write(place(wiring.results / study.name, fingerprint(study)), document(draft))
        before = _planned(wiring, study, choice, full=full)
        for one in before:
            if not one.cells:
                name = one.sweep.name
                wiring.say(f"sweep {name} is not asked: include and exclude leave no cell of it")
        known = _answered(wiring, study, choice, before, since)
        probes = _mine(before, sweeping.questions(known), shard)
        again = () if shard else _untraced(wiring, study, known, probes)
        here = f" here, on shard {shard}" if shard else ""
        wiring.say(f"{extent(known)}; {len(probes)} to make{here}")
        if again:
            wiring.say(f"{counted(len(again), 'cell')} to trace once more, for want of a timeline")
        if not probes and not again:
            return known
        _ask(wiring, study, choice, before, (probes, again), jobs)
        return _answered(wiring, study, choice, before, since)


def planned(
    wiring: Wiring,
    draft: Draft,
    *,
    engine: str,
    full: bool,
    since: int = 0,
) -> tuple[Swept, ...]:
    """Give what ``sweeps`` would give before anything is asked."""
    study = draft.study()
    if not any(sweeping.taking_part(study, full=full)):
        return ()
    choice = wiring.choose(engine)
    cells = _planned(wiring, study, choice, full=full)
    return _answered(wiring, study, choice, cells, since)


def _planned(wiring: Wiring, study: Study, choice: Choice, *, full: bool) -> tuple[Swept, ...]:
    return sweeping.planned(
        sweeping.taking_part(study, full=full),
        wiring.index,
        platform=choice.engine.platform,
        say=wiring.say,
    )


def _answered(
    wiring: Wiring, study: Study, choice: Choice, planned: Sequence[Swept], since: int
) -> tuple[Swept, ...]:
    return sweeping.with_trials(
        planned,
        JsonLines(wiring.results / study.name, study.name).trials()[since:],
        study.symptom,
        fingerprint=fingerprint(study),
        engine=choice.engine.name,
    )


def _mine(
    planned: Sequence[Swept], probes: tuple[Probe, ...], shard: Shard | None
) -> tuple[Probe, ...]:
    """Give the questions about cells of a shard."""
    if shard is None:
        return probes
    every = tuple(dict.fromkeys(cell for one in planned for cell in one.cells))
    mine = {cell.id for cell in part(every, shard)}
    return tuple(probe for probe in probes if probe.cell.id in mine)


def _untraced(
    wiring: Wiring, study: Study, known: Sequence[Swept], probes: Collection[Probe]
) -> tuple[Probe, ...]:
    """Give what must be asked again for its timeline alone: a known trial was made without one."""
    ran = {
        cell.id: cell
        for one in known
        if one.sweep.trace
        for cell in one.cells
        for trial, _ in one.results.get(cell.id, ())[:1]
        if not isinstance(trial.observation.ending, NotRun)
    }
    asked = {probe.cell.id for probe in probes}
    folder = wiring.results / study.name
    cells = untraced(tuple(ran.values()), folder, fingerprint(study))
    return tuple(Probe(cell=cell, repeat=0) for cell in cells if cell.id not in asked)


def _ask(  # noqa: PLR0913, PLR0917 - the parts, what is asked, and with how many hands
    wiring: Wiring,
    study: Study,
    choice: Choice,
    planned: Sequence[Swept],
    probes: tuple[tuple[Probe, ...], tuple[Probe, ...]],
    jobs: int,
) -> None:
    """Ask questions: the first ones for the record, the others for their timelines alone."""
    progress = wiring.progress()
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="versect-cell")
    releases = {pin: release for one in planned for pin, release in one.releases.items()}
    record = JsonLines(wiring.results / study.name, study.name)
    logs: tuple[TrialLog, TrialLog] = (record, MemoryLog())
    traced = {cell.id for one in planned if one.sweep.trace for cell in one.cells}
    try:
        progress.planned(tuple(probe.cell for some in probes for probe in some), 0)
        with wiring.laboratory(
            study,
            releases,
            choice.engine,
            run_id(now()),
            traced=lambda cell: cell.id in traced,
        ) as laboratory:
            for some, log in zip(probes, logs, strict=True):
                run_probes(
                    some,
                    study.symptom,
                    laboratory=laboratory,
                    log=log,
                    progress=progress,
                    executor=executor,
                    jobs=jobs,
                )
    finally:
        progress.close()
        executor.shutdown(wait=True, cancel_futures=True)


def say_left_out(wiring: Wiring, study: Study, *, full: bool) -> None:
    """Say which sweeps are not asked, and why."""
    for sweep in study.sweeps:
        if not sweep.study.pythons:
            wiring.say(f"sweep {sweep.name} is not asked: it has none of the interpreters chosen")
    left = [sweep.name for sweep in study.sweeps if sweep.full and not full]
    if left:
        wiring.say(f"asked with --full only: {', '.join(left)}")


def extent(planned: Sequence[Swept]) -> str:
    """Say how much there is: ``3 sweeps: 18 trials, 2 known``; a trial that several want is one."""
    every = {(c.id, n) for one in planned for c in one.cells for n in range(one.sweep.repeats)}
    known = len(every) - len(sweeping.questions(planned))
    return f"{counted(len(planned), 'sweep')}: {counted(len(every), 'trial')}, {known} known"
