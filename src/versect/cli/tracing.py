"""What is found out about one regression of a check: its release and its lines, within a budget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from packaging.version import Version

from versect.app import bisect as searching
from versect.app.bisect import Finding
from versect.app.check import Fault, identity
from versect.app.explain import explain
from versect.app.focus import focus
from versect.app.plan import answering
from versect.cli import bisecting, explaining, publishing
from versect.cli.searching import Prepared, Request, Tools, focused, line_of, tools_for
from versect.cli.wiring import Wiring
from versect.errors import (
    EngineUnavailable,
    IndexUnavailable,
    StudyError,
    UnknownProject,
    UsageError,
)
from versect.model.cell import Cell
from versect.model.outcome import Word
from versect.model.study import Every, Study
from versect.model.verdict import Question
from versect.report import explanation as report
from versect.report.bisection import BisectionView
from versect.report.bisection_words import headline, sentences
from versect.report.check import Regression
from versect.report.evidence import counted
from versect.report.explanation import ExplanationView
from versect.search.cost import cost
from versect.search.history import Kind
from versect.select.line import PYTHON, Line, Order
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.store.jsonl import JsonLines

UNSEARCHED: Final = (
    EngineUnavailable,
    IndexUnavailable,
    StudyError,
    UnknownProject,
    UsageError,
)
"""What keeps a search from being made; the regression is told all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What came of one regression."""

    regression: Regression
    flaky: bool
    """Whether one side of its boundary both passed and failed: then it is none."""
    spent: int
    """Trials made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracer:
    """Searches regressions of one check."""

    wiring: Wiring
    draft: Draft
    engine: str
    jobs: int
    searches: bool
    """Whether anything is searched; a part of a check tells what broke and leaves it at that."""

    def trace(self, fault: Fault, where: str, budget: int) -> Traced:
        """Find out what brought a fault, in at most so many trials that were not made before."""
        if fault.passing is None:
            return Traced(regression=self._unsearchable(fault, where), flaky=False, spent=0)
        if not self.searches:
            words = "not searched: the check of the whole does it"
            return Traced(regression=self._plain(fault, where, words), flaky=False, spent=0)
        try:
            return self._searched(fault, fault.passing, where, budget)
        except UNSEARCHED as error:
            unsearched = self._plain(fault, where, f"not searched: {error}")
            return Traced(regression=unsearched, flaky=False, spent=0)

    def _searched(self, fault: Fault, passing: Cell, where: str, budget: int) -> Traced:
        ready = self._prepared(fault)
        good, bad = passing.value(fault.axis), fault.failing.value(fault.axis)
        request = self._request(fault.axis, good, bad, budget)
        line = line_of(self.wiring, ready.focus, ready.choice, fault.axis, Order.VERSION)
        worst = self._cost(ready, line, request)
        if worst > budget:
            trials = f"it may take {counted(worst, 'trial')}, and the budget has {budget} left"
            words = f"not searched: {trials}"
            return Traced(regression=self._plain(fault, where, words), flaky=False, spent=0)
        self.wiring.say(f"searching {fault.axis} for what breaks {fault.failing.id}")
        with tools_for(self.wiring, ready, request) as tools:
            found, view = bisecting.examined(tools, line, request)
            lines, words = self._lines(tools, line, found, view, budget)
            spent = tools.inquiry.made
        plain = self._plain(fault, where, headline(view), found)
        regression = replace(
            plain,
            verdict=str(view.kind),
            suspects=tuple(view.suspects),
            sentences=tuple(sentences(view)),
            explanation=words,
            diff="" if lines is None else lines.diff,
        )
        folder = self._folder / "check" / regression.identity
        publishing.keep(folder, bisecting.finding_of(view))
        if lines is not None:
            publishing.keep(folder, explaining.finding_of(lines))
        flaky = found.history.kind is Kind.UNSTABLE
        return Traced(regression=regression, flaky=flaky, spent=spent)

    def _lines(
        self, tools: Tools, line: Line, found: Finding, view: BisectionView, budget: int
    ) -> tuple[ExplanationView | None, str]:
        """Find the lines of a single release, with what the search for it left of the budget."""
        if found.history.kind is not Kind.FOUND or line.axis == PYTHON:
            return None, ""
        left = budget - tools.inquiry.made - 1
        if left < 1:
            return None, "its lines were not searched: the budget is spent"
        result = explain(
            line,
            found,
            Question.FIRST_FAILING,
            tools.focus.study.symptom,
            laboratory=tools.laboratory,
            inquiry=tools.inquiry,
            budget=left,
        )
        if result is None:
            return None, "its lines were not searched: one side's environment cannot be built"
        shown = explaining.view_of(view, result, tuple(tools.inquiry.steps[len(view.steps) :]))
        return shown, report.headline(shown)

    def _prepared(self, fault: Fault) -> Prepared:
        """Narrow the study to the series between the two cells, everything else held as there."""
        study = _narrowed(self.draft.study(), fault)
        table = {
            **self.draft.table,
            "python": list(study.pythons),
            "parameters": {axis.name: list(axis.values) for axis in study.parameters},
        }
        left_out = {"include", "exclude"}  # they pick cells of a matrix, and this is a series
        if fault.stand.word is Word.OTHERWISE:
            left_out.add("failure")  # it fails in a way of its own, which is what is sought now
        draft = replace(self.draft, table={k: v for k, v in table.items() if k not in left_out})
        draft = focused(draft, study)
        return Prepared(
            draft=draft,
            focus=focus(draft.study(), (fault.axis,), pre=False, yanked=False),
            choice=self.wiring.choose(self.engine),
            projects=(fault.axis,),
        )

    def _cost(self, ready: Prepared, line: Line, request: Request) -> int:
        study = ready.draft.study()
        known = searching.known_answers(
            line,
            answering(
                JsonLines(self._folder, study.name).trials(),
                fingerprint=fingerprint(study),
                engine=ready.choice.engine.name,
            ),
            study.symptom,
            searching.lens_of(Question.FIRST_FAILING),
        )
        return cost(bisecting.plan_for(line, request), known).worst

    def _plain(
        self, fault: Fault, where: str, finding: str, found: Finding | None = None
    ) -> Regression:
        """Give a regression as the matrix, or a search, shows it."""
        cell = fault.failing
        if found is not None and found.after is not None:
            cell = found.after.trial.probe.cell
        culprit = f"{fault.axis} {cell.value(fault.axis)}" if fault.axis else _changed(fault)
        return Regression(
            identity=identity(self.draft.study().name, fault.stand.face, culprit),
            culprit=culprit,
            face=str(fault.stand),
            cells=tuple(one.id for one in fault.cells),
            where=where,
            failing=fault.failing.id,
            passing="" if fault.passing is None else fault.passing.id,
            finding=finding,
            verdict="",
            suspects=(),
            sentences=(),
            explanation="",
            diff="",
        )

    def _unsearchable(self, fault: Fault, where: str) -> Regression:
        one = self._plain(
            fault, where, "what passed in the baseline fails now, and its own releases are the same"
        )
        also = fault.changes or ("nothing that was recorded changed since the baseline",)
        return replace(one, sentences=also)

    def _request(self, axis: str, good: str, bad: str, budget: int) -> Request:
        return Request.plain(
            axis, good=good, bad=bad, budget=budget, engine=self.engine, jobs=self.jobs
        )

    @property
    def _folder(self) -> Path:
        return self.wiring.results / self.draft.study().name


def _changed(fault: Fault) -> str:
    return ", ".join(fault.changes) or "something unrecorded"


def _narrowed(study: Study, fault: Fault) -> Study:
    """Hold every axis but one at the value of the failing cell; of that one take all releases."""
    cell = fault.failing
    return replace(
        study,
        pythons=study.pythons if fault.axis == PYTHON else (cell.pins.python,),
        projects=tuple(
            replace(axis, every=Every.RELEASE, limit=None)
            if axis.project == fault.axis
            else replace(axis, choices=(Version(cell.value(axis.project)),))
            for axis in study.projects
        ),
        parameters=tuple(
            replace(axis, values=(cell.value(axis.name),)) for axis in study.parameters
        ),
    )
