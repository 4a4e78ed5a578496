"""What a CI job is shown of a command, where the job says how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from versect.cli.wiring import Wiring
from versect.report.summary import LIMIT

SUMMARY: Final = "GITHUB_STEP_SUMMARY"
"""Names the file that a GitHub job shows; commands of one step add to it."""


def summarise(wiring: Wiring, summary: Callable[[int], str]) -> None:
    """Add to the job's summary, if there is one.

    A file that cannot be written is said, and is no error: the results are kept elsewhere.

    Args:
        wiring: The parts.
        summary: Gives a text of at most so many bytes.

    """
    name = wiring.environment.get(SUMMARY)
    if not name:
        return
    path = Path(name)
    try:
        with path.open("ab") as file:
            text = summary(LIMIT - file.tell())
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        wiring.say(f"note: cannot write the job's summary {path}: {error.strerror}")
        return
    if text:
        wiring.say(f"added to the job's summary: {path}")
