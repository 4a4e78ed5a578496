"""What ``versect accept`` and ``versect check`` do, in order; each step is somebody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from versect.app.check import (
    INCONCLUSIVE,
    INFRASTRUCTURE,
    REGRESSION,
    Judged,
    Kind,
    exit_code,
    faults,
    judge,
)
from versect.app.plan import Plan, Result, finished, is_transient
from versect.app.review import review
from versect.cli import commands
from versect.cli.commands import alone, ask, tried
from versect.cli.job import summarise
from versect.cli.searching import made
from versect.cli.tracing import Tracer
from versect.cli.wiring import Wiring, now
from versect.engine.select import Choice
from versect.errors import (
    EngineUnavailable,
    IndexUnavailable,
    StorageError,
    ToolMissing,
    UsageError,
    VersectError,
)
from versect.model.baseline import Baseline, Stand, stand
from versect.model.cell import Cell
from versect.model.outcome import Word
from versect.model.study import Study
from versect.report import check as report
from versect.report.check import CheckView, Regression, Row
from versect.report.evidence import counted
from versect.report.findings import common
from versect.report.view import matrix_view
from versect.report.write import write
from versect.select.shards import Shard
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.source.load import find
from versect.source.remember import document, place, recalled
from versect.store import baseline as baselines
from versect.store.jsonl import JsonLines

_REPEATS: Final = (1, 2)
"""Every regressed cell is asked so often again before it is called one."""
FAILURES: Final = (EngineUnavailable, IndexUnavailable, StorageError, ToolMissing)
"""What keeps a check from being made and says nothing about any release."""
VERDICTS: Final = {
    0: "nothing-new-broke",
    REGRESSION: "regression",
    INCONCLUSIVE: "inconclusive",
    INFRASTRUCTURE: "infrastructure",
}
"""What a check concludes, by its exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of ``versect check`` ask for."""

    engine: str
    jobs: int
    budget: int
    fresh: bool
    as_json: bool
    shard: Shard | None = None
    """Only this part of the cells is asked, and nothing is searched."""


def accept(wiring: Wiring, name: str) -> int:
    """Make the newest stored trials of a study its baseline; see ``versect accept``."""
    draft = recalled(wiring.results, name) or find(name, Path.cwd(), wiring.results)
    study = draft.study()
    folder = wiring.results / study.name
    found = review(study, JsonLines(folder, study.name).trials(), study.symptom)
    if not found.cells:
        raise UsageError(
            f"no trial of {study.name} is finished", remedy=f"run it: versect run {study.name}"
        )
    newest = found.results[found.cells[-1].id][0]
    old = baselines.read(folder / baselines.NAME)
    new = Baseline(
        engine=newest.setting.engine,
        fingerprint=newest.fingerprint,
        accepted=now(),
        cells={cell.id: stand(*found.results[cell.id]) for cell in found.cells},
    )
    write(folder / baselines.NAME, baselines.document(new))
    for line in _changed(old, new):
        click.echo(line)
    counts = Counter(one.word for one in new.cells.values())
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    wiring.say(f"{study.name}: accepted {counted(len(new.cells), 'cell')} on {new.engine}: {words}")
    gone = 0 if old is None else len(old.cells.keys() - new.cells.keys())
    if gone:
        words = f"{counted(gone, 'cell')} of the old baseline"
        wiring.say(f"without a trial of the study as it is now: {words}")
    wiring.say(f"written: {folder / baselines.NAME}")
    return 0


def check(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Run what is new of a study and compare it with its baseline; see ``versect check``.

    Raises:
        UsageError: The study has no baseline.

    """
    study = draft.study()
    folder = wiring.results / study.name
    baseline = baselines.read(folder / baselines.NAME)
    if baseline is None:
        raise UsageError(
            f"{study.name} has no baseline to compare with",
            remedy=f"run it, look at the table, and accept it: versect run {study.name}; "
            f"versect accept {study.name}",
        )
    try:
        view = _Check(wiring, draft, request, baseline).view()
    except FAILURES as error:
        view = _nothing(study, request, baseline, error)
        wiring.say(f"error: {error}")
        if error.remedy:
            wiring.say(f"hint: {error.remedy}")
    _publish(wiring, folder, view, as_json=request.as_json)
    return view.exit_code


