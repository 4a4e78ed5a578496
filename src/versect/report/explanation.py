"""What an explanation shows: the lines that make the difference, as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from versect.forensics.changes import Change
from versect.forensics.links import Links
from versect.model.verdict import Question, Step
from versect.report.evidence import cell_of, counted, outcome_words, trials
from versect.report.markdown import escaped, fenced
from versect.search.ddmin import Minimal

SCHEMA_VERSION: Final = 1

_SHOWN: Final = 3
"""Changes of one trial that are named; of more there is only the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationView:
    """An explanation as every format shows it."""

    project: str
    before: str
    """The older release."""
    after: str
    question: Question
    base: Step
    whole: Step | None
    changes: tuple[Change, ...]
    minimal: Minimal | None
    diff: str
    """The minimal set as a unified diff; empty where there is none."""
    links: Links
    steps: tuple[Step, ...]
    """The trials of parts of the changes, in order."""
    applied: Mapping[str, Sequence[int]]
    """Which changes each of them applied, by cell id."""

    @property
    def places(self) -> tuple[str, ...]:
        """Where the minimal set lies in the newer release: ``openai/_client.py:812``."""
        chosen = () if self.minimal is None else self.minimal.changes
        return tuple(self.place(number) for number in chosen)

    def place(self, number: int) -> str:
        """Say where a change lies in the newer release."""
        change = self.changes[number]
        if change.removed or change.added:
            return f"{change.file}:{change.new.start}"
        return f"{change.file} ({change.kind})"

    def part(self, step: Step) -> str:
        """Say which changes a trial applied."""
        chosen = self.applied.get(cell_of(step), ())
        if len(chosen) == len(self.changes):
            return f"all of {counted(len(chosen), 'change')}"
        shown = ", ".join(map(self.place, chosen[:_SHOWN]))
        more = f" and {len(chosen) - _SHOWN} more" if len(chosen) > _SHOWN else ""
        return f"{counted(len(chosen), 'change')}: {shown}{more}"


def headline(view: ExplanationView) -> str:
    """Give the finding in one sentence."""
    total = len(view.changes)
    failing = view.question is Question.FIRST_FAILING
    if view.minimal is None:
        return (
            f"the files of {view.project} do not explain it: with {counted(total, 'change')} from "
            f"{view.before} to {view.after} applied, {view.before} stays as it is"
        )
    count = len(view.minimal.changes)
    which = f"{count} of {total} changes" if total > 1 else "the only change"
    if count > 1:
        turns = "together bring the failure" if failing else "together mend it"
    else:
        turns = "brings the failure" if failing else "mends it"
    return f"{which} from {view.project} {view.before} to {view.after} {turns}"


def sentences(view: ExplanationView) -> Iterator[str]:
    """Give what else is to be said."""
    yield from view.places
    if view.minimal is None:
        if view.whole is not None:
            yield f"with all changes applied: {outcome_words(view.whole.outcome)}"
        return
    if not view.minimal.proven:
        yield "the set may not be minimal: the budget was spent; --budget N allows more trials"
    if view.minimal.undecided:
        count = len(view.minimal.undecided)
        yield f"without {count} of them it cannot be told: what is left then fails in another way"
    elif view.minimal.proven and len(view.minimal.changes) > 1:
        yield "without any one of them the failure does not appear"
    for name, url in (("changelog", view.links.changelog), ("source", view.links.source)):
        if url:
            yield f"{name}: {url}"
    if view.links.comparison:
        yield f"comparison, if tags are called so: {view.links.comparison}"


def markdown(view: ExplanationView, *, made: str) -> str:
    """Give ``explanation.md``."""
    lines = [f"# {escaped(headline(view))}", ""]
    lines += [f"- {escaped(sentence)}" for sentence in sentences(view)]
    if view.diff:
        lines += ["", fenced(view.diff, "diff")]
    return "\n".join([*lines, "", *trials(view.steps, view.part), made, ""])


def document(view: ExplanationView, *, made: str) -> str:
    """Give ``explanation.json``."""
    minimal = view.minimal
    chosen = set() if minimal is None else set(minimal.changes)
    return (
        json.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "made": made,
                "headline": headline(view),
                "project": view.project,
                "before": view.before,
                "after": view.after,
                "question": view.question,
                "explained": minimal is not None,
                "proven": minimal is not None and minimal.proven,
                "changes": len(view.changes),
                "minimal": [_change(c) for n, c in enumerate(view.changes) if n in chosen],
                "diff": view.diff,
                "changelog": view.links.changelog,
                "source": view.links.source,
                "comparison": view.links.comparison,
                "trials": len(view.steps),
            },
            indent=1,
        )
        + "\n"
    )


def _change(change: Change) -> dict[str, Any]:
    return {
        "file": change.file,
        "kind": change.kind,
        "old": [change.old.start, change.old.stop - 1],
        "new": [change.new.start, change.new.stop - 1],
    }
