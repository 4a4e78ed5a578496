"""What ``versect bisect`` does, in order; each step is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from versect.app import bisect as bisecting
from versect.app.bisect import Finding
from versect.app.inquiry import Inquiry
from versect.app.plan import answering
from versect.app.repeats import telling
from versect.cli import publishing
from versect.cli.searching import Prepared, Request, Tools, line_of, made, prepare, side, tools_for
from versect.cli.wiring import Wiring
from versect.errors import UsageError
from versect.model.cell import Cell
from versect.model.outcome import Cause, Passed
from versect.model.trial import NotRun
from versect.model.verdict import Question
from versect.report import bisection_json, bisection_markdown
from versect.report.bisection import BisectionView, Noise
from versect.report.bisection_words import advice, headline, sentences
from versect.report.evidence import counted
from versect.report.summary import of_bisection
from versect.search.cost import cost
from versect.search.history import Plan
from versect.select.line import DATE, PYTHON, Line
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.store.jsonl import JsonLines

if TYPE_CHECKING:
    from versect.search.bayes import Estimate  # numpy and scipy are loaded where they are needed

_RATES: Final = (0.9, 0.5, 0.2, 0.1)
"""Rates of failure for which a search under noise says what it would take."""
_LIKELIEST: Final = 12
"""Releases whose probability is shown."""
_LOCKS: Final = tuple(
    f"pylock.{w}-{d}.toml" for w in ("last", "first") for d in ("passing", "failing")
)


def bisect(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Bisect a study; see ``versect bisect``."""
    ready = prepare(wiring, draft, request)
    line = line_of(wiring, ready.focus, ready.choice, ready.projects[0], request.wanted.order)
    if request.dry_run:
        return _dry_run(wiring, ready, line, request)
    with tools_for(wiring, ready, request) as tools:
        _, view = examined(tools, line, request)
        return publish(tools, view, request)


def plan_for(line: Line, request: Request) -> Plan:
    """Give the search that a request asks for; of days, between the two that are the ends."""
    wanted = request.wanted
    if line.axis == DATE:
        wanted = replace(wanted, good=line.names[0], bad=line.names[-1])
    return bisecting.plan_of(line, wanted)


def search(tools: Tools, line: Line, request: Request) -> Finding:
    """Run the search that a request asks for.

    Raises:
        UsageError: The reproduction's program is in neither end's environment.

    """
    plan = plan_for(line, request)
    _check_start(line, plan, tools.inquiry)
    return bisecting.bisect(line, plan, request.wanted, tools.inquiry)


def examined(tools: Tools, line: Line, request: Request) -> tuple[Finding, BisectionView]:
    """Search a series in the way that a request asks for, and give what is shown of it."""
    if request.flaky:
        return _noisy(tools, line, request)
    found = search(tools, line, request)
    line, found = bisecting.line_by_line(line, found, request.wanted, tools.inquiry)
    return found, view_of(tools, line, found, request)


def _noisy(tools: Tools, line: Line, request: Request) -> tuple[Finding, BisectionView]:
    """Search a failure that comes by chance."""
    from versect.app import noise

    plan = plan_for(line, request)
    _check_start(line, plan, tools.inquiry)
    found = noise.bisect(
        line,
        plan,
        request.wanted,
        tools.inquiry,
        confidence=request.confidence,
        budget=request.budget,
        rate=request.rate,
    )
    point = found.point
    names = (*line.names, f"none up to {line.names[-1]}")
    likely = sorted(range(len(names)), key=lambda place: (-point.posterior[place], place))
    odds = Noise(
        posterior=tuple((names[place], point.posterior[place]) for place in likely[:_LIKELIEST]),
        confidence=request.confidence,
        mass=point.mass,
        before=_rate(point.before),
        after=_rate(point.after),
        trials=point.trials,
        assumptions=point.assumptions,
    )
    view = view_of(tools, line, found.finding, request)
    return found.finding, replace(view, noise=odds)


def _rate(estimate: Estimate | None) -> tuple[float, float, float] | None:
    return None if estimate is None else (estimate.mean, estimate.low, estimate.high)


