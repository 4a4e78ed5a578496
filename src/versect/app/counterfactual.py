"""What changed beside the culprit, and whether it would have sufficed alone.

A release may lift a bound, so that another project's release comes with it: the two sides of a
boundary then differ in more than the project searched. Each is tried without the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from packaging.utils import canonicalize_name
from packaging.version import Version

from versect.app.inquiry import Inquiry
from versect.model.cell import Cell
from versect.model.trial import Trial
from versect.model.verdict import Change, Counterfactual, Step


def lock_changes(before: Trial, after: Trial, *, but: str) -> tuple[Change, ...]:
    """Give what two trials' locks hold differently, one project left out."""
    old, new = dict(before.setting.packages), dict(after.setting.packages)
    if not old or not new:
        return ()
    return tuple(
        Change(project=name, before=old.get(name, ""), after=new.get(name, ""))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name) and name != but
    )


def counterfactuals(
    before: Step, after: Step, changes: Sequence[Change], inquiry: Inquiry
) -> tuple[Counterfactual, ...]:
    """Try each side's pins with everything else as the other side has it.

    At most two trials; none where nothing else changed.

    Returns:
        First the newer side's pins among the older side's packages; where these do not suffice,
        then the other way round.

    """
    return tuple(_both_ways(before, after, changes, inquiry)) if changes else ()


def _both_ways(
    before: Step, after: Step, changes: Sequence[Change], inquiry: Inquiry
) -> Iterator[Counterfactual]:
    searched = _pin_changes(before.trial, after.trial)
    for pins, others in ((after, before), (before, after)):
        step = inquiry.note(_among(pins.trial, others.trial))
        moved = lock_changes(others.trial, step.trial, but="")
        own = {change.project for change in searched}
        one = Counterfactual(
            applied=searched if pins is after else tuple(changes),
            withheld=tuple(changes) if pins is after else searched,
            moved=tuple(change for change in moved if change.project not in own),
            step=step,
        )
        yield one
        if type(step.outcome) is type(after.outcome) and not one.inseparable:
            return


def _pin_changes(before: Trial, after: Trial) -> tuple[Change, ...]:
    """Give what the two cells themselves pin differently."""
    old, new = before.probe.cell, after.probe.cell
    found = [
        Change(project=name, before=old.value(name), after=new.value(name))
        for name in ("python", *(name for name, _ in new.pins.releases))
        if old.value(name) != new.value(name)
    ]
    return tuple(found)


def _among(pins: Trial, others: Trial) -> Cell:
    """Give one trial's pins among the packages of another, when all of both had been published."""
    cell = pins.probe.cell
    pinned = {name for name, _ in cell.pins.releases}
    preferred = tuple(
        (canonicalize_name(name), Version(version))
        for name, version in others.setting.packages
        if name not in pinned
    )
    moments = [trial.setting.cut_off for trial in (pins, others)]
    known = [moment for moment in moments if moment is not None]
    cut_off = max(known) if len(known) == len(moments) else None
    return replace(cell, pins=replace(cell.pins, preferred=preferred, cut_off=cut_off))
