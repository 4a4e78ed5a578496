"""Which lines of a release make the difference: hunks applied to the other release's files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from packaging.version import Version

from versect.app.bisect import Finding
from versect.app.inquiry import Inquiry, Lens
from versect.app.laboratory import Laboratory
from versect.app.repeats import Lift, at_its_word, single, typical
from versect.env import layout
from versect.forensics.changes import Change, applied, changes
from versect.forensics.culprit import ranked
from versect.forensics.links import Links, links
from versect.model.cell import Cell
from versect.model.environment import Environment
from versect.model.outcome import Failed, Outcome, Passed
from versect.model.study import Symptom
from versect.model.verdict import Question, Step
from versect.search.ask import Answer
from versect.search.ddmin import Minimal, minimise
from versect.select.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What of a release brings, or mends, the failure."""

    base: Step
    """The trial of the older release's files, nothing applied."""
    whole: Step | None
    """The trial with everything applied; None where the installed files are all alike."""
    changes: tuple[Change, ...]
    """Everything that the newer release changed in the project's installed files."""
    applied: Mapping[str, tuple[int, ...]]
    """Which changes each cell applied, by id."""
    minimal: Minimal | None
    """None where applying everything does not do what the release does."""
    links: Links


def explain(  # noqa: PLR0913 - a boundary, and who tries what lies between its sides
    line: Line,
    found: Finding,
    question: Question,
    symptom: Symptom,
    *,
    laboratory: Laboratory,
    inquiry: Inquiry,
    budget: int,
    lift: Lift = at_its_word,
) -> Explanation | None:
    """Find a 1-minimal set of changes between the two sides that turns the one into the other.

    The newer release's changes are applied to the older release's files, among the packages of
    the older side; where that does not turn it, among those of the newer side.

    Args:
        line: The series of a project.
        found: What a bisection of it found.
        question: What was looked for.
        symptom: What counts as the failure.
        laboratory: Builds environments.
        inquiry: Answers.
        budget: The most parts of the changes that are tried.
        lift: How each of them is decided.

    Returns:
        None where there is no boundary, or a side's environment cannot be built.

    """
    before, after = found.before, found.after
    if before is None or after is None:
        return None
    older = _installed(before.trial.probe.cell, line.axis, laboratory)
    newer = _installed(after.trial.probe.cell, line.axis, laboratory)
    if older is None or newer is None:
        return None
    pieces = changes(older, newer)
    lens = _lens(question, symptom, after)

    tried: dict[str, tuple[int, ...]] = {}

    def cell_of(base: Step, chosen: Collection[int]) -> Cell:
        cell = base.trial.probe.cell
        pins = laboratory.patched(cell.pins, applied(older, pieces, chosen))
        patched = replace(cell, pins=pins)
        tried[patched.id] = tuple(chosen)
        return patched

    def decided(base: Step, chosen: tuple[int, ...]) -> Step:
        answer = inquiry.search(lambda: lift(single(chosen)), lambda c: cell_of(base, c), lens)
        return typical(inquiry, cell_of(base, chosen), answer, lens)

    base, whole = before, None
    for base in (before, *(one.step for one in found.counterfactuals[1:])):
        if pieces and lens(base.outcome) is Answer.PASSED:
            whole = decided(base, tuple(range(len(pieces))))
            if lens(whole.outcome) is Answer.FAILED:
                break
    minimal = None
    if whole is not None and lens(whole.outcome) is Answer.FAILED:
        failing = after if question is Question.FIRST_FAILING else before
        groups = ranked(pieces, failing.trial.observation.failures)
        minimal = inquiry.search(
            lambda: lift(minimise(len(pieces), groups=groups, budget=budget)),
            lambda chosen: cell_of(base, chosen),
            lens,
        )
    return Explanation(
        base=base,
        whole=whole,
        changes=pieces,
        applied=tried,
        minimal=minimal,
        links=links(_metadata(newer), *(_release(step, line) for step in (before, after))),
    )


def _lens(question: Question, symptom: Symptom, after: Step) -> Lens:
    """See outcomes as a search for the changes that turn the older side into the newer one does.

    A part of a release's changes fails in ways of its own: names that are not there yet, modules
    that do not import. Where the study does not say what its failure looks like, only what looks
    like the newer side counts.
    """
    told = (symptom.exception, symptom.message, symptom.text, symptom.signal) != (None,) * 4

    def lens(outcome: Outcome) -> Answer:
        if question is Question.FIRST_PASSING:
            turned, as_before = isinstance(outcome, Passed), isinstance(outcome, Failed)
        else:
            turned = isinstance(outcome, Failed) and (told or outcome == after.outcome)
            as_before = isinstance(outcome, Passed)
        return Answer.FAILED if turned else Answer.PASSED if as_before else Answer.OTHER

    return lens


def _installed(cell: Cell, project: str, laboratory: Laboratory) -> Mapping[str, bytes] | None:
    """Give the installed files of a project, relative to site-packages."""
    prepared = laboratory.prepared(cell.pins).result()
    if not isinstance(prepared.environment, Environment):
        return None
    site = prepared.environment.root / layout.site_packages(prepared.environment.target.python)
    names = [name for name, owner in prepared.owners.items() if owner == project]
    return {name: (site / name).read_bytes() for name in names if (site / name).is_file()}


def _metadata(files: Mapping[str, bytes]) -> str:
    found = (content for name, content in files.items() if name.endswith(".dist-info/METADATA"))
    return next(found, b"").decode(errors="replace")


def _release(step: Step, line: Line) -> Version:
    return Version(step.trial.probe.cell.value(line.axis))
