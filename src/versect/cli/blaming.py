"""What ``versect blame`` does, in order; each step is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from versect.app import blame as blaming
from versect.app.blame import Blame, Sides, installed, newest
from versect.app.inquiry import plain
from versect.app.published import Published
from versect.app.repeats import Lift, at_its_word, measured
from versect.cli import bisecting, publishing, searching
from versect.cli.searching import Tools
from versect.cli.wiring import Wiring, now
from versect.errors import UsageError
from versect.model.study import Every, ProjectAxis, Resolution, Study
from versect.model.verdict import Change, Question, Side
from versect.report import blame as report
from versect.report.bisection import BisectionView
from versect.report.blame import BlameView
from versect.report.evidence import counted, outcome_words
from versect.report.summary import of_blame
from versect.select.line import DATE, Order, of_days
from versect.source.draft import Draft
from versect.source.pinned import Day, Difference, Pinned, side

_SIDES: Final = {
    "The side that passes": "passing",
    "The side that fails": "failing",
    "The passing side with the culprits": "culprits",
}
"""Titles of what is shown, and what their locks are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options ask for."""

    good: str
    bad: str
    flaky: bool
    """Whether mixes are decided by repeats."""
    search: searching.Request
    """What the bisections are asked for."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Request:
        """Read the options of the command line."""
        plain = {"projects": (), "find_fix": False, "order": Order.VERSION, "checks": 0}
        plain |= {"scan": False, "dry_run": False}
        inner = searching.Request.of({**options, **plain, "good": None, "bad": None})
        return cls(good=options["good"], bad=options["bad"], flaky=options["flaky"], search=inner)


