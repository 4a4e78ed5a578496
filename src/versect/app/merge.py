"""The trials of several machines as one record: each once, in order, of one question (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge as in_turn
from itertools import groupby

from versect.errors import StoreMismatch
from versect.model.trial import Trial

Identity = tuple[str, str, str, int, datetime]
Placed = tuple[int, Trial]
"""The number of the source that brought a trial, and the trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The record of one machine."""

    name: str
    """What messages call it."""
    trials: tuple[Trial, ...]
    """In the order written."""


def identity(trial: Trial) -> Identity:
    """Give what a trial is known by on any machine: its question, its run and its moment."""
    return trial.fingerprint, trial.run, trial.probe.cell.id, trial.probe.repeat, trial.at


def merged(sources: Sequence[Source]) -> tuple[Placed, ...]:
    """Bring records together.

    What several sources have counts once, for the first of them. Each source's trials stay in
    their order and its runs stay whole; runs of different sources follow one another by the time
    at which they began.

    Args:
        sources: The record that is added to first; its trials may be of any age.

    Returns:
        Every trial, with the number of the source that brought it.

    Raises:
        StoreMismatch: What the sources alone have is not of one study as it was at one time, or
            not of one engine; or one trial has two contents.

    """
    _check_alike(sources)
    seen: dict[Identity, tuple[int, Trial]] = {}
    new: list[list[Placed]] = [[] for _ in sources]
    for number, source in enumerate(sources):
        for trial in source.trials:
            key = identity(trial)
            if key not in seen:
                seen[key] = number, trial
                new[number].append((number, trial))
                continue
            first, known = seen[key]
            if known != trial:
                raise StoreMismatch(
                    f"{sources[first].name} and {source.name} disagree about one trial: "
                    f"{trial.probe.cell.id} of run {trial.run}",
                    remedy="one of them was changed by hand: leave it away",
                )
    runs = in_turn(*map(_runs, new), key=lambda one: one[0])
    return tuple(placed for _, run in runs for placed in run)


def _runs(placed: Iterable[Placed]) -> Iterator[tuple[datetime, list[Placed]]]:
    """Give runs with the time that orders them among those of other sources, never falling."""
    latest: datetime | None = None
    for _, group in groupby(placed, key=lambda one: one[1].run):
        run = list(group)
        began = run[0][1].at
        latest = began if latest is None else max(latest, began)
        yield latest, run


def _check_alike(sources: Sequence[Source]) -> None:
    """Refuse machines that did not ask the same question.

    Records that began as copies of one record share its past, whatever that was asked for: what
    must agree is the newest trial that nobody else has.
    """
    held = Counter(key for source in sources for key in {identity(t) for t in source.trials})
    newest = {
        source.name: own[-1]
        for source in sources[1:]
        if (own := [t for t in source.trials if held[identity(t)] == 1])
    }
    prints = {name: trial.fingerprint[:16] for name, trial in newest.items()}
    engines = {name: trial.setting.engine for name, trial in newest.items()}
    for what, told in (("the study or its reproduction", prints), ("the engine", engines)):
        if len(set(told.values())) > 1:
            words = "".join(f"\n  - {name}: {value}" for name, value in told.items())
            raise StoreMismatch(
                f"these results are not parts of one run: {what} differs{words}",
                remedy="let every shard run the same commit on the same engine; results of "
                "different times are merged one after the other, the oldest first",
            )
