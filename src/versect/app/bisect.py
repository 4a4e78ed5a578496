"""Bisect one series: which release brought the failure, and what else changed with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from versect.app.counterfactual import counterfactuals, lock_changes
from versect.app.faces import face_changes
from versect.app.inquiry import Inquiry, Lens, plain, turned
from versect.app.plan import is_transient
from versect.classify.rules import classify
from versect.errors import UsageError
from versect.model.study import Symptom
from versect.model.trial import Trial
from versect.model.verdict import Change, Counterfactual, FaceChange, Question, Step
from versect.search.ask import Answer, Ask
from versect.search.bisect import history
from versect.search.history import History, Kind, Plan
from versect.select.line import DATE, Line, Order, by_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a bisection is asked for beside the series."""

    good: str | None
    """The release that passes; None to search for one."""
    bad: str | None
    """The release that fails; None for the end of the series."""
    question: Question
    order: Order
    confirm: int
    checks: int
    scan: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a bisection of one series found."""

    history: History
    before: Step | None
    """The trial of the last release before the boundary."""
    after: Step | None
    faces: tuple[FaceChange, ...]
    changes: tuple[Change, ...]
    """What the locks of the two sides hold differently, the series' own project left out."""
    counterfactuals: tuple[Counterfactual, ...]


def lens_of(question: Question) -> Lens:
    """Give what outcomes mean to a question."""
    return plain if question is Question.FIRST_FAILING else turned


def plan_of(line: Line, wanted: Wanted) -> Plan:
    """Make the search for a series.

    Raises:
        UsageError: An end takes no part in the series, or the ends stand the wrong way round.

    """
    if not line.cells:
        raise UsageError(f"no release of {line.axis} is left to search")
    good = None if wanted.good is None else line.place(wanted.good, "--good")
    bad = None if wanted.bad is None else line.place(wanted.bad, "--bad")
    low, high = (good, bad) if wanted.question is Question.FIRST_FAILING else (bad, good)
    if low is not None and low >= (len(line.cells) - 1 if high is None else high):
        raise _wrong_way_round(wanted, line)
    return Plan(
        size=len(line.cells),
        good=low,
        bad=high,
        confirm=wanted.confirm,
        checks=wanted.checks,
        scan=wanted.scan,
        lines=line.lines,
        ranks=line.ranks,
    )


def known_answers(
    line: Line, stored: Iterable[Trial], symptom: Symptom, lens: Lens
) -> dict[Ask[int], Answer]:
    """Give the answers of questions whose trial was made before."""
    places = {cell.id: place for place, cell in enumerate(line.cells)}
    outcomes = {
        Ask(places[trial.probe.cell.id], trial.probe.repeat): classify(symptom, trial.observation)
        for trial in stored
        if trial.probe.cell.id in places
    }
    return {ask: lens(o) for ask, o in outcomes.items() if not is_transient(o)}


def bisect(line: Line, plan: Plan, wanted: Wanted, inquiry: Inquiry) -> Finding:
    """Search a series; see ``versect bisect``.

    Costs what ``search.cost`` says, then one search more where the failure's face changes, and
    two trials where the two sides' locks differ in more than the project searched.
    """
    lens = lens_of(wanted.question)
    found = inquiry.search(lambda: history(plan), line.cells.__getitem__, lens)
    return finding(line, found, inquiry)


def line_by_line(
    line: Line, found: Finding, wanted: Wanted, inquiry: Inquiry
) -> tuple[Line, Finding]:
    """Search release lines one after the other where in order of time they are in each other's way.

    A fault that came into one of two lines comes and goes by date, as releases of the two follow
    one another. What was asked before is known. Anything else is given back as it is.
    """
    if line.order is not Order.DATE or not line.ranks or len(found.history.transitions) < 2:
        return line, found
    apart = by_lines(line)
    if apart.names == line.names:
        return line, found
    try:
        plan = plan_of(apart, wanted)
    except UsageError:  # the ends named stand in two lines, the passing one in the newer
        return line, found
    other = bisect(apart, plan, wanted, inquiry)
    if len(other.history.transitions) > len(found.history.transitions):
        return line, found
    return apart, other


def finding(line: Line, found: History, inquiry: Inquiry) -> Finding:
    """Look at what a search found: the sides' trials, faces, and what else changed."""
    boundary = found.transition
    if boundary is None:
        return Finding(
            history=found, before=None, after=None, faces=(), changes=(), counterfactuals=()
        )
    before = inquiry.note(line.cells[boundary.last])
    after = inquiry.note(line.cells[boundary.first])
    changes = lock_changes(before.trial, after.trial, but=line.axis)
    sound = found.kind is not Kind.UNSTABLE and line.axis != DATE
    return Finding(
        history=found,
        before=before,
        after=after,
        faces=face_changes(line, found, inquiry) if sound else (),
        changes=changes,
        counterfactuals=counterfactuals(before, after, changes, inquiry) if sound else (),
    )


def _wrong_way_round(wanted: Wanted, line: Line) -> UsageError:
    newest = line.names[-1]
    good, bad = wanted.good or newest, wanted.bad or newest
    if good == bad:
        return UsageError(
            f"{line.axis} {good} is both ends of the search",
            remedy="name two releases, or leave one end away and let it be searched for",
        )
    if wanted.question is Question.FIRST_FAILING:
        return UsageError(
            f"{line.axis} {good} (good) is newer than {bad} (bad) in {wanted.order} order",
            remedy="to find the release that mended it, add --find-fix",
        )
    return UsageError(
        f"--find-fix goes from a failing release to a newer passing one, and "
        f"{line.axis} {bad} (bad) is newer than {good} (good) in {wanted.order} order",
        remedy="leave --find-fix away to find the release that broke it",
    )