def blame(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Compare two sides; see ``versect blame``."""
    ready = searching.prepare(wiring, draft, request.search, searched=())
    python = ready.focus.cell.pins.python
    good, bad = (
        side(text, folder=Path.cwd(), python=python, now=now())
        for text in (request.good, request.bad)
    )
    _check(good, bad, ready.focus.study, request)
    if isinstance(good, Day) or isinstance(bad, Day):
        _check_dated(wiring, ready.focus.study)
    with searching.tools_for(wiring, ready, request.search) as tools:
        if isinstance(good, Day) and isinstance(bad, Day):
            days = _by_date(tools, good, bad, request)
            ended = days.before is None or days.after is None
            aside = request.search.as_json and not ended
            code = bisecting.publish(tools, days, request.search, aside=aside)
            if days.before is None or days.after is None:
                return code
            good, bad = (
                installed(one.step, one.step.trial.probe.cell.value(DATE))
                for one in (days.before, days.after)
            )
        sides = sides_of(tools, _pinned(tools, good), _pinned(tools, bad))
        if not sides.differences:
            raise UsageError(
                f"{request.good} and {request.bad} install the same releases",
                remedy="it is something else that differs: the interpreter, the platform, the data",
            )
        wiring.say(counted(len(sides.differences), "difference"))
        lift: Lift = at_its_word
        if request.flaky:
            everything = sides.mix(range(len(sides.differences)))
            lift = measured(everything, tools.inquiry, plain)
            wiring.say(f"note: {lift}")
        return _publish(tools, compared(tools, sides, request.search, lift), request.search)


def compared(
    tools: Tools, sides: Sides, request: searching.Request, lift: Lift = at_its_word
) -> BlameView:
    """Find what brings the failure of one side, then the first failing release of each of it."""
    found = blaming.blame(sides, tools.inquiry, budget=request.budget, lift=lift)
    return _view(tools, sides, found, tuple(_series(tools, sides, found, request)))


def _check(good: Pinned | Day, bad: Pinned | Day, study: Study, request: Request) -> None:
    if isinstance(good, Day) and isinstance(bad, Day) and good.moment >= bad.moment:
        raise UsageError(
            f"--good {request.good} is not before --bad {request.bad}",
            remedy="the date on which it worked comes first",
        )
    if (isinstance(good, Day) or isinstance(bad, Day)) and not study.requirements:
        raise UsageError(
            "a date says what the index had, and the study requires nothing of it",
            remedy="name what the reproduction needs with --require, unpinned",
        )


def _check_dated(wiring: Wiring, study: Study) -> None:
    """Refuse dates where the index does not say when anything was uploaded."""
    for requirement in study.requirements:
        project = wiring.index.project(canonicalize_name(requirement.name))
        if not any(release.uploaded for release in project.releases):
            raise UsageError(
                f"the index does not say when any release of {project.name} was uploaded, "
                "so that a date says nothing",
                remedy="compare locks or environments, or use an index that gives upload times "
                "(PEP 700)",
            )


def _by_date(tools: Tools, good: Day, bad: Day, request: Request) -> BisectionView:
    """Find the first day whose releases fail."""
    line = of_days(tools.focus.cell, good.moment, bad.moment)
    return bisecting.examined(tools, line, request.search)[1]


def _pinned(tools: Tools, one: Pinned | Day) -> Pinned:
    """Give a side as releases: of a date, what the resolver takes as of then."""
    if isinstance(one, Pinned):
        return one
    cell = tools.focus.cell
    step = tools.inquiry.note(replace(cell, pins=replace(cell.pins, cut_off=one.moment)))
    pinned = installed(step, one.source)
    if not pinned.releases:
        raise UsageError(
            f"nothing can be installed as of {one.source}: {outcome_words(step.outcome)}",
            remedy="name a later date, or check what is required",
        )
    return pinned


def sides_of(tools: Tools, good: Pinned, bad: Pinned) -> Sides:
    """Give two sides to compare, with the cut-off that the study's resolution asks for."""
    published = Published({}, tools.wiring.index)
    today = tools.focus.study.resolution is Resolution.TODAY
    every = {*good.releases, *bad.releases}
    cut_off = None if today else newest(every, published)
    if cut_off is None and not today:
        tools.wiring.say("the index does not say when all of these were published: no cut-off")
    return Sides(base=tools.focus.cell, good=good, bad=bad, cut_off=cut_off)


def _series(
    tools: Tools, sides: Sides, found: Blame, request: searching.Request
) -> Iterator[BisectionView]:
    """Bisect each guilty project's releases between the two sides, the others as they fail."""
    if found.minimal is None:
        return
    for guilty in found.guilty:
        if guilty.good is None or guilty.bad is None:
            continue
        cell = sides.without(found.minimal.changes, guilty.project)
        focus = replace(tools.focus, study=_between(tools.focus.study, guilty, sides), cell=cell)
        line = searching.line_of(tools.wiring, focus, tools.choice, guilty.project, Order.VERSION)
        newer = guilty.bad > guilty.good
        wanted = replace(
            request.wanted,
            good=str(guilty.good),
            bad=str(guilty.bad),
            question=Question.FIRST_FAILING if newer else Question.FIRST_PASSING,
        )
        searched = replace(request, wanted=wanted)
        yield bisecting.examined(tools, line, searched)[1]


def _between(study: Study, guilty: Difference, sides: Sides) -> Study:
    """Give a study whose only axis are the releases between the two sides' own, both included."""
    ends = sorted(version for version in (guilty.good, guilty.bad) if version is not None)
    axis = ProjectAxis(
        project=guilty.project,
        extras=frozenset(),
        choices=(SpecifierSet(f">={ends[0]},<={ends[-1]}"),),
        every=Every.RELEASE,
        limit=None,
        pre=any(version.is_prerelease for version in ends),
        yanked=True,
    )
    return replace(study, projects=(axis,), cut_off=sides.cut_off or study.cut_off)


def _view(tools: Tools, sides: Sides, found: Blame, series: tuple[BisectionView, ...]) -> BlameView:
    minimal = found.minimal
    projects = [str(difference.project) for difference in found.differences]
    return BlameView(
        study=tools.focus.study.name,
        sides=(sides.good.source, sides.bad.source),
        good=found.good,
        bad=found.bad,
        differences=tuple(map(_change, found.differences)),
        guilty=tuple(map(_change, found.guilty)),
        proven=minimal is not None and minimal.proven,
        undecided=() if minimal is None else tuple(projects[n] for n in minimal.undecided),
        moved=found.moved,
        altered=found.altered,
        series=series,
        shown=tuple(_shown(tools, found)),
        steps=tuple(tools.inquiry.steps),
        made=tools.inquiry.made,
        notes=(*sides.good.notes, *sides.bad.notes, *tools.focus.notes),
    )


def _shown(tools: Tools, found: Blame) -> Iterator[tuple[str, Side]]:
    for title, step in zip(_SIDES, (found.good, found.bad, found.culprit), strict=True):
        one = searching.side(tools, step)
        if one is not None:
            yield title, one


def _change(one: Difference) -> Change:
    good, bad = ("" if version is None else str(version) for version in (one.good, one.bad))
    return Change(project=one.project, before=good, after=bad)


def _publish(tools: Tools, view: BlameView, request: searching.Request) -> int:
    """Write a finding in all formats and say it."""
    folder = tools.folder / "bisect" / "blame"
    publishing.publish(tools.wiring, folder, _finding_of(view), as_json=request.as_json)
    return view.kind.exit_code


def _finding_of(view: BlameView) -> publishing.Finding:
    locks = {title: one.lock for title, one in view.shown}
    return publishing.Finding(
        name="blame",
        document=report.document(view, made=searching.made()),
        markdown=report.markdown(view, made=searching.made()),
        beside={f"pylock.{name}.toml": locks.get(title, "") for title, name in _SIDES.items()},
        headline=report.headline(view),
        sentences=tuple(report.sentences(view)),
        advice=report.advice(view),
        diff="",
        trials=f"{counted(len(view.steps), 'trial')}, {view.made} made now",
        summary=lambda room: of_blame(view, room=room),
    )
