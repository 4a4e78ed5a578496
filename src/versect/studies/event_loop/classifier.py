"""A jet classifier that asks a language model behind an OpenAI-compatible endpoint.

    with LocalLLMClassifier(model, "few-shot", "high", base_url, api_key) as classifier:
        quark = classifier.fit(X, y).predict(asked)

Its design is the one recommended: it owns one loop and one client, both made at the first request
and closed by ``close()``, the client on its loop and before it. It has no ``__del__``: who calls
that, and inside which loop, is nobody's choice.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Self

import numpy as np
from clients import Clients, Progress, Question, silent, with_any_httpx
from closing import ExplicitClose, Sync
from jets import Floats
from life import Strategy
from templates import TEMPLATES, Example

_EXAMPLES = 2
"""Jets of each kind that ``fit`` keeps to be told to the model."""


class LocalLLMClassifier:
    """Tells quark jets from gluon jets, with the methods of a scikit-learn classifier.

    Close it when done, or use it in a ``with`` statement. Other lives of loop and client can be
    handed in as ``strategy``, to be compared.
    """

    def __init__(
        self,
        model_name: str,
        template_name: str,
        reasoning_effort: str,
        base_url: str,
        api_key: str,
        *,
        strategy: Strategy | None = None,
        stream: bool = False,
    ) -> None:
        self.model_name = model_name
        self.template_name = template_name
        self.reasoning_effort = reasoning_effort
        self.stream = stream
        self.prior = 0.5
        self._examples: tuple[Example, ...] = ()
        own = Clients(shared=False, maker=with_any_httpx, base_url=base_url, api_key=api_key)
        self._strategy: Strategy = ExplicitClose(own) if strategy is None else strategy
        self._sync = Sync(own)

    def fit(self, X: Floats, y: Floats) -> LocalLLMClassifier:
        """Keep the share of quark jets and the first jets of each kind as examples.

        Args:
            X: Jets, (jets, particles, 4), padded with zeros.
            y: 1 for quark jets, 0 for gluon jets, (jets,).

        """
        self.prior = float(np.mean(y > 0.5)) if len(y) else 0.5
        kinds = ((True, X[y > 0.5]), (False, X[y <= 0.5]))
        self._examples = tuple((jet, kind) for kind, jets in kinds for jet in jets[:_EXAMPLES])
        return self

    def predict(
        self,
        X: Floats,
        verbose: bool = False,
        use_async: bool = True,
        max_concurrent: int = 10,
        *,
        progress: Progress = silent,
    ) -> Floats:
        """Ask about each jet; one request a jet.

        Args:
            X: Jets, (jets, particles, 4), padded with zeros.
            verbose: Whether to say on standard error how far it is.
            use_async: Whether to ask through the strategy; else through a synchronous client.
            max_concurrent: Requests under way at once.
            progress: Told after each answer, inside the loop that asks.

        Returns:
            The probability of each jet to be a quark jet, (jets,). An answer without a number
            counts as the share of quark jets that ``fit`` saw.

        """

        def told(done: int, whole: int) -> None:
            if verbose:
                sys.stderr.write(f"{done} of {whole}\n")
            progress(done, whole)

        asked = self._strategy if use_async else self._sync
        answers = asked.answers([self._question(jet) for jet in X], max_concurrent, told)
        return self._probabilities(answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the client and its loop; a second time does nothing."""
        self._strategy.close()
        self._sync.close()

    def release(self) -> None:
        """Let the strategy end, and leave the client to others."""
        self._strategy.release()
        self._sync.close()

    def _question(self, jet: Floats) -> Question:
        # extra_body: the first releases that are asked know no reasoning_effort.
        question = {
            "model": self.model_name,
            "messages": TEMPLATES[self.template_name](jet, self._examples),
            "extra_body": {"reasoning_effort": self.reasoning_effort},
        }
        return {**question, "stream": True} if self.stream else question

    def _probabilities(self, answers: Sequence[str]) -> Floats:
        return np.array([self._probability(answer) for answer in answers], dtype=np.float64)

    def _probability(self, answer: str) -> float:
        """Read ``{"quark": 0.83}``, or the kind's name where a model only gives that."""
        number = re.search(r"quark\W+([01](?:\.\d+)?|\.\d+)", answer)
        if number:
            return min(1.0, float(number[1]))
        kind = re.search(r"\b(quark|gluon)\b", answer, re.IGNORECASE)
        return self.prior if kind is None else float(kind[1].lower() == "quark")
