"""What ``versect bisect`` does, in order; each step is somebody else's."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from packaging.utils import canonicalize_name

from versect import __version__
from versect.app import bisect as bisecting
from versect.app.bisect import Finding, Wanted
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
from versect.model.study import Study
from versect.model.verdict import Question, Side, Step
from versect.report import bisection_json, bisection_markdown
from versect.report.bisection import BisectionView, advice, headline, sentences
from versect.report.write import write
from versect.search.cost import cost
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
    engine: str
    jobs: int
    fresh: bool
    dry_run: bool
    as_json: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Request:
        """Read the options of the command line."""
        question = Question.FIRST_PASSING if options["find_fix"] else Question.FIRST_FAILING
        same = ("flaky", "confidence", "budget", "pre", "yanked", "engine", "jobs", "fresh")
        return cls(
            projects=tuple(
                name if name == PYTHON else canonicalize_name(name) for name in options["projects"]
            ),
            wanted=Wanted(
                good=options["good"],
                bad=options["bad"],
                question=question,
                order=Order(options["order"]),
                confirm=options["confirm"],
                checks=options["checks"],
                scan=options["scan"],
            ),
            dry_run=options["dry_run"],
            as_json=options["as_json"],
            **{name: options[name] for name in same},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a search works with."""

    wiring: Wiring
    focus: Focus
    choice: Choice
    inquiry: Inquiry
    laboratory: Laboratory
    folder: Path


