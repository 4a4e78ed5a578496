"""What the study's server knows of jets: a likelihood ratio, read off the text of a prompt.

Stdlib only. The weights are those of a logistic regression on jets of this kind; with more
reasoning effort more features are used, so that configurations differ.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

CENTRES = {"multiplicity": 42.0, "width": 0.090}
SCALES = {"multiplicity": 10.0, "width": 0.020}
WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "low": {"width": -0.9},
    "medium": {"multiplicity": -1.3},
    "high": {"multiplicity": -1.4, "width": -0.9},
}


def quark_probability(prompt: str, effort: str) -> float:
    """Judge the last jet of a prompt; 0.5 when there is none.

    Args:
        prompt: The user's message, as ``templates`` writes it.
        effort: ``low``, ``medium`` or ``high``; anything else counts as medium.

    """
    found = features(prompt)
    weights = WEIGHTS.get(effort, WEIGHTS["medium"])
    evidence = sum(
        weight * (found[name] - CENTRES[name]) / SCALES[name]
        for name, weight in weights.items()
        if name in found
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, evidence))))


def features(prompt: str) -> dict[str, float]:
    """Read the features of the last jet, or compute them from its particles."""
    _, _, jet = prompt.rpartition("JET ")
    named = re.findall(r"\b(multiplicity|width)\s*[=:]\s*(\d+(?:\.\d+)?)", jet)
    if named:
        return {name: float(value) for name, value in named}
    rows = [line.split() for line in jet.splitlines()[1:]]
    return _computed([[float(word) for word in row[:3]] for row in rows if len(row) == 4])


def _computed(particles: Sequence[Sequence[float]]) -> dict[str, float]:
    whole = sum(pt for pt, _, _ in particles)
    if whole <= 0:
        return {}
    return {
        "multiplicity": float(len(particles)),
        "width": sum(pt * math.hypot(rapidity, phi) for pt, rapidity, phi in particles) / whole,
    }
