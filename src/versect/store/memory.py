"""The record of trials in memory: for searches in tests and for runs that keep nothing."""

from __future__ import annotations

import threading

from versect.model.trial import Trial


class MemoryLog:
    """A ``TrialLog`` that forgets everything with the process."""

    def __init__(self) -> None:
        self._trials: list[Trial] = []
        self._lock = threading.Lock()

    def append(self, trial: Trial) -> None:
        """Keep one trial."""
        with self._lock:
            self._trials.append(trial)

    def trials(self) -> tuple[Trial, ...]:
        """Give every trial in the order kept."""
        with self._lock:
            return tuple(self._trials)
