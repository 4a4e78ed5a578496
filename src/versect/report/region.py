"""What a search over several projects shows, as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from packaging.version import Version

from versect.model.study import Symptom
from versect.model.verdict import Change, Side, Step
from versect.report.evidence import section, side_row, step_row, trials
from versect.report.findings import is_inert
from versect.report.markdown import escaped
from versect.report.view import sought_words
from versect.search.ask import Answer
from versect.search.history import Kind as Verdict
from versect.search.region import Kind, Point, Region, constraint, safe_pins
from versect.search.region import Step as Box

SCHEMA_VERSION: Final = 1

_VERDICTS: Final = {
    Kind.NOWHERE: Verdict.PASSES,
    Kind.EVERYWHERE: Verdict.FAILS,
    Kind.CONTRADICTORY: Verdict.TRANSITIONS,
    Kind.UNDECIDED: Verdict.INCONCLUSIVE,
}


_DOES: Final = {
    Answer.PASSED: "passes",
    Answer.FAILED: "fails",
    Answer.OTHER: "fails in another way",
    Answer.UNRESOLVED: "cannot be decided",
}
"""What a combination does, in the words of every verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionView:
    """A region as every format shows it."""

    study: str
    symptom: Symptom
    names: tuple[str, ...]
    versions: tuple[tuple[Version, ...], ...]
    """For each project its releases, oldest first."""
    region: Region
    shown: tuple[tuple[str, Side], ...]
    """Neighbours on the two sides of the region's edge, each with its title."""
    changes: tuple[Change, ...]
    """What those two hold differently beside the projects searched."""
    steps: tuple[Step, ...]
    made: int
    notes: tuple[str, ...]

    @property
    def culprit(self) -> str:
        """The region in specifiers: ``openai<1.55.3 and httpx>=0.28.0``."""
        return constraint(self.region, self.names, self.versions)

    @property
    def pins(self) -> tuple[str, ...]:
        """Each of them alone leaves the region, the weakest first."""
        return safe_pins(self.region, self.names, self.versions)

    @property
    def verdict(self) -> Verdict:
        """What the search concludes."""
        if self.region.kind in _VERDICTS:
            return _VERDICTS[self.region.kind]
        bounds = [bound for step in self.region.steps for bound in step.bounds if bound is not None]
        certain = all(bound.proven == bound.possible for bound in bounds)
        return Verdict.FOUND if certain else Verdict.SUSPECTS


def headline(view: RegionView) -> str:
    """Give the finding in one sentence."""
    match view.region.kind:
        case Kind.NOWHERE:
            return f"no combination of {_named(view)} asked fails"
        case Kind.EVERYWHERE:
            return f"every combination of {_named(view)} asked fails"
        case Kind.UNDECIDED:
            return f"nothing could be decided of {_named(view)}"
        case _:
            return f"fails with {view.culprit}"


def sentences(view: RegionView) -> Iterator[str]:
    """Give what else is to be said."""
    if view.pins:
        yield f"safe pins, each of them alone: {' or '.join(view.pins)}"
    if view.changes:
        words = "; ".join(map(str, view.changes))
        yield f"the two sides of the edge also differ in {words}: it may be theirs; pin them"
    ran = [step.trial for step in view.steps if step.trial.observation.imported]
    for name in view.names:
        if ran and all(is_inert(name, trial) for trial in ran):
            yield f"{name} was installed and never imported: no release of it may matter here"
    cells = 1
    for size in view.region.sizes:
        cells *= size
    yield f"{view.region.asked} of {cells} combinations asked"
    if not view.region.monotone:
        points = (
            ", ".join(
                f"{n} {v[p]}" for n, v, p in zip(view.names, view.versions, point, strict=True)
            )
            for point in view.region.contradictions
        )
        yield f"these contradict a region with one edge: {'; '.join(points)}"
    yield from view.region.unproven


def advice(view: RegionView) -> str:
    """Say what to do next; empty where the finding needs nothing more."""
    match view.region.kind:
        case Kind.UNDECIDED:
            return (
                f"narrow the series, as with --axis '{view.names[0]}=>=1.0', or name a failing "
                f"combination: --bad {view.names[0]}=RELEASE,{view.names[1]}=RELEASE"
            )
        case Kind.NOWHERE:
            return f"name one that fails: --bad {view.names[0]}=RELEASE,{view.names[1]}=RELEASE"
        case Kind.EVERYWHERE:
            return "it is no release of these alone: compare with what worked, by versect blame"
        case _:
            return ""


def markdown(view: RegionView, *, made: str) -> str:
    """Give ``verdict.md``."""
    lines = [f"# {escaped(headline(view))}", ""]
    sought = escaped(sought_words(view.symptom))
    lines += [f"**Verdict: {view.verdict}.** The failure sought: {sought}.", ""]
    lines += [f"- {escaped(sentence)}" for sentence in sentences(view)]
    lines += [f"- note: {escaped(note)}" for note in view.notes]
    if advice(view):
        lines.append(f"- next: {escaped(advice(view))}")
    lines += ["", *trials(view.steps)]
    for title, side in view.shown:
        lines += section(view.study, title, side)
    return "\n".join([*lines, made, ""])


def document(view: RegionView, *, made: str) -> str:
    """Give ``verdict.json``."""
    return (
        json.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "made": made,
                "study": view.study,
                "verdict": view.verdict,
                "exit_code": view.verdict.exit_code,
                "headline": headline(view),
                "sentences": list(sentences(view)),
                "failure": sought_words(view.symptom),
                "projects": list(view.names),
                "kind": view.region.kind,
                "constraint": view.culprit,
                "safe_pins": list(view.pins),
                "monotone": view.region.monotone,
                "series": {
                    name: list(map(str, series))
                    for name, series in zip(view.names, view.versions, strict=True)
                },
                "answers": [
                    {"releases": _releases(view, point), "answer": _DOES[answer]}
                    for point, answer in view.region.known
                ],
                "boxes": [_box(view, step) for step in view.region.steps],
                "within": {
                    name: [str(series[oldest]), str(series[newest])]
                    for name, series, (oldest, newest) in zip(
                        view.names, view.versions, view.region.within, strict=True
                    )
                },
                "trials": {"asked": len(view.steps), "made": view.made},
                "advice": advice(view),
                "shown": {title: side_row(side) for title, side in view.shown},
                "steps": [step_row(step) for step in view.steps],
                "notes": list(view.notes),
            },
            indent=1,
        )
        + "\n"
    )


def _releases(view: RegionView, point: Point) -> dict[str, str]:
    pairs = zip(view.names, view.versions, point, strict=True)
    return {name: str(series[place]) for name, series, place in pairs}


def _box(view: RegionView, box: Box) -> dict[str, Any]:
    """Give the ends of a box, by project; one that has none is not in it."""
    sides = zip(view.names, view.versions, box.bounds, strict=True)
    return {
        name: {
            "towards": bound.towards,
            "fails": str(series[bound.proven]),
            "may_fail": str(series[bound.possible]),
        }
        for name, series, bound in sides
        if bound is not None
    }


def _named(view: RegionView) -> str:
    return " and ".join(view.names)
