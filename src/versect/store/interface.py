"""What the rest of versect needs of the record of trials."""

from __future__ import annotations

from typing import Protocol

from versect.model.trial import Trial


class TrialLog(Protocol):
    """An append-only record of finished trials; safe to call from several threads."""

    def append(self, trial: Trial) -> None:
        """Write one trial; when this returns, the trial survives a kill or a power cut.

        Raises:
            StorageError: It could not be written; nothing partial can be read back.

        """

    def trials(self) -> tuple[Trial, ...]:
        """Give every trial in the order written.

        Raises:
            StoreMismatch: The record was written by a newer versect.

        """
