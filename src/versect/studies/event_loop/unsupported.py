"""What a release cannot do."""

from __future__ import annotations

SKIP = 125
"""The exit status that says so, as for ``git bisect run``."""


class Unsupported(Exception):
    """This environment lacks what the run needs: nothing can be told of the failure."""
