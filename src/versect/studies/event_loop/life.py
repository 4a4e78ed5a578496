"""What every strategy is: the life of loop and client behind a classifier."""

from __future__ import annotations

from typing import Any

from clients import Clients, Progress, Questions


class Strategy:
    """Answers the questions of one classifier. What a strategy does not own, it need not end."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def answers(self, questions: Questions, most: int, progress: Progress) -> list[str]:
        """Answer the questions in their order, at most ``most`` of them at once."""
        raise NotImplementedError

    def close(self) -> None:
        """End with the client: the classifier is done, and nobody else uses its client."""

    def release(self) -> None:
        """End without the client: the classifier is done, and others go on using its client."""

    @classmethod
    def finish(cls, client: Any) -> None:
        """End what the program's classifiers had in common: the program is done.

        Args:
            client: What all of them were handed and nobody has closed; None if there is none.

        """
