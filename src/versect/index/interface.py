"""What the rest of versect needs of a package index."""

from __future__ import annotations

from typing import Protocol

from packaging.utils import NormalizedName

from versect.model.release import Project


class Index(Protocol):
    """Knows which releases a project has; safe to call from several threads."""

    def project(self, name: NormalizedName) -> Project:
        """Give everything the index says of one project: at most one request per index.

        Raises:
            UnknownProject: No configured index has it.
            IndexUnavailable: No usable answer after retries, and none remembered.

        """
