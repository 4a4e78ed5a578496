"""Counts what a run leaves in the log and in the warnings, and changes nothing of what it does."""

from __future__ import annotations

import json
import logging
import re
import sys
import warnings
from typing import Any, Self

SOUGHT = re.compile(r"Event loop is closed|is bound to a different event loop")


class Tally:
    """Counts calls, and listens to asyncio's log and to warnings while a run lasts.

    In the log as a filter: a handler would silence logging's handler of last resort, which prints
    to users. Of warnings only the text is looked at: a reference would keep alive what warns.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.dropped = 0
        """Classifiers dropped before another one ran, each with a client of its own."""
        self.raised = 0
        """Whether the failure sought reached the caller."""
        self.logged = 0
        """Times that asyncio's log told of the failure sought."""
        self.errors = 0
        """Errors in asyncio's log and at the caller, whichever."""
        self.unclosed = 0
        """ResourceWarnings: loops, transports, sockets, sessions that nobody closed."""
        self.warnings = 0
        """Warnings of other kinds that a user is shown."""
        self._show = warnings.showwarning

    def __enter__(self) -> Self:
        logging.getLogger("asyncio").addFilter(self._record)
        warnings.simplefilter("always", ResourceWarning)
        warnings.showwarning = self._warning
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more: what ends with the interpreter is its own affair."""
        warnings.showwarning = self._show
        warnings.simplefilter("ignore", ResourceWarning)
        logging.getLogger("asyncio").removeFilter(self._record)

    def failed_with(self, error: BaseException) -> None:
        """Take the error that reached the caller."""
        self.raised = int(is_sought(error))
        self.errors += 1

    def numbers(self) -> dict[str, int | None]:
        """Give all counts by their names."""
        names = ("calls", "dropped", "raised", "logged", "errors", "unclosed", "warnings")
        return {name: getattr(self, name) for name in names}

    def _record(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        self.logged += bool(SOUGHT.search(str(error)))
        self.errors += record.levelno >= logging.ERROR
        return True

    def _warning(self, message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
        """Take a warning; those that nobody sees without us stay unseen."""
        if issubclass(category, ResourceWarning):
            self.unclosed += 1
            return
        self.warnings += 1
        self._show(message, category, *where, **more)


def is_sought(error: BaseException | None) -> bool:
    """Whether an error, or one that it hangs on, is the failure sought."""
    while error is not None:
        if isinstance(error, RuntimeError) and SOUGHT.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def tell(numbers: dict[str, int | None]) -> None:
    """Write the numbers that are known, for versect to read."""
    known = {name: number for name, number in numbers.items() if number is not None}
    say(f"versect: {json.dumps(known)}")


def say(line: str) -> None:
    """Write a line of the summary."""
    sys.stdout.write(f"{line}\n")