def bisect(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Bisect a study; see ``versect bisect``."""
    draft = with_python(draft, wiring)
    study = draft.study()
    projects = request.projects or (_only_project(study),)
    narrowed = focus(study, projects, pre=request.pre, yanked=request.yanked)
    draft = focused(draft, narrowed.study)
    choice = wiring.choose(request.engine)
    wiring.say(f"{study.name}: engine {choice.engine.name} ({choice.reason}), -j {request.jobs}")
    for note in narrowed.notes:
        wiring.say(f"held still: {note}")
    line = line_of(wiring, narrowed, choice, projects[0], request.wanted.order)
    if request.dry_run:
        return _dry_run(wiring, narrowed.study, line, request, choice)
    with bench(wiring, draft, narrowed, choice, request) as tools:
        found = _search(tools, line, request)
        view = _view(tools, line, found, request)
    return publish(wiring, tools.folder / "bisect" / _name(line, request), view, request)


def with_python(draft: Draft, wiring: Wiring) -> Draft:
    """Give a study that names no interpreter the one that runs versect."""
    if draft.table.get("python"):
        return draft
    mine = f"3.{sys.version_info.minor}"
    wiring.say(f"Python {mine}, as versect itself; choose with --python")
    return replace(draft, table={**draft.table, "python": [mine]})


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
    table = {**draft.table, "projects": projects, "requires": requires}
    return replace(draft, table=table)


def line_of(wiring: Wiring, narrowed: Focus, choice: Choice, axis: str, order: Order) -> Line:
    """Give the series of an axis.

    Raises:
        UsageError: Fewer than two releases are left.

    """
    if axis == PYTHON:
        named = narrowed.study.pythons
        pythons = named if len(named) > 1 else wiring.pythons()
        line = of_interpreters(narrowed.cell, pythons)
    else:
        study = replace(narrowed.study, pythons=(narrowed.cell.pins.python,))
        every = enumerate_series(
            study, wiring.index, platform=choice.engine.platform, say=wiring.say
        )
        found = every[narrowed.cell.pins.python, canonicalize_name(axis)]
        line = of_project(study, narrowed.cell, found, order)
    if len(line.cells) < 2:
        raise UsageError(
            f"{len(line.cells)} release of {axis} is left; a search needs two",
            remedy=f"widen --axis {axis}=..., or see 'versect releases {axis}'",
        )
    return line


@contextmanager
def bench(
    wiring: Wiring, draft: Draft, narrowed: Focus, choice: Choice, request: Request
) -> Iterator[Bench]:
    """Give what a search works with; on the way out nothing is left running."""
    study = draft.study()
    folder = wiring.results / study.name
    with alone(wiring, folder):
        log = JsonLines(folder, study.name)
        digest = fingerprint(study)
        stored = () if request.fresh else log.trials()
        write(place(folder, digest), document(draft))
        if not (folder / NAME).exists():
            write(folder / NAME, document(draft))
        progress = wiring.steps()
        executor = ThreadPoolExecutor(request.jobs, thread_name_prefix="versect-trial")
        with wiring.laboratory(study, {}, choice.engine, run_id(now())) as laboratory:
            inquiry = Inquiry(
                laboratory,
                log,
                study.symptom,
                stored=answering(stored, fingerprint=digest, engine=choice.engine.name),
                progress=progress,
                executor=executor,
                jobs=request.jobs,
            )
            try:
                yield Bench(
                    wiring=wiring,
                    focus=narrowed,
                    choice=choice,
                    inquiry=inquiry,
                    laboratory=laboratory,
                    folder=folder,
                )
            finally:
                progress.close()
                inquiry.close()
                choice.engine.cancel()
                executor.shutdown(wait=True, cancel_futures=True)


def side(tools: Bench, step: Step | None) -> Side | None:
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


def publish(wiring: Wiring, folder: Path, view: BisectionView, request: Request) -> int:
    """Write a verdict in all formats and say it."""
    made = f"made by versect {__version__}, {now().isoformat(timespec='seconds')}"
    text = bisection_json.document(view, made=made)
    write(folder / "verdict.json", text)
    write(folder / "verdict.md", bisection_markdown.document(view, made=made))
    first = request.wanted.question is Question.FIRST_FAILING
    names = ("last-passing", "first-failing") if first else ("last-failing", "first-passing")
    for name, one in zip(names, (view.before, view.after), strict=True):
        if one is not None and one.lock:
            write(folder / f"pylock.{name}.toml", one.lock)
    if request.as_json:
        click.echo(text, nl=False)
    else:
        click.echo(headline(view))
        for sentence in sentences(view):
            click.echo(f"  {sentence}")
    if advice(view):
        wiring.say(f"hint: {advice(view)}")
    wiring.say(f"{len(view.steps)} trials, {view.made} made now; written: {folder / 'verdict.md'}")
    return view.history.kind.exit_code


def _search(tools: Bench, line: Line, request: Request) -> Finding:
    plan = bisecting.plan_of(line, request.wanted)
    return bisecting.bisect(line, plan, request.wanted, tools.inquiry)


def _view(tools: Bench, line: Line, found: Finding, request: Request) -> BisectionView:
    study = tools.focus.study
    cell = tools.focus.cell
    return BisectionView(
        study=study.name,
        symptom=study.symptom,
        question=request.wanted.question,
        line=line,
        fixed=cell.id,
        history=found.history,
        steps=tuple(tools.inquiry.steps),
        made=tools.inquiry.made,
        before=side(tools, found.before),
        after=side(tools, found.after),
        faces=found.faces,
        changes=found.changes,
        counterfactuals=found.counterfactuals,
        noise=None,
        notes=tools.focus.notes,
    )


def _only_project(study: Study) -> str:
    if len(study.projects) == 1:
        return study.projects[0].project
    known = [str(axis.project) for axis in study.projects]
    known += [canonicalize_name(r.name) for r in study.requirements]
    raise UsageError(
        "which project's releases are searched?",
        remedy=f"name it with --project; the study has {', '.join(known) or 'none'}",
    )


def _dry_run(wiring: Wiring, study: Study, line: Line, request: Request, choice: Choice) -> int:
    """Say what a search would take."""
    plan = bisecting.plan_of(line, request.wanted)
    log = JsonLines(wiring.results / study.name, study.name)
    stored = () if request.fresh else log.trials()
    lens = bisecting.lens_of(request.wanted.question)
    known = bisecting.known_answers(
        line,
        answering(stored, fingerprint=fingerprint(study), engine=choice.engine.name),
        study.symptom,
        lens,
    )
    took = cost(plan, known)
    click.echo(f"{line.axis}: {len(line.names)} releases, {line.names[0]} to {line.names[-1]}")
    click.echo(f"known: {len(known)} of them")
    click.echo(f"trials: at most {took.worst}, {took.expected:.1f} on average,")
    click.echo("        if no release is unresolved, the failure is no flake and has no window;")
    click.echo("        2 more where other packages change with the culprit")
    return 0


def _name(line: Line, request: Request) -> str:
    fix = "" if request.wanted.question is Question.FIRST_FAILING else "-fix"
    return f"{line.axis}{fix}"
