"""What ``versect explain`` does, in order; each step is somebody else's."""

from __future__ import annotations

from pathlib import Path

from packaging.version import Version

from versect.app.explain import Explanation
from versect.app.explain import explain as explained
from versect.app.repeats import SPURIOUS, Lift, at_its_word, of_rates
from versect.cli import bisecting, publishing, searching
from versect.cli.searching import Request, Tools
from versect.cli.wiring import Wiring
from versect.errors import UsageError
from versect.forensics.culprit import unified
from versect.model.verdict import Step
from versect.report import explanation as report
from versect.report.bisection import BisectionView
from versect.report.evidence import counted
from versect.report.explanation import ExplanationView
from versect.report.summary import of_explanation
from versect.search.history import Kind
from versect.select.line import PYTHON
from versect.source.draft import Draft


def explain(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Explain a boundary; see ``versect explain``."""
    if PYTHON in request.projects or len(request.projects) > 1:
        raise UsageError(
            "the lines of one project's release are explained",
            remedy="name that project with --project",
        )
    if request.dry_run:
        wiring.say(f"first a bisection, then at most {request.budget} trials of parts of a release")
        return bisecting.bisect(wiring, draft, request)
    ready = searching.prepare(wiring, draft, request)
    line = searching.line_of(
        wiring, ready.focus, ready.choice, ready.projects[0], request.wanted.order
    )
    with searching.tools_for(wiring, ready, request) as tools:
        found, verdict = bisecting.examined(tools, line, request)
        code = bisecting.publish(tools, verdict, request, aside=request.as_json)
        if found.history.kind is Kind.UNSTABLE or found.before is None:
            wiring.say("nothing to explain: there is no boundary between two releases")
            return code or Kind.INCONCLUSIVE.exit_code
        result = explained(
            verdict.line,
            found,
            request.wanted.question,
            tools.focus.study.symptom,
            laboratory=tools.laboratory,
            inquiry=tools.inquiry,
            budget=request.budget,
            lift=_lift(tools, verdict),
        )
        steps = tuple(tools.inquiry.steps[len(verdict.steps) :])
    if result is None:
        wiring.say("nothing to explain: one side's environment cannot be built")
        return Kind.INCONCLUSIVE.exit_code
    view, folder = view_of(verdict, result, steps), bisecting.folder_of(tools, verdict)
    return _publish(tools, view, folder, as_json=request.as_json)


def _lift(tools: Tools, verdict: BisectionView) -> Lift:
    """Decide parts as the bisection decided releases: by the rates that it found, if by any."""
    noise = verdict.noise
    if noise is None or noise.after is None:
        return at_its_word
    mean, low, _ = noise.after
    repeats = of_rates(SPURIOUS if noise.before is None else noise.before[0], min(mean, 2 * low))
    tools.wiring.say(f"note: {repeats}")
    return repeats


def view_of(verdict: BisectionView, found: Explanation, steps: tuple[Step, ...]) -> ExplanationView:
    """Give what is shown of an explanation.

    Args:
        verdict: The bisection whose boundary was explained.
        found: The explanation.
        steps: The trials of parts of the changes.

    """
    sides = (verdict.before, verdict.after)
    names = [s.step.trial.probe.cell.value(verdict.line.axis) for s in sides if s is not None]
    before, after = names
    chosen = () if found.minimal is None else found.minimal.changes
    return ExplanationView(
        project=verdict.line.axis,
        before=before,
        after=after,
        question=verdict.question,
        base=found.base,
        whole=found.whole,
        changes=found.changes,
        minimal=found.minimal,
        diff=unified(found.changes, chosen, verdict.line.axis, Version(before), Version(after)),
        links=found.links,
        steps=steps,
        applied=found.applied,
    )


def finding_of(view: ExplanationView) -> publishing.Finding:
    """Give an explanation in all formats."""
    return publishing.Finding(
        name="explanation",
        document=report.document(view, made=searching.made()),
        markdown=report.markdown(view, made=searching.made()),
        beside={"explanation.diff": view.diff},
        headline=report.headline(view),
        sentences=tuple(report.sentences(view)),
        advice="",
        diff=view.diff,
        trials=f"{counted(len(view.steps), 'trial')} of parts",
        summary=lambda room: of_explanation(view, room=room),
    )


def _publish(tools: Tools, view: ExplanationView, folder: Path, *, as_json: bool) -> int:
    """Write an explanation in all formats and say it."""
    publishing.publish(tools.wiring, folder, finding_of(view), as_json=as_json)
    if view.minimal is None:
        return Kind.INCONCLUSIVE.exit_code
    certain = view.minimal.proven and not view.minimal.undecided
    return 0 if certain else Kind.SUSPECTS.exit_code
