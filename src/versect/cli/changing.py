"""What ``versect check --changed`` does, in order; each step is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from versect.app.blame import Sides, altered
from versect.app.changed import broken, combinations, exit_code, released, settled
from versect.app.check import INFRASTRUCTURE, identity
from versect.app.focus import Focus
from versect.app.inquiry import plain
from versect.cli import blaming, searching
from versect.cli.checking import FAILURES, VERDICTS
from versect.cli.job import summarise
from versect.cli.searching import Prepared, Tools, focused, made, tools_for
from versect.cli.tracing import UNSEARCHED
from versect.cli.wiring import Wiring, now
from versect.engine.select import Choice
from versect.errors import UsageError
from versect.model.cell import Cell
from versect.model.change import Effect, Tried, effect, face
from versect.model.outcome import FailedOtherwise
from versect.model.study import Study
from versect.model.verdict import Change
from versect.report import changed as report
from versect.report.blame import BlameView, not_as_said
from versect.report.changed import Broken, ChangedView
from versect.report.evidence import counted
from versect.report.write import write
from versect.search.ask import Answer
from versect.source.draft import Draft
from versect.source.pinned import Pinned, differences, side
from versect.source.remember import NAME, document

_OF_A_MATRIX: Final = frozenset({"include", "exclude", "needs", "sweeps", "searches"})
"""What a study says of cells that have its axes; those of a change were picked by then."""
_REPEATS: Final = (1, 2)
"""Both sides of what broke are asked so often again before it is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of ``versect check --changed`` ask for."""

    old: str
    new: str
    engine: str
    jobs: int
    budget: int
    fresh: bool
    as_json: bool


def changed(wiring: Wiring, draft: Draft, request: Request) -> int:
    """Say what a change of locks breaks, and which bump in it; see ``versect check``.

    Raises:
        UsageError: One of the two is no lock.
        StudyError: A lock does not name one release of each project.

    """
    one = _Changed(wiring, draft, request)
    try:
        view = one.view()
    except FAILURES as error:
        wiring.say(f"error: {error}")
        if error.remedy:
            wiring.say(f"hint: {error.remedy}")
        view = one.shown((), (), INFRASTRUCTURE, engine=request.engine, notes=(str(error),))
    _publish(wiring, wiring.results / view.study, view, as_json=request.as_json)
    return view.exit_code


class _Changed:
    """One change on its way to what is shown of it."""

    def __init__(self, wiring: Wiring, draft: Draft, request: Request) -> None:
        self._wiring = wiring
        self._draft = draft
        self._request = request
        self._whole = draft.study()
        self._python = self._whole.pythons[-1]
        self._old, self._new = (self._lock(text) for text in (request.old, request.new))
        self._study = released(self._whole, (self._old, self._new))
        self._made = 0
        self._spent = 0
        """Trials of searches, which the budget bounds."""

    def view(self) -> ChangedView:
        """Try every cell with both locks, and search what broke."""
        if not differences(self._old, self._new):
            return self.shown((), (), 0, engine=self._request.engine, notes=())
        choice = self._choice()
        say = self._wiring.say
        say(f"{self._study.name}: engine {choice.engine.name} ({choice.reason})")
        folder = self._wiring.results / self._study.name
        if not (folder / NAME).exists():  # searches would leave the narrowed study there
            write(folder / NAME, document(self._draft))
        with self._tools(self._study, choice) as tools:
            tried = tuple(self._tried(tools))
            notes = tuple(_not_as_said(tried, self._old, self._new))
        found = tuple(self._searched(group) for group in broken(tried))
        code = exit_code(one.effect for one in tried)
        return self.shown(tried, found, code, engine=choice.engine.name, notes=notes)

    def shown(
        self,
        tried: tuple[Tried, ...],
        found: tuple[Broken, ...],
        code: int,
        *,
        engine: str,
        notes: tuple[str, ...],
    ) -> ChangedView:
        """Give what is shown."""
        study = self._study.name
        bumps = differences(self._old, self._new)
        return ChangedView(
            study=study,
            identity=identity(study, "", "a change of locks"),
            engine=engine,
            python=self._python,
            locks=(self._request.old, self._request.new),
            bumps=tuple(
                Change(project=one.project, before=_text(one.good), after=_text(one.bad))
                for one in bumps
            ),
            tried=tried,
            broken=found,
            verdict=VERDICTS[code],
            exit_code=code,
            made=self._made + self._spent,
            notes=(*notes, *self._old.notes, *self._new.notes, *self._held()),
        )

    def _lock(self, text: str) -> Pinned:
        found = side(text, folder=Path.cwd(), python=self._python, now=now())
        if isinstance(found, Pinned):
            return found
        raise UsageError(
            f"--changed {text}: a date is no lock",
            remedy="'versect blame' compares dates; --changed takes two locks",
        )

    def _tried(self, tools: Tools) -> Iterator[Tried]:
        """Try every combination with both locks, the two of each beside each other."""
        compared = blaming.sides_of(tools, self._old, self._new)
        sides = [replace(compared, base=cell) for cell in self._cells()]
        asked = [cell for one in sides for cell in _ends(one)]
        self._wiring.say(f"{counted(len(sides), 'cell')} with both locks")
        inquiry = tools.inquiry
        pool = ThreadPoolExecutor(self._request.jobs, thread_name_prefix="versect-change")
        try:
            list(pool.map(inquiry.result, asked))
            again = [
                (cell, repeat)
                for one in sides
                if _first(tools, one).effect is Effect.BROKE
                for cell in _ends(one)
                for repeat in _REPEATS
            ]
            list(pool.map(lambda pair: inquiry.result(*pair), again))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # whoever made the tools ends the rest
        yield from (_steady(tools, one, _first(tools, one)) for one in sides)
        self._made += inquiry.made

    def _searched(self, group: Sequence[Tried]) -> Broken:
        """Find which bump brings one failure, from the first cell that shows it."""
        first = group[0]
        cells = tuple(one.cell.id for one in group)
        found, words = None, "not searched: the budget is spent; --budget N allows more trials"
        if self._request.budget > self._spent:
            try:
                found, words = self._compared(first), ""
            except UNSEARCHED as error:
                words = f"not searched: {error}"
        return Broken(face=face(first.after.outcome), cells=cells, found=found, words=words)

    def _compared(self, broke: Tried) -> BlameView:
        otherwise = isinstance(broke.after.outcome, FailedOtherwise)
        study = settled(self._study, broke.cell)
        with self._tools(study, self._choice(), broke.cell, any_failure=otherwise) as tools:
            sides = replace(blaming.sides_of(tools, self._old, self._new), base=broke.cell)
            left = self._request.budget - self._spent
            try:
                return blaming.compared(tools, sides, self._search(left))
            finally:
                self._spent += tools.inquiry.made

    def _cells(self) -> tuple[Cell, ...]:
        found = tuple(combinations(self._whole, self._python, self._new))
        if not found:
            raise UsageError(
                f"{self._study.name}: no cell is left after include and exclude",
                remedy="they are judged by the releases of the new lock",
            )
        return found

    def _tools(
        self, study: Study, choice: Choice, cell: Cell | None = None, *, any_failure: bool = False
    ) -> AbstractContextManager[Tools]:
        left_out = _OF_A_MATRIX | ({"failure"} if any_failure else set())
        table = {k: v for k, v in self._draft.table.items() if k not in left_out}
        draft = focused(replace(self._draft, table=table), study)
        focus = Focus(
            study=replace(study, symptom=draft.study().symptom),
            cell=cell or self._cells()[0],
            notes=(),
        )
        ready = Prepared(draft=draft, focus=focus, choice=choice, projects=())
        search = self._search(self._request.budget)
        first = cell is None  # what was asked afresh once is known from then on
        return tools_for(self._wiring, ready, replace(search, fresh=search.fresh and first))

    def _choice(self) -> Choice:
        """Give an engine; each search closes its own."""
        return self._wiring.choose(self._request.engine)

    def _search(self, budget: int) -> searching.Request:
        asked = self._request
        return searching.Request.plain(
            budget=budget, engine=asked.engine, jobs=asked.jobs, fresh=asked.fresh
        )

    def _held(self) -> Iterator[str]:
        pythons = self._whole.pythons
        if len(pythons) > 1:
            yield f"only Python {self._python} of {', '.join(pythons)}; choose with --python"


def _ends(sides: Sides) -> tuple[Cell, Cell]:
    """Give the cells of the old lock and of the new one."""
    return sides.mix(()), sides.mix(range(len(sides.differences)))


def _first(tools: Tools, sides: Sides) -> Tried:
    """Give what the change does at first sight."""
    before, after = (tools.inquiry.note(cell) for cell in _ends(sides))
    found = effect(before.outcome, after.outcome)
    return Tried(cell=sides.base, before=before, after=after, effect=found)


def _steady(tools: Tools, sides: Sides, tried: Tried) -> Tried:
    """Give what the change does if it does so each time."""
    if tried.effect is not Effect.BROKE:
        return tried
    for cell, step in zip(_ends(sides), (tried.before, tried.after), strict=True):
        for repeat in _REPEATS:
            again = plain(tools.inquiry.note(cell, repeat).outcome)
            if again is not Answer.UNRESOLVED and again is not plain(step.outcome):
                return replace(tried, effect=Effect.FLAKY)
    return tried


def _not_as_said(tried: Sequence[Tried], old: Pinned, new: Pinned) -> Iterator[str]:
    """Say of each lock which releases the first cell could not have as it says."""
    for lock, steps in ((old, (t.before for t in tried)), (new, (t.after for t in tried))):
        first = next(filter(None, (altered(lock, step) for step in steps)), ())
        if first:
            yield not_as_said(lock.source, first)


def _text(version: object) -> str:
    return "" if version is None else str(version)


def _publish(wiring: Wiring, folder: Path, view: ChangedView, *, as_json: bool) -> None:
    """Write a change in all formats and say it."""
    text, comment = report.document(view, made=made()), report.markdown(view, made=made())
    write(folder / "changed.md", comment)
    write(folder / "changed.json", text)
    summarise(wiring, lambda room: comment if len(comment.encode()) <= room else "")
    click.echo(text if as_json else comment, nl=False)
    wiring.say(f"{report.headline(view)}; written: {folder / 'changed.md'}")
