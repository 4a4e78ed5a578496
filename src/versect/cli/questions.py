"""The questions of ``versect init``, each with an answer to accept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from versect.app.suspects import Suspect
from versect.source.evidence import Evidence
from versect.source.tracebacks import Told

_SHOWN: Final = 5
"""Answers that a question offers."""


def ask_failure(
    chains: Sequence[tuple[Told, ...]], chain: tuple[Told, ...], failure: Told | None
) -> tuple[tuple[Told, ...], Told | None]:
    """Ask which exception is the failure, where there are several."""
    offered = [(c, told) for c in chains for told in reversed(c)]
    faces = {(told.type, told.message): (c, told) for c, told in reversed(offered)}
    choices = list(reversed(faces.values()))[:_SHOWN]
    if len(choices) < 2:
        return chain, failure
    words = [f"{told.type}: {told.message}"[:90] for _, told in choices]
    return choices[_ask("Which of them is the failure?", words)]


def ask_suspect(ranked: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Ask which suspect is varied; it comes first in what is given back."""
    offered = ranked[:_SHOWN]
    words = [f"{one.name} ({one.reason})" for one in offered]
    first = offered[_ask("Whose releases are suspect?", words)]
    return (first, *(one for one in ranked if one is not first))


def ask_versions(evidence: Evidence, name: str) -> str | None:
    """Ask for a range; None where what is known of the releases shall decide."""
    failed = evidence.known.version(name)
    shown = f"<={failed}" if failed else "all"
    while True:
        answer: str = click.prompt(
            f"Which releases of {name}? (a range such as >=1.0,<3)", default=shown, err=True
        ).strip()
        if answer == shown:
            return None
        try:
            SpecifierSet(answer)
        except InvalidSpecifier:
            click.echo(f"{answer!r} is not a range", err=True)
        else:
            return answer


def _ask(question: str, answers: Sequence[str]) -> int:
    click.echo(question, err=True)
    for number, words in enumerate(answers, start=1):
        click.echo(f"  {number}  {words}", err=True)
    picked: int = click.prompt("Number", type=click.IntRange(1, len(answers)), default=1, err=True)
    return picked - 1
