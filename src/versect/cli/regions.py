"""What ``versect bisect`` does with several projects, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from versect.app.counterfactual import lock_changes
from versect.app.plan import enumerate_series
from versect.app.region import Plane, edge, region, usable
from versect.cli import bisecting, publishing, searching
from versect.cli.searching import Prepared, Request, Tools, check_picked
from versect.cli.wiring import Wiring
from versect.errors import UsageError
from versect.model.verdict import Change, Question, Side
from versect.report import region as report
from versect.report.evidence import counted
from versect.report.region import RegionView
from versect.report.summary import of_region
from versect.search.history import Kind
from versect.search.region import Region
from versect.select.line import PYTHON
from versect.source.draft import Draft
from versect.source.flags import bare_name

_SIDES: Final = {"A combination that passes": "passing", "One that fails": "failing"}
"""Titles of what is shown, and what their locks are called."""


def bisect(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Search several projects: each alone first, then the region that they share."""
    if PYTHON in request.projects:
        raise UsageError(
            "interpreters are searched alone",
            remedy="fix one with --python, or search --project python alone",
        )
    if request.wanted.question is Question.FIRST_PASSING or request.flaky:
        raise UsageError(
            "--find-fix and --flaky search one project",
            remedy="name one --project, and pin the others with --axis NAME=VERSION",
        )
    oldest: dict[str, str] = {}
    if not (request.wanted.good or request.wanted.bad or request.dry_run):
        for project in request.projects:
            wiring.say(f"{project} alone, the others as they were then:")
            kind, oldest[project] = _alone(wiring, draft, request, project)
            if kind is Kind.FOUND:
                wiring.say(f"{project} alone explains it")
                return kind.exit_code
        wiring.say(f"none of them alone explains it; {' and '.join(request.projects)} together:")
    ready = searching.prepare(wiring, draft, request)
    plane, notes = _plane(wiring, ready, oldest)
    for note in notes:
        wiring.say(note)
    if request.dry_run:
        return _dry_run(plane)
    bad = plane.point(_named(request.wanted.bad, "--bad"), "--bad", end=-1)
    good = plane.point(_named(request.wanted.good, "--good"), "--good", end=0)
    checks = max(2, request.wanted.checks)
    with searching.tools_for(wiring, ready, request) as tools:
        found = region(plane, tools.inquiry, good=good, bad=bad, checks=checks)
        study, shown = tools.focus.study, tuple(_shown(tools, plane, found))
        view = RegionView(
            study=study.name,
            symptom=study.symptom,
            names=tuple(map(str, plane.names)),
            versions=plane.versions,
            region=found,
            shown=shown,
            changes=_beside(plane, [side for _, side in shown]),
            steps=tuple(tools.inquiry.steps),
            made=tools.inquiry.made,
            notes=(*tools.focus.notes, *notes),
        )
        return _publish(tools, view, request)


def _alone(wiring: Wiring, draft: Draft, request: Request, project: str) -> tuple[Kind, str]:
    """Bisect one project with the others left to the resolver.

    Returns:
        The verdict, and the oldest release that can be decided.

    """
    alone = replace(request, projects=(project,))
    required = {bare_name(written) for written in draft.table.get("projects", {})}
    required |= {canonicalize_name(Requirement(r).name) for r in draft.table.get("requires", ())}
    others = [name for name in request.projects if name != project and name not in required]
    requires = [*draft.table.get("requires", ()), *others]
    draft = replace(draft, table={**draft.table, "requires": requires})
    ready = searching.prepare(wiring, draft, alone)
    line = searching.line_of(wiring, ready.focus, ready.choice, project, request.wanted.order)
    with searching.tools_for(wiring, ready, alone) as tools:
        found = bisecting.search(tools, line, alone)
        view = bisecting.view_of(tools, line, found, alone)
        aside = request.as_json and found.history.kind is not Kind.FOUND
        bisecting.publish(tools, view, alone, aside=aside)
        return found.history.kind, line.names[usable(line, found.history, tools.inquiry)]


def _shown(tools: Tools, plane: Plane, found: Region) -> Iterator[tuple[str, Side]]:
    cells = edge(plane, found)
    for title, cell in zip(_SIDES, cells or (), strict=False):
        one = searching.side(tools, tools.inquiry.note(cell))
        if one is not None:
            yield title, one


def _beside(plane: Plane, sides: Sequence[Side]) -> tuple[Change, ...]:
    """Give what two sides hold differently beside the projects searched."""
    if len(sides) < 2:
        return ()
    every = lock_changes(*(side.step.trial for side in sides), but="")
    return tuple(change for change in every if change.project not in plane.names)


def _plane(
    wiring: Wiring, ready: Prepared, oldest: Mapping[str, str]
) -> tuple[Plane, tuple[str, ...]]:
    """Give what is searched, from the oldest release of each that can be decided, and say so."""
    cell = ready.focus.cell
    study = replace(ready.focus.study, pythons=(cell.pins.python,))
    platform = ready.choice.engine.platform
    every = enumerate_series(study, wiring.index, platform=platform, say=wiring.say)
    names = tuple(canonicalize_name(name) for name in ready.projects)
    series = []
    notes = []
    for name in names:
        check_picked(ready.focus, every[cell.pins.python, name])
        versions = [release.version for release in every[cell.pins.python, name].releases]
        start = Version(oldest.get(name, str(versions[0])))
        series.append(tuple(version for version in versions if version >= start))
        if start > versions[0]:
            notes.append(f"{name} is searched from {start} on: older ones cannot be decided alone")
    plane = Plane(study=study, base=cell, names=names, versions=tuple(series))
    return plane, tuple(notes)


def _named(text: str | None, flag: str) -> dict[str, str]:
    """Read ``openai=1.55.2,httpx=0.28.1``."""
    pairs = [part.partition("=") for part in text.split(",")] if text else []
    if not all(name.strip() and equals and value for name, equals, value in pairs):
        raise UsageError(
            f"{flag}: {text!r} does not say which project's release it is",
            remedy=f"write {flag} NAME=RELEASE,NAME=RELEASE",
        )
    return {canonicalize_name(name.strip()): value.strip("= ") for name, _, value in pairs}


def _dry_run(plane: Plane) -> int:
    sizes = " x ".join(
        f"{name} {size}" for name, size in zip(plane.names, plane.sizes, strict=True)
    )
    logs = sum(size.bit_length() for size in plane.sizes)
    click.echo(f"{sizes} releases")
    click.echo(
        f"trials: about {4 + logs} for a region with one corner, at most {4 + sum(plane.sizes)}"
    )
    return 0


def _publish(tools: Tools, view: RegionView, request: Request) -> int:
    """Write a region in all formats and say it."""
    folder = tools.folder / "bisect" / "+".join(view.names)
    publishing.publish(tools.wiring, folder, _finding_of(view), as_json=request.as_json)
    return view.verdict.exit_code


def _finding_of(view: RegionView) -> publishing.Finding:
    locks = {title: one.lock for title, one in view.shown}
    return publishing.Finding(
        name="verdict",
        document=report.document(view, made=searching.made()),
        markdown=report.markdown(view, made=searching.made()),
        beside={f"pylock.{name}.toml": locks.get(title, "") for title, name in _SIDES.items()},
        headline=report.headline(view),
        sentences=tuple(report.sentences(view)),
        advice=report.advice(view),
        diff="",
        trials=f"{counted(len(view.steps), 'trial')}, {view.made} made now",
        summary=lambda room: of_region(view, room=room),
    )
