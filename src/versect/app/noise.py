"""Bisect a failure that comes by chance: the verdict is a distribution, and says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from versect.app.bisect import Finding, Wanted, lens_of
from versect.app.counterfactual import lock_changes
from versect.app.inquiry import Inquiry, Lens
from versect.model.cell import Cell
from versect.model.verdict import Step
from versect.search.ask import Answer
from versect.search.bayes import RATES, ChangePoint, change_point
from versect.search.history import History, Kind, Plan
from versect.search.series import Known, Transition
from versect.select.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy:
    """What a search under noise found."""

    finding: Finding
    point: ChangePoint


def bisect(  # noqa: PLR0913 - what is searched, who answers, and when it is enough
    line: Line,
    plan: Plan,
    wanted: Wanted,
    inquiry: Inquiry,
    *,
    confidence: float,
    budget: int,
    rate: float | None = None,
) -> Noisy:
    """Search a series whose releases fail by chance; see ``search.bayes``.

    Ends that the plan names are taken at their word.

    Args:
        line: The series.
        plan: Its ends.
        wanted: What is looked for.
        inquiry: Answers.
        confidence: When the verdict is probable enough.
        budget: The most trials.
        rate: The share of failing trials above which a release fails; None for the usual one.

    """
    lens = lens_of(wanted.question)
    point = inquiry.search(
        lambda: change_point(
            plan.size,
            budget=budget,
            confidence=confidence,
            good=plan.good,
            bad=plan.bad,
            rates=RATES if rate is None else replace(RATES, threshold=rate),
        ),
        line.cells.__getitem__,
        lens,
    )
    known = _known(line, inquiry.steps, lens)
    boundary = _boundary(point, plan)
    before = after = None
    if boundary is not None:
        before = _step(inquiry.steps, line.cells[boundary.last], Answer.PASSED, lens)
        after = _step(inquiry.steps, line.cells[boundary.first], Answer.FAILED, lens)
    found = History(
        kind=_kind(point, plan),
        known=known,
        transition=boundary,
        transitions=() if boundary is None else (boundary,),
        unexplored=(),
        unstable=None,
        confirmed=0,
    )
    changes = (
        lock_changes(before.trial, after.trial, but=line.axis)
        if before is not None and after is not None
        else ()
    )
    finding = Finding(
        history=found, before=before, after=after, faces=(), changes=changes, counterfactuals=()
    )
    return Noisy(finding=finding, point=point)


def _kind(point: ChangePoint, plan: Plan) -> Kind:
    if not point.decided:
        return Kind.INCONCLUSIVE
    if len(point.suspects) > 1:
        return Kind.SUSPECTS
    return {0: Kind.FAILS, plan.size: Kind.PASSES}.get(point.suspects[0], Kind.FOUND)


def _boundary(point: ChangePoint, plan: Plan) -> Transition | None:
    """Give the stretch of suspects as a boundary, if releases lie on both sides of it."""
    first, last = min(point.suspects), max(point.suspects)
    if first == 0 or last == plan.size:
        return None
    return Transition(last=first - 1, first=last, into=Answer.FAILED)


def _known(line: Line, steps: Iterable[Step], lens: Lens) -> Known:
    """Give what each release asked did: failed if it ever did."""
    places = {cell.id: place for place, cell in enumerate(line.cells)}
    known: Known = {}
    for step in steps:
        place, answer = places.get(step.trial.probe.cell.id), lens(step.outcome)
        if place is not None and known.get(place) is not Answer.FAILED:
            decided = known.get(place) is Answer.PASSED and answer is not Answer.FAILED
            known[place] = known[place] if decided else answer
    return known


def _step(steps: Sequence[Step], cell: Cell, wanted: Answer, lens: Lens) -> Step | None:
    """Give a trial of a cell that did what its side stands for."""
    mine = [step for step in steps if step.trial.probe.cell.id == cell.id]
    return next((step for step in mine if lens(step.outcome) is wanted), None)
