"""What a comparison of two environments shows, as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from versect.model.outcome import Failed, Passed
from versect.model.verdict import Change, Side, Step
from versect.report.bisection import BisectionView
from versect.report.bisection_words import headline as bisection_headline
from versect.report.evidence import counted, outcome_words, section, side_row, step_row, trials
from versect.report.markdown import escaped, fenced
from versect.search.history import Kind

SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BlameView:
    """A comparison as every format shows it."""

    study: str
    sides: tuple[str, str]
    """What was compared, in the user's words: what passes, what fails."""
    good: Step
    bad: Step
    differences: tuple[Change, ...]
    guilty: tuple[Change, ...]
    """The minimal set; empty where none was found."""
    proven: bool
    """Whether without any one of them the failure is known not to appear."""
    undecided: tuple[str, ...]
    """Projects of the set without which nobody can tell."""
    moved: tuple[Change, ...]
    altered: tuple[tuple[Change, ...], tuple[Change, ...]]
    """What either side had installed otherwise than it says."""
    series: tuple[BisectionView, ...]
    """The bisection of each guilty project's releases between the two sides."""
    shown: tuple[tuple[str, Side], ...]
    """The sides and the culprit's mix, as anybody can repeat them, each with its title."""
    steps: tuple[Step, ...]
    made: int
    notes: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """What the comparison concludes."""
        if not isinstance(self.good.outcome, Passed):
            failing = isinstance(self.good.outcome, Failed) and not self.altered[0]
            return Kind.GOOD_FAILS if failing else Kind.INCONCLUSIVE
        if not isinstance(self.bad.outcome, Failed):
            passing = isinstance(self.bad.outcome, Passed) and not self.altered[1]
            return Kind.BAD_PASSES if passing else Kind.INCONCLUSIVE
        if not self.guilty:
            return Kind.INCONCLUSIVE
        certain = self.proven and not self.undecided
        found = all(view.history.kind is Kind.FOUND for view in self.series)
        return Kind.FOUND if certain and found else Kind.SUSPECTS


def headline(view: BlameView) -> str:
    """Give the finding in one sentence."""
    match view.kind:
        case Kind.GOOD_FAILS:
            return f"the side that should pass fails: {outcome_words(view.good.outcome)}"
        case Kind.BAD_PASSES:
            return "the side that should fail passes"
        case Kind.INCONCLUSIVE if not view.guilty:
            return (
                f"nothing could be told: the passing side {outcome_words(view.good.outcome)}; "
                f"the failing side {outcome_words(view.bad.outcome)}"
            )
        case _:
            count = counted(len(view.differences), "difference")
            words = " together with ".join(map(str, view.guilty))
            return f"{words}: of {count} {_it_is(len(view.guilty))} the failure"


def sentences(view: BlameView) -> Iterator[str]:
    """Give what else is to be said, the most important first."""
    for side, altered in zip(view.sides, view.altered, strict=True):
        if altered:
            yield not_as_said(side, altered)
    for one in view.series:
        yield bisection_headline(one)
    if view.moved:
        yield f"the resolver moved along: {'; '.join(map(str, view.moved))}"
    if view.guilty and not view.proven:
        yield "the set may not be minimal: the budget was spent; --budget N allows more trials"
    if view.undecided:
        yield f"without {', '.join(view.undecided)} it cannot be told: they may not be needed"


def not_as_said(side: str, altered: tuple[Change, ...]) -> str:
    """Say that a side had other releases installed than it names."""
    return f"{side} cannot be had as it says: {'; '.join(map(str, altered))}"


def advice(view: BlameView) -> str:
    """Say what to do next; empty where the finding needs nothing more."""
    match view.kind:
        case Kind.GOOD_FAILS:
            return "name a side that passes; --good takes a lock, an environment or a date"
        case Kind.BAD_PASSES:
            return (
                "the differences do not bring the failure: look at what is no package, such as "
                "the interpreter, the platform or the data"
            )
        case _:
            return ""


def markdown(view: BlameView, *, made: str) -> str:
    """Give ``blame.md``."""
    lines = [f"# {escaped(headline(view))}", "", f"**Verdict: {view.kind}.**", ""]
    lines.append(f"- passes: {escaped(view.sides[0])}: {escaped(outcome_words(view.good.outcome))}")
    lines.append(f"- fails: {escaped(view.sides[1])}: {escaped(outcome_words(view.bad.outcome))}")
    lines += [f"- {escaped(sentence)}" for sentence in (*sentences(view), *view.notes)]
    lines += ["", *trials(view.steps)]
    for title, side in view.shown:
        lines += section(view.study, title, side)
    listed = "\n".join(map(str, view.differences))
    lines += [f"## All {counted(len(view.differences), 'difference')}", "", fenced(listed)]
    return "\n".join([*lines, "", made, ""])


def document(view: BlameView, *, made: str) -> str:
    """Give ``blame.json``."""

    def rows(changes: tuple[Change, ...]) -> list[dict[str, str]]:
        return [{"project": c.project, "good": c.before, "bad": c.after} for c in changes]

    return (
        json.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "made": made,
                "study": view.study,
                "verdict": view.kind,
                "exit_code": view.kind.exit_code,
                "headline": headline(view),
                "sentences": list(sentences(view)),
                "advice": advice(view),
                "good": view.sides[0],
                "bad": view.sides[1],
                "differences": rows(view.differences),
                "guilty": rows(view.guilty),
                "proven": view.proven,
                "undecided": list(view.undecided),
                "moved": rows(view.moved),
                "series": [
                    {
                        "project": one.line.axis,
                        "verdict": one.kind,
                        "suspects": list(one.suspects),
                        "headline": bisection_headline(one),
                    }
                    for one in view.series
                ],
                "shown": {title: side_row(side) for title, side in view.shown},
                "steps": [step_row(step) for step in view.steps],
                "trials": {"asked": len(view.steps), "made": view.made},
                "notes": list(view.notes),
            },
            indent=1,
        )
        + "\n"
    )


def _it_is(count: int) -> str:
    return "this one brings" if count == 1 else "these together bring"
