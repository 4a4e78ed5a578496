"""How a run gets on: a live grid on a terminal, plain lines elsewhere; both on standard error."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from versect.model.cell import Cell
from versect.model.outcome import FailedOtherwise, Outcome, Unresolved
from versect.model.verdict import Step
from versect.report.evidence import counted
from versect.report.view import Glyph, gist, glyph

_ENOUGH: Final = 3
"""Finished cells before a remaining time is ventured."""
_RECENT: Final = 40


class Clock:
    """Counts finished cells and estimates the remaining time from how the recent ones went."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.started = now()
        self.total = self.done = 0
        self._moments: deque[float] = deque([self.started], maxlen=_RECENT)

    def finished(self) -> None:
        """Count one cell."""
        self.done += 1
        self._moments.append(self._now())

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now() - self.started

    @property
    def remaining(self) -> float | None:
        """Seconds that are left if cells go on as the recent ones did; None when too few did."""
        if self.done < _ENOUGH:
            return None
        recent = len(self._moments) - 1
        pace = (self._moments[-1] - self._moments[0]) / recent
        return max(0.0, pace * (self.total - self.done))

    def words(self) -> str:
        """Say ``12/40, 0:31, about 1:10 left``."""
        left = self.remaining
        estimate = (
            "" if left is None or self.done == self.total else f", about {_minutes(left)} left"
        )
        return f"{self.done}/{self.total}, {_minutes(self.elapsed)}{estimate}"


class PlainLines:
    """One line a finished cell; see ``Progress``."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = Clock()

    def planned(self, cells: tuple[Cell, ...], known: int) -> None:
        """Say how much there is to do."""
        self._clock.total = len(cells) - known
        self._console.print(Text(_planned(cells, known)), soft_wrap=True)

    def started(self, cell: Cell) -> None:
        """Say nothing: the end of a cell is news enough."""

    def finished(self, cell: Cell, outcome: Outcome, seconds: float) -> None:
        """Say how a cell ended."""
        self._clock.finished()
        line = f"[{self._clock.words()}] {glyph(outcome)} {cell.id} {describe(outcome)}"
        self._console.print(Text(f"{line} ({seconds:.1f} s)"), soft_wrap=True)

    def close(self) -> None:
        """Nothing is open."""


class LiveGrid:
    """A grid of signs that fills up; see ``Progress``."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = Clock()
        self._signs: dict[str, Glyph] = {}
        self._running: dict[str, None] = {}
        self._lock = threading.Lock()
        self._live = Live(console=console, get_renderable=self._picture, refresh_per_second=4)

    def planned(self, cells: tuple[Cell, ...], known: int) -> None:
        """Show the grid."""
        self._clock.total = len(cells) - known
        self._signs = {cell.id: Glyph.OPEN for cell in cells}
        self._console.print(Text(_planned(cells, known)))
        if self._clock.total:
            self._live.start()

    def started(self, cell: Cell) -> None:
        """Show a cell among those that run."""
        with self._lock:
            self._running[cell.id] = None

    def finished(self, cell: Cell, outcome: Outcome, seconds: float) -> None:  # noqa: ARG002
        """Fill in a cell."""
        with self._lock:
            self._running.pop(cell.id, None)
            self._signs[cell.id] = glyph(outcome)
            self._clock.finished()

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._live.is_started:
            self._live.stop()

    def _picture(self) -> Group:
        with self._lock:
            signs, running = list(self._signs.values()), list(self._running)
        counts = "  ".join(f"{sign} {signs.count(sign)}" for sign in Glyph if sign in signs)
        room = self._console.width * max(1, self._console.height - 8)
        grid = "".join(signs) if len(signs) <= room else ""
        lines = [Text(grid), Text(counts)] if grid else [Text(counts)]
        return Group(
            *lines,
            *(Text(f"  running {name}", overflow="ellipsis", no_wrap=True) for name in running[:4]),
            Text(f"  {self._clock.words()}"),
        )


class StepLines:
    """One line an answered question of a search; on a terminal also what is being tried."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("") if console.is_terminal else None

    def trying(self, cell: Cell) -> None:
        """Show what is being tried."""
        if self._status is not None:
            self._status.update(Text(f"trying {cell.id}"))
            self._status.start()

    def step(self, number: int, step: Step) -> None:
        """Say what a search was answered."""
        trial = step.trial
        again = " again" if trial.probe.repeat else ""
        spent = trial.observation.timings
        seconds = spent.resolve + spent.build + spent.start + spent.run
        took = "known" if step.known else f"{seconds:.1f} s"
        line = f"{glyph(step.outcome)} {trial.probe.cell.id}{again} {describe(step.outcome)}"
        self._console.print(Text(f"[{number}] {line} ({took})"), soft_wrap=True)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._status is not None:
            self._status.stop()


def describe(outcome: Outcome) -> str:
    """Say an outcome in a few words."""
    match outcome:
        case Unresolved(cause=cause, detail=detail):
            return f"unresolved, {cause}: {gist(detail)[:160]}"
        case FailedOtherwise(signature=signature):
            return f"failed otherwise: {str(signature)[:160]}"
        case _:
            return type(outcome).__name__.lower()


def _planned(cells: tuple[Cell, ...], known: int) -> str:
    """Say how much there is to do; a cell that is asked several times counts so often."""
    noun = "cell" if len({cell.id for cell in cells}) == len(cells) else "trial"
    return f"{counted(len(cells), noun)}, {known} known, {len(cells) - known} to run"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