class _Check:
    """One check on its way to what is shown of it."""

    def __init__(self, wiring: Wiring, draft: Draft, request: Request, baseline: Baseline) -> None:
        self._wiring = wiring
        self._draft = draft
        self._study = draft.study()
        self._folder = wiring.results / self._study.name
        self._request = request
        self._baseline = baseline

    def view(self) -> CheckView:
        """Ask what is new, judge it, and search what broke."""
        choice = self._choice()
        self._wiring.say(
            f"{self._study.name}: engine {choice.engine.name} ({choice.reason}), "
            f"-j {self._request.jobs}"
        )
        with alone(self._wiring, self._folder):
            plan, results = tried(
                self._wiring,
                self._draft,
                choice,
                jobs=self._request.jobs,
                fresh=self._request.fresh,
                shard=self._request.shard,
                beside=True,
            )
            results |= self._once_more(plan, results)
            stands = {name: stand(*result) for name, result in results.items()}
            judged = judge(self._baseline, plan.cells, stands)
            broken = [one.cell for one in judged if one.kind is Kind.REGRESSION]
            flaky = self._flaky(plan, broken, results, choice.engine.name)
            judged = judge(self._baseline, plan.cells, stands, flaky)
            table = matrix_view(self._study, plan.cells, results)
            commands.keep(self._wiring, self._folder, table)
        digest = fingerprint(self._study)
        try:
            regressions, unstable, spent = self._traced(judged, plan)
        finally:
            write(place(self._folder, digest), document(self._draft))  # searches narrowed it
        judged = judge(self._baseline, plan.cells, stands, flaky | unstable)
        code = exit_code(judged)
        if self._wiring.index.stale and code != REGRESSION:
            code = INFRASTRUCTURE
        return CheckView(
            study=self._study.name,
            engine=choice.engine.name,
            accepted=self._baseline.accepted,
            verdict=VERDICTS[code],
            exit_code=code,
            cells=len(plan.cells),
            asked=tuple(cell.id for cell in plan.open),
            regressions=regressions,
            rows=tuple(_row(one) for one in judged if one.kind is not Kind.SAME),
            spent=spent,
            budget=self._request.budget,
            notes=tuple(self._notes(plan, choice, digest)),
        )

    def _once_more(self, plan: Plan, results: dict[str, Result]) -> dict[str, Result]:
        """Ask again what only the world was in the way of; a little later it may not be."""
        lost = tuple(cell for cell in plan.cells if is_transient(results[cell.id][1]))
        if not lost:
            return {}
        self._wiring.say(f"once more: {counted(len(lost), 'cell')} that could not be tried")
        return self._ask(replace(plan, cells=lost, known={}))

    def _flaky(
        self, plan: Plan, broken: Sequence[Cell], results: dict[str, Result], engine: str
    ) -> frozenset[str]:
        """Ask every regressed cell again, and give those that passed then."""
        flaky: set[str] = set()
        for repeat in _REPEATS:
            cells = tuple(cell for cell in broken if cell.id not in flaky)
            stored = finished(
                JsonLines(self._folder, self._study.name).trials(),
                self._study.symptom,
                fingerprint=fingerprint(self._study),
                engine=engine,
                repeat=repeat,
            )
            known = {
                name: (trial, outcome)
                for name, (trial, outcome) in stored.items()
                if name in results
                and trial.setting.environment == results[name][0].setting.environment
            }
            again = replace(plan, cells=cells, known=known)
            if again.open:
                self._wiring.say(
                    f"again ({repeat}): {counted(len(again.open), 'cell')} that began to fail"
                )
                known |= self._ask(again, repeat)
            flaky |= {c.id for c in cells if stand(*known[c.id]).word is Word.PASSED}
        return frozenset(flaky)

    def _traced(
        self, judged: Sequence[Judged], plan: Plan
    ) -> tuple[tuple[Regression, ...], frozenset[str], int]:
        """Search every regression; give them, the cells of those that were flaky, and the cost."""
        tracer = Tracer(
            wiring=self._wiring,
            draft=self._draft,
            engine=self._request.engine,
            jobs=self._request.jobs,
            searches=self._request.shard is None,
        )
        regressions: dict[str, Regression] = {}
        unstable: set[str] = set()
        spent = 0
        for fault in faults(judged):
            where = common(fault.cells, plan.cells, {fault.axis})
            traced = tracer.trace(fault, where, max(0, self._request.budget - spent))
            spent += traced.spent
            one = traced.regression
            if traced.flaky:
                unstable |= {cell.id for cell in fault.cells}
            elif one.identity in regressions:  # a search led both to one release
                first = regressions[one.identity]
                regressions[one.identity] = replace(first, cells=first.cells + one.cells, where="")
            else:
                regressions[one.identity] = one
        return tuple(regressions.values()), frozenset(unstable), spent

    def _ask(self, plan: Plan, repeat: int = 0) -> dict[str, Result]:
        return ask(
            self._wiring,
            self._study,
            self._choice(),
            plan,
            jobs=self._request.jobs,
            repeat=repeat,
        )

    def _choice(self) -> Choice:
        """Give an engine; each run closes its own."""
        return self._wiring.choose(self._request.engine)

    def _notes(self, plan: Plan, choice: Choice, digest: str) -> list[str]:
        notes = []
        if self._baseline.engine != choice.engine.name:
            notes.append(f"the baseline was made on {self._baseline.engine}")
        if self._baseline.fingerprint != digest:
            notes.append("the study or its reproduction is not the one of the baseline")
        if self._wiring.index.stale:
            notes.append("the index gave no answer: releases newer than its last one are not known")
        if self._wiring.offline:
            notes.append("offline: the index was not asked for new releases")
        if self._request.shard is not None:
            notes.append(
                f"only shard {self._request.shard}: cells of others take part where a trial of "
                "them is here; the check of the whole, after 'versect merge', searches what broke"
            )
        gone = self._baseline.cells.keys() - {cell.id for cell in plan.cells}
        if gone and self._request.shard is None:
            notes.append(f"the study no longer has {counted(len(gone), 'cell')} of the baseline")
        return notes


