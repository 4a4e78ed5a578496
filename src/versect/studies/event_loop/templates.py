"""What a model is asked about a jet: one function a template, jet and examples in, messages out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jets import Floats, centred, features

Message = dict[str, str]
Example = tuple[Floats, bool]
"""A jet, (particles, 4), and whether it is a quark jet."""
Template = Callable[[Floats, Sequence[Example]], list[Message]]

_SYSTEM = (
    "You tell quark jets from gluon jets (anti-kt, R = 0.4, 500 to 550 GeV). Gluon jets have more, "
    'softer and wider spread particles. Answer with JSON only: {"quark": <probability>}'
)


def summary(jet: Floats, _examples: Sequence[Example]) -> list[Message]:
    """Ask about the jet's features alone."""
    return _messages(f"JET {_in_words(jet)}")


def few_shot(jet: Floats, examples: Sequence[Example]) -> list[Message]:
    """Ask about the jet's features after a few jets whose kind is told."""
    told = [
        f"EXAMPLE {_in_words(known)} kind={'quark' if is_quark else 'gluon'}"
        for known, is_quark in examples
    ]
    return _messages("\n".join((*told, f"JET {_in_words(jet)}")))


def constituents(jet: Floats, _examples: Sequence[Example]) -> list[Message]:
    """Ask about the particles themselves; what follows from them is left to the model."""
    rows = [
        f"{share:.4f} {rapidity:.3f} {phi:.3f} {int(kind)}"
        for share, rapidity, phi, kind in centred(jet)
    ]
    return _messages("\n".join(("JET of particles (pt share, rapidity, phi, pdgid):", *rows)))


TEMPLATES: dict[str, Template] = {
    "summary": summary,
    "few-shot": few_shot,
    "constituents": constituents,
}


def _in_words(jet: Floats) -> str:
    found = features(jet)
    return f"multiplicity={found.multiplicity} width={found.width:.4f} ptd={found.ptd:.4f}"


def _messages(question: str) -> list[Message]:
    return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": question}]
