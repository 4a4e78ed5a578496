"""What a trial tells of its failure, in plain text: its exceptions, then the end of its output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from versect.model.trial import Link, Observation, Output, SeenFailure

_CHAINS: Final = 4000
_TAIL: Final = 2000
"""Characters that are kept; the record holds the rest."""

_LINKS: Final = {
    Link.OUTERMOST: "",
    Link.CAUSE: "caused by ",
    Link.CONTEXT: "while handling ",
    Link.GROUP: "in the group ",
}


def account(observation: Observation) -> str:
    """Give an account of at most about 8,000 characters; empty where a trial said nothing.

    Exceptions come in the order in which they came to light, each with its chain and its calls,
    outermost first. The whole of it is in ``trials.jsonl``.
    """
    chains = "\n".join(line for seen in observation.failures for line in _lines(seen))
    if len(chains) > _CHAINS:
        chains = f"{chains[:_CHAINS]}\n[... cut]"
    streams = (("stderr", observation.stderr), ("stdout", observation.stdout))
    return "\n".join(part for part in (chains, *(_end(name, one) for name, one in streams)) if part)


def _lines(seen: SeenFailure) -> Iterator[str]:
    yield f"[{seen.place}] {seen.note}".rstrip()
    for one in seen.chain:
        message = f": {one.message}" if one.message else ""
        yield f"{_LINKS[one.link]}{one.type}{message}"
        for frame in one.frames:
            yield f"    {frame.file}:{frame.line} in {frame.function}"


def _end(name: str, output: Output) -> str:
    text = output.text.strip()
    if not text:
        return ""
    cut = " (its end)" if len(text) > _TAIL else ""
    return f"--- {name}{cut} ---\n{text[-_TAIL:]}"
