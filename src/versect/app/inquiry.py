"""Answers the questions of searches with trials, and keeps every one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Executor, Future
from typing import Protocol, TypeVar

from versect.app.laboratory import Laboratory
from versect.app.plan import Result, is_transient
from versect.classify.rules import classify
from versect.model.cell import Cell
from versect.model.outcome import Failed, FailedOtherwise, Outcome, Passed, Unresolved
from versect.model.study import Symptom
from versect.model.trial import Probe, Trial
from versect.model.verdict import Step
from versect.search.ask import Answer, Ask, Start, drive, replay
from versect.store.interface import TrialLog

Point = TypeVar("Point", bound=Hashable)
Verdict = TypeVar("Verdict")
Lens = Callable[[Outcome], Answer]
"""What an outcome means to a search."""


class Steps(Protocol):
    """Who is told how a search gets on."""

    def trying(self, cell: Cell) -> None:
        """A trial of a cell has begun; may come from any thread."""

    def step(self, number: int, step: Step) -> None:
        """A search was answered; ``number`` counts from 1."""


class Inquiry:
    """Puts questions about cells to a laboratory; no finished trial is ever made again."""

    def __init__(  # noqa: PLR0913 - who answers, who is told, and with how many hands
        self,
        laboratory: Laboratory,
        log: TrialLog,
        symptom: Symptom,
        *,
        stored: Iterable[Trial],
        progress: Steps,
        executor: Executor,
        jobs: int,
    ) -> None:
        """Answers for one run.

        Args:
            laboratory: Makes trials.
            log: Keeps them.
            symptom: What counts as the failure.
            stored: Trials of this fingerprint and engine that were made before.
            progress: Is told.
            executor: Where trials are made; its size should be ``jobs``.
            jobs: How many at once.

        """
        self._laboratory = laboratory
        self._log = log
        self._symptom = symptom
        self._progress = progress
        self._executor = executor
        self._jobs = jobs
        self._results: dict[tuple[str, int], Future[Result]] = {}
        for trial in stored:
            outcome = classify(symptom, trial.observation)
            if not is_transient(outcome):
                found: Future[Result] = Future()
                found.set_result((trial, outcome))
                self._results[trial.probe.cell.id, trial.probe.repeat] = found
        self._known = frozenset(self._results)
        self._guard = threading.Lock()
        self._over = False
        self._noted: set[tuple[str, int]] = set()
        self.steps: list[Step] = []

    @property
    def made(self) -> int:
        """How many trials this run has made, those included that no search asked for in the end."""
        return len(self._results.keys() - self._known)

    def result(self, cell: Cell, repeat: int = 0) -> Result:
        """Give the trial of a cell with its outcome, making it unless it is there or under way."""
        key = (cell.id, repeat)
        with self._guard:
            mine = key not in self._results
            future = self._results.setdefault(key, Future())
        if mine:
            try:
                future.set_result(self._make(Probe(cell=cell, repeat=repeat)))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def close(self) -> None:
        """Keep nothing of what is still under way: no search waits for it."""
        self._over = True

    def search(
        self,
        start: Start[Point, Verdict],
        cell_of: Callable[[Point], Cell],
        lens: Lens,
    ) -> Verdict:
        """Run a search to its verdict.

        Args:
            start: The search.
            cell_of: The cell that a point of it stands for.
            lens: What outcomes mean to it.

        """

        def asked(question: Ask[Point], _answer: Answer) -> None:
            self.note(cell_of(question.point), question.repeat)

        return drive(
            start,
            lambda question: lens(self.result(cell_of(question.point), question.repeat)[1]),
            executor=self._executor,
            jobs=self._jobs,
            known=self._begun(start, cell_of, lens),
            foresee=lambda question: self._foresee(cell_of(question.point)),
            asked=asked,
        )

    def note(self, cell: Cell, repeat: int = 0) -> Step:
        """Count the trial of a cell among the steps that led to the verdict, and give it."""
        trial, outcome = self.result(cell, repeat)
        key = (cell.id, repeat)
        step = Step(trial=trial, outcome=outcome, known=key in self._known)
        if key not in self._noted:
            self._noted.add(key)
            self.steps.append(step)
            self._progress.step(len(self.steps), step)
        return step

    def _begun(
        self, start: Start[Point, Verdict], cell_of: Callable[[Point], Cell], lens: Lens
    ) -> dict[Ask[Point], Answer]:
        """Give the answers with which a search begins and that need no trial.

        Nothing is to be tried ahead of what is known already.
        """
        had: dict[Ask[Point], Answer] = {}
        while isinstance(question := replay(start, tuple(had.values())), Ask):
            result = self._results.get((cell_of(question.point).id, question.repeat))
            if result is None or not result.done() or result.exception() is not None:
                break
            had[question] = lens(result.result()[1])
        return had

    def _make(self, probe: Probe) -> Result:
        self._progress.trying(probe.cell)
        prepared = self._laboratory.prepared(probe.cell.pins).result()
        trial = self._laboratory.ask(probe, prepared)
        if not self._over:
            self._log.append(trial)
        return trial, classify(self._symptom, trial.observation)

    def _foresee(self, cell: Cell) -> None:
        if (cell.id, 0) not in self._results:
            self._laboratory.prepared(cell.pins)


def plain(outcome: Outcome) -> Answer:
    """See an outcome as a search for the first failing release does."""
    match outcome:
        case Passed():
            return Answer.PASSED
        case Failed():
            return Answer.FAILED
        case FailedOtherwise():
            return Answer.OTHER
        case Unresolved():
            return Answer.UNRESOLVED


def turned(outcome: Outcome) -> Answer:
    """See an outcome as a search for the fix does: what fails is where it starts from."""
    swapped = {Answer.PASSED: Answer.FAILED, Answer.FAILED: Answer.PASSED}
    answer = plain(outcome)
    return swapped.get(answer, answer)
