"""What every search is set up with: what it is asked, the study narrowed, the parts at work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from versect import __version__
from versect.app.bisect import Wanted
from versect.app.focus import Focus, focus
from versect.app.inquiry import Inquiry
from versect.app.laboratory import Laboratory
from versect.app.plan import answering, enumerate_series
from versect.app.run import run_id
from versect.cli.commands import alone
from versect.cli.wiring import Wiring, now
from versect.engine.interface import Engine
from versect.engine.select import Choice
from versect.errors import UsageError
from versect.model.environment import Environment, Lock
from versect.model.release import Series
from versect.model.study import Study
from versect.model.verdict import Question, Side, Step
from versect.report.write import write
from versect.select.line import PYTHON, Line, Order, of_interpreters, of_project
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.source.remember import NAME, document, place
from versect.store.jsonl import JsonLines


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options ask for."""

    projects: tuple[str, ...]
    wanted: Wanted
    flaky: bool
    confidence: float
    budget: int
    pre: bool
    yanked: bool
    rate: float | None = None
    """Under noise: the share of failing trials above which a release fails; None for the usual."""
    thinned: bool = False
    """Whether --every or --limit thin out what is searched."""
    engine: str
    jobs: int
    fresh: bool
    dry_run: bool
    as_json: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Request:
        """Read the options of the command line."""
        question = Question.FIRST_PASSING if options["find_fix"] else Question.FIRST_FAILING
        projects = tuple(n if n == PYTHON else canonicalize_name(n) for n in options["projects"])
        twice = [name for name in projects if projects.count(name) > 1]
        if twice:
            raise UsageError(f"--project {twice[0]} is given twice", remedy="name each one once")
        same = ("flaky", "confidence", "budget", "pre", "yanked", "engine", "jobs", "fresh")
        return cls(
            projects=projects,
            wanted=Wanted(
                good=options["good"],
                bad=options["bad"],
                question=question,
                order=Order(options["order"]),
                confirm=options["confirm"],
                checks=options["checks"],
                scan=options["scan"],
            ),
            rate=options.get("rate"),
            thinned=bool(options.get("every") or options.get("limit")),
            dry_run=options["dry_run"],
            as_json=options["as_json"],
            **{name: options[name] for name in same},
        )

    @classmethod
    def plain(  # noqa: PLR0913 - what callers of their own accord decide
        cls,
        *projects: str,
        good: str | None = None,
        bad: str | None = None,
        budget: int,
        engine: str,
        jobs: int,
        fresh: bool = False,
    ) -> Request:
        """Give the request of a search that no command line spelled out, else as by default."""
        return cls(
            projects=projects,
            wanted=Wanted(
                good=good,
                bad=bad,
                question=Question.FIRST_FAILING,
                order=Order.VERSION,
                confirm=1,
                checks=0,
                scan=False,
            ),
            flaky=False,
            confidence=0.95,
            budget=budget,
            pre=False,
            yanked=False,
            engine=engine,
            jobs=jobs,
            fresh=fresh,
            dry_run=False,
            as_json=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a search works with."""

    wiring: Wiring
    focus: Focus
    choice: Choice
    inquiry: Inquiry
    laboratory: Laboratory
    folder: Path
    """Of the study's results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A study narrowed to what is searched, and where it will run."""

    draft: Draft
    focus: Focus
    choice: Choice
    projects: tuple[str, ...]


def prepare(
    wiring: Wiring, draft: Draft, request: Request, searched: tuple[str, ...] | None = None
) -> Prepared:
    """Narrow a study to what is searched, saying what is held still.

    Args:
        wiring: The parts.
        draft: The study.
        request: What the options ask for.
        searched: Axes that are searched; None for those of the request.

    Raises:
        UsageError: No project is named and the study has several, or an end is unknown.

    """
    study = draft.study()
    projects = request.projects or (_only_project(study),) if searched is None else searched
    narrowed = focus(
        study, projects, pre=request.pre, yanked=request.yanked, thinned=request.thinned
    )
    choice = wiring.choose(request.engine)
    wiring.say(f"{study.name}: engine {choice.engine.name} ({choice.reason}), -j {request.jobs}")
    for note in narrowed.notes:
        wiring.say(f"note: {note}")
    return Prepared(
        draft=focused(draft, narrowed.study), focus=narrowed, choice=choice, projects=projects
    )


def focused(draft: Draft, study: Study) -> Draft:
    """Give the draft of a study whose axes were held still, so that it can be remembered."""
    projects = {}
    for axis in study.projects:
        extras = f"[{','.join(sorted(axis.extras))}]" if axis.extras else ""
        projects[f"{axis.project}{extras}"] = {
            "versions": [str(choice) for choice in axis.choices]
            if len(axis.choices) > 1
            else str(axis.choices[0]),
            "every": str(axis.every),
            **({"limit": axis.limit} if axis.limit else {}),
            "pre": axis.pre,
            "yanked": axis.yanked,
        }
    requires = [str(requirement) for requirement in study.requirements]
    kept = {key: value for key, value in draft.table.items() if key not in {"sweeps", "searches"}}
    table = {**kept, "projects": projects, "requires": requires}
    if study.needs:
        table["needs"] = list(_written(study))
    return replace(draft, table=table)


def _written(study: Study) -> Iterator[dict[str, Any]]:
    """Give needs as a study writes them, as far as they speak of what it still varies."""
    values = {axis.name: axis.values for axis in study.parameters}
    axes = {PYTHON, *values, *(axis.project for axis in study.projects)}
    for need in study.needs:
        where: dict[str, Any] = {
            name: [one for one in allowed if one in values.get(name, {one})]
            if isinstance(allowed, tuple)
            else str(allowed)
            for name, allowed in need.where.conditions
        }
        if where and axes >= where.keys() and [] not in where.values() and need.requirements:
            yield {"where": where, "requires": [str(one) for one in need.requirements]}


def line_of(wiring: Wiring, narrowed: Focus, choice: Choice, axis: str, order: Order) -> Line:
    """Give the series of an axis.

    Raises:
        UsageError: Fewer than two releases are left.

    """
    if axis == PYTHON:
        named = narrowed.study.pythons
        pythons = named if len(named) > 1 else wiring.pythons()
        line = of_interpreters(narrowed.study, narrowed.cell, pythons)
    else:
        study = replace(narrowed.study, pythons=(narrowed.cell.pins.python,))
        every = enumerate_series(
            study, wiring.index, platform=choice.engine.platform, say=wiring.say
        )
        found = every[narrowed.cell.pins.python, canonicalize_name(axis)]
        check_picked(narrowed, found)
        line = of_project(study, narrowed.cell, found, order)
    if len(line.cells) < 2:
        raise UsageError(
            f"{len(line.cells)} release of {axis} is left; a search needs two",
            remedy=f"widen --axis {axis}=..., or see 'versect releases {axis}'",
        )
    return line


def check_picked(narrowed: Focus, series: Series) -> None:
    """See to it that releases which the study names exist, though others are searched too.

    Raises:
        UsageError: The index has none of that name.

    """
    known = {release.version for release in series.releases} | {d.version for d in series.dropped}
    for project, version in narrowed.picked:
        if project == series.project and version not in known:
            raise UsageError(
                f"{project} has no release {version}, which the study or --axis names",
                remedy=f"'versect releases {project}' lists them",
            )


@contextmanager
def tools_for(wiring: Wiring, ready: Prepared, request: Request) -> Iterator[Tools]:
    """Give what a search works with; on the way out nothing is left running."""
    study, engine = ready.draft.study(), ready.choice.engine
    folder = wiring.results / study.name
    with alone(wiring, folder):
        log = JsonLines(folder, study.name)
        digest = fingerprint(study)
        stored = () if request.fresh else log.trials()
        write(place(folder, digest), document(ready.draft))
        if not (folder / NAME).exists():
            write(folder / NAME, document(ready.draft))
        progress = wiring.steps()
        executor = ThreadPoolExecutor(request.jobs, thread_name_prefix="versect-trial")
        with wiring.laboratory(study, {}, engine, run_id(now())) as laboratory:
            inquiry = Inquiry(
                laboratory,
                log,
                study.symptom,
                stored=answering(stored, fingerprint=digest, engine=engine.name),
                progress=progress,
                executor=executor,
                jobs=request.jobs,
            )
            try:
                yield Tools(
                    wiring=wiring,
                    focus=ready.focus,
                    choice=ready.choice,
                    inquiry=inquiry,
                    laboratory=laboratory,
                    folder=folder,
                )
            except BaseException:
                wiring.processes.cancel()  # nobody waits for environments that are being made
                raise
            finally:
                progress.close()
                inquiry.close()
                engine.cancel()
                executor.shutdown(wait=True, cancel_futures=True)


def side(tools: Tools, step: Step | None) -> Side | None:
    """Give one side of a boundary with its lock and the command that repeats it."""
    if step is None:
        return None
    cell = step.trial.probe.cell
    prepared = tools.laboratory.prepared(cell.pins).result()
    lock = prepared.lock.text if isinstance(prepared.lock, Lock) else ""
    command: tuple[str, ...] = ()
    if isinstance(prepared.environment, Environment):
        engine: Engine = tools.choice.engine
        command = engine.command(tools.laboratory.job(cell, prepared.environment))
    return Side(step=step, lock=lock, command=command)


def made() -> str:
    """Say by what and when something was made."""
    return f"made by versect {__version__}, {now().isoformat(timespec='seconds')}"


def _only_project(study: Study) -> str:
    if len(study.projects) == 1:
        return study.projects[0].project
    known = [str(axis.project) for axis in study.projects]
    known += [canonicalize_name(r.name) for r in study.requirements]
    raise UsageError(
        "which project's releases are searched?",
        remedy=f"name it with --project; the study has {', '.join(known) or 'none'}",
    )