def view_of(tools: Tools, line: Line, found: Finding, request: Request) -> BisectionView:
    """Give what is shown of a finding."""
    study, plan = tools.focus.study, plan_for(line, request)
    return BisectionView(
        study=study.name,
        symptom=study.symptom,
        question=request.wanted.question,
        line=line,
        good=plan.good,
        bad=plan.bad,
        fixed=_fixed(tools.focus.cell, line),
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


def _fixed(cell: Cell, line: Line) -> str:
    """Give what is the same in all trials of a search; empty for nothing."""
    return cell.id.partition("-")[2] if line.axis == PYTHON else cell.id


def folder_of(tools: Tools, view: BisectionView) -> Path:
    """Give the folder of a verdict."""
    fix = "" if view.question is Question.FIRST_FAILING else "-fix"
    return tools.folder / "bisect" / f"{view.line.axis}{fix}"


def publish(tools: Tools, view: BisectionView, request: Request, *, aside: bool = False) -> int:
    """Write a verdict in all formats and say it; ``aside`` on standard error only."""
    publishing.publish(
        tools.wiring,
        folder_of(tools, view),
        finding_of(view),
        as_json=request.as_json,
        aside=aside,
    )
    return view.kind.exit_code


def finding_of(view: BisectionView) -> publishing.Finding:
    """Give a verdict in all formats, with the locks of both sides."""
    return publishing.Finding(
        name="verdict",
        document=bisection_json.document(view, made=made()),
        markdown=bisection_markdown.document(view, made=made()),
        beside={**dict.fromkeys(_LOCKS, ""), **dict(_locks(view))},
        headline=headline(view),
        sentences=tuple(sentences(view)),
        advice=advice(view),
        diff="",
        trials=f"{counted(len(view.steps), 'trial')}, {view.made} made now",
        summary=lambda room: of_bisection(view, room=room),
    )


def _locks(view: BisectionView) -> Iterator[tuple[str, str]]:
    for which, one in (("last", view.before), ("first", view.after)):
        if one is not None:
            does = "passing" if isinstance(one.step.outcome, Passed) else "failing"
            yield f"pylock.{which}-{does}.toml", one.lock


def _check_start(line: Line, plan: Plan, inquiry: Inquiry) -> None:
    """Refuse what cannot be started at either end: no release is to blame for that."""
    ends = (plan.size - 1 if plan.bad is None else plan.bad, plan.good or 0)
    reasons = []
    for end in ends:
        ending = inquiry.result(line.cells[end])[0].observation.ending
        if not (isinstance(ending, NotRun) and ending.cause in _REMEDIES):
            return
        reasons.append(ending)
    raise UsageError(reasons[0].detail, remedy=_REMEDIES[reasons[0].cause])


_REMEDIES: Final = {
    Cause.NOT_STARTED: "check the command; a program that a package brings needs --require PACKAGE",
    Cause.INTERPRETER_MISSING: "choose another one with --python",
}


def _dry_run(wiring: Wiring, ready: Prepared, line: Line, request: Request) -> int:
    """Say what a search would take."""
    study = ready.focus.study
    log = JsonLines(wiring.results / study.name, study.name)
    stored = () if request.fresh else log.trials()
    known = bisecting.known_answers(
        line,
        answering(stored, fingerprint=fingerprint(study), engine=ready.choice.engine.name),
        study.symptom,
        bisecting.lens_of(request.wanted.question),
    )
    took = cost(plan_for(line, request), known)
    click.echo(
        f"{line.axis}: {counted(len(line.names), 'release')}, {line.names[0]} to {line.names[-1]}"
    )
    click.echo(f"known: {len({ask.point for ask in known})} of them")
    if request.flaky:
        click.echo(f"trials: at most {request.budget} (--budget); a search asks about ", nl=False)
        click.echo(f"{took.expected:.0f} places, each until it is told:")
        for rate in _RATES:
            trials = f"about {telling(rate, request.confidence):.0f} trials each"
            click.echo(f"        {trials} where a failing release fails in {rate:.0%} of them")
        return 0
    click.echo(f"trials: at most {took.worst}, {took.expected:.1f} on average,")
    click.echo("        if no release is unresolved and the failure is no flake and no window;")
    click.echo("        2 more where other packages change with the culprit")
    return 0
