"""The page beside its data: reads the study's verdicts, writes ``report.html``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from versect.report.html import page
from versect.report.html_bisection import Search, search_of
from versect.report.view import MatrixView
from versect.report.write import write

NAME: Final = "report.html"


def publish(folder: Path, view: MatrixView, *, made: str, say: Callable[[str], None]) -> Path:
    """Write the page of a study and give its path.

    Args:
        folder: The study's results.
        view: Its matrix.
        made: By which versect, and when.
        say: Is told of verdicts that cannot be read; the page is made without them.

    Raises:
        StorageError: The folder cannot be written.

    """
    path = folder / NAME
    write(path, page(view, searches(folder, say), made=made))
    return path


def searches(folder: Path, say: Callable[[str], None]) -> tuple[Search, ...]:
    """Read the verdicts below a study's folder, by name."""
    found = []
    for path in sorted(folder.glob("bisect/*/verdict.json")):
        try:
            found.append(search_of(path.parent.name, json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            say(f"{path} is left out of the page: {type(error).__name__}: {error}")
    return tuple(found)
