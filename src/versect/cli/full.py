"""What ``versect run --full`` does: the table, then every sweep, then every search."""

from __future__ import annotations

from collections.abc import Iterator

import click

from versect.app.sweeps import Swept
from versect.cli import commands, searches, sweeping
from versect.cli.searches import Searched
from versect.cli.swept import showing
from versect.cli.wiring import Wiring
from versect.model.outcome import Outcome, Unresolved
from versect.report.bisection_words import headline
from versect.report.evidence import counted
from versect.report.sweep import line
from versect.select.shards import Shard
from versect.source.draft import Draft
from versect.store.jsonl import JsonLines


def run(  # noqa: PLR0913 - one argument an option
    wiring: Wiring,
    draft: Draft,
    *,
    engine: str,
    jobs: int,
    fresh: bool,
    shard: Shard | None,
) -> int:
    """Run all of a study; the same command goes on from wherever it was ended.

    A shard asks its part of the sweeps too; searches are left to the run of the whole.
    """
    study = draft.study()
    folder = wiring.results / study.name
    log = JsonLines(folder, study.name)
    since = len(log.trials()) if fresh else 0
    planned = sweeping.planned(wiring, draft, engine=engine, full=True, since=since)
    made = "" if shard else f", then {counted(len(study.searches), 'search', 'searches')}"
    wiring.say(f"{study.name}: its table, then {sweeping.extent(planned)}{made}")
    code, view = commands.ran(wiring, draft, engine=engine, jobs=jobs, fresh=fresh, shard=shard)
    swept = sweeping.sweeps(
        wiring, draft, engine=engine, jobs=jobs, full=True, since=since, shard=shard
    )
    if view is not None:
        view = showing(view, (one for one in swept if one.results))
        for sweep in view.sweeps:
            click.echo(line(sweep))
    lost = sum(map(_lost, (result for one in swept for result in _results(one))))
    if lost:
        words = f"{counted(lost, 'trial')} of sweeps could not be made"
        wiring.say(f"{words}; the same command makes up for it")
    if shard is None:
        for search in searches.made(
            wiring, draft, engine=engine, jobs=jobs, full=True, fresh=fresh
        ):
            click.echo(_words(search))
            lost += _unmade(search)
    if view is not None:
        commands.keep(wiring, folder, view)
    return code or (commands.INCONCLUSIVE if lost else 0)


def dry_run(wiring: Wiring, draft: Draft, *, engine: str, fresh: bool, shard: Shard | None) -> int:
    """Show what such a run would do, sweep by sweep."""
    study = draft.study()
    sweeping.say_left_out(wiring, study, full=True)
    code = commands.dry_run(wiring, draft, engine=engine, fresh=fresh, shard=shard)
    since = len(JsonLines(wiring.results / study.name, study.name).trials()) if fresh else 0
    planned = sweeping.planned(wiring, draft, engine=engine, full=True, since=since)
    for one in planned:
        every = len(one.cells) * one.sweep.repeats
        words = f"{counted(len(one.cells), 'cell')}, {counted(every, 'trial')}"
        click.echo(f"sweep {one.sweep.name}: {words}, {every - len(one.open)} known")
    for search in study.searches:
        click.echo(f"search {search.name}: {search.about}")
    return code


def _results(one: Swept) -> Iterator[Outcome]:
    return (outcome for found in one.results.values() for _, outcome in found)


def _lost(outcome: Outcome) -> bool:
    """Whether the harness's own means failed a trial."""
    return isinstance(outcome, Unresolved) and outcome.cause.infrastructure


def _unmade(one: Searched) -> bool:
    return one.view is None or any(_lost(step.outcome) for step in one.view.steps)


def _words(one: Searched) -> str:
    """Say a search in one line."""
    found = f"not made: {one.problem}" if one.view is None else headline(one.view)
    return f"{one.search.about} {found}"
