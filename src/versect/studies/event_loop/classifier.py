"""A jet classifier that asks a language model, with the interface of scikit-learn's classifiers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from strategies import STRATEGIES

TEMPLATES = {
    "multiplicity": "A jet. multiplicity: {multiplicity}. Probability that it is a quark jet?",
    "width": "A jet. width: {width:.4f}. Probability that it is a quark jet?",
    "both": "A jet. multiplicity: {multiplicity}, width: {width:.4f}. Quark probability?",
}


def describe(jet: np.ndarray, template: str) -> str:
    """Put one jet, an array (particles, 4), into words."""
    particles = jet[jet[:, 0] > 0]
    shares = particles[:, 0] / particles[:, 0].sum()
    middle = (shares[:, None] * particles[:, 1:3]).sum(0)
    away = particles[:, 1:3] - middle
    away[:, 1] = (away[:, 1] + np.pi) % (2 * np.pi) - np.pi
    width = float((shares * np.hypot(away[:, 0], away[:, 1])).sum())
    return TEMPLATES[template].format(multiplicity=len(particles), width=width)


class LocalLLMClassifier:
    """Tells quark jets from gluon jets by asking a model behind an OpenAI-compatible server."""

    def __init__(
        self,
        model_name: str,
        template_name: str,
        reasoning_effort: str,
        base_url: str,
        api_key: str,
        *,
        strategy: str = "per-instance-loop",
        max_retries: int = 2,
        inside: Callable[[], None] = lambda: None,
    ) -> None:
        self.model_name = model_name
        self.template_name = template_name
        self.reasoning_effort = reasoning_effort
        self.prior = 0.5
        settings = {"base_url": base_url, "api_key": api_key, "max_retries": max_retries}
        self.sync = STRATEGIES["sync"](settings, self._ask, inside)
        self.strategy = STRATEGIES[strategy](settings, self._ask, inside)

    def fit(self, X: np.ndarray, y: np.ndarray) -> LocalLLMClassifier:
        """Learn what a model cannot know: the share of quark jets."""
        self.prior = float(np.mean(y)) if len(y) else 0.5
        return self

    def predict(
        self,
        X: np.ndarray,
        verbose: bool = False,
        use_async: bool = True,
        max_concurrent: int = 10,
    ) -> np.ndarray:
        """Give the probability of each jet to be a quark jet, an array (jets,)."""
        prompts = [describe(jet, self.template_name) for jet in X]
        chosen = self.strategy if use_async else self.sync
        answers = chosen.answers(prompts, max_concurrent)
        if verbose:
            print(f"{self.template_name}, {self.reasoning_effort}: {len(answers)} answers")
        likelihood = np.array([float(answer) for answer in answers])
        quark, gluon = likelihood * self.prior, (1 - likelihood) * (1 - self.prior)
        return quark / (quark + gluon)

    def close(self) -> None:
        """Let the strategy give back what it opened."""
        self.strategy.close()
        self.sync.close()

    async def _ask(self, client: Any, prompt: str) -> str:
        """Ask one question; the same for both clients, of which one is awaited."""
        answer = client.chat.completions.create(
            model=self.model_name,
            messages=[
                {"role": "system", "content": f"Reasoning: {self.reasoning_effort}"},
                {"role": "user", "content": prompt},
            ],
        )
        if inspect.isawaitable(answer):
            answer = await answer
        return str(answer.choices[0].message.content)