def _nothing(study: Study, request: Request, baseline: Baseline, error: VersectError) -> CheckView:
    """Give what is shown of a check that could not be made."""
    return CheckView(
        study=study.name,
        engine=request.engine,
        accepted=baseline.accepted,
        verdict=VERDICTS[INFRASTRUCTURE],
        exit_code=INFRASTRUCTURE,
        cells=0,
        asked=(),
        regressions=(),
        rows=(),
        spent=0,
        budget=request.budget,
        notes=(str(error),),
    )


def _publish(wiring: Wiring, folder: Path, view: CheckView, *, as_json: bool) -> None:
    """Write a check in all formats and say it."""
    text = report.document(view, made=made())
    for one in view.regressions:
        write(folder / report.issue_place(one), report.issue(view, one, made=made()))
    write(folder / "check.md", report.markdown(view, made=made()))
    write(folder / "check.json", text)
    summarise(wiring, lambda room: report.summarised(view, made=made(), room=room))
    if as_json:
        click.echo(text, nl=False)
    else:
        click.echo("\n  ".join((report.headline(view), *report.summary(view))))
        for one in view.regressions:
            click.echo(f"\n{one.identity}: {one.finding}")
            click.echo(one.explanation and f"  {one.explanation}", nl=bool(one.explanation))
            click.echo(one.diff and f"\n{one.diff}", nl=False)
    wiring.say(f"written: {folder / 'check.md'}, {folder / 'check.json'}")


def _row(one: Judged) -> Row:
    return Row(
        cell=one.cell.id,
        kind=str(one.kind),
        before=one.before,
        now=one.now,
        beside="" if one.beside is None else one.beside.id,
    )


def _changed(old: Baseline | None, new: Baseline) -> list[str]:
    """Say what a new baseline has otherwise, a line a cell."""
    before: dict[str, Stand] = {} if old is None else dict(old.cells)
    lines = []
    for name, one in new.cells.items():
        if name not in before:
            lines += [f"new {name}: {one}"] if old is not None else []
        elif before[name].shown != one.shown:
            lines.append(f"changed {name}: {before[name]} -> {one}")
    return lines + [f"gone {name}" for name in before if name not in new.cells]
