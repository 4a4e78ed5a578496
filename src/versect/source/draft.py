"""A study before it is checked, so that flags can still change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from versect.model.study import Study
from versect.source.build import build


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A study's table before it is checked, so that flags can still change it."""

    source: str
    root: Path
    table: Mapping[str, Any]
    default_name: str

    @property
    def name(self) -> str:
        """The study's name, whether or not the table has faults."""
        return str(self.table.get("name") or self.default_name)

    def study(self) -> Study:
        """Check the table and make the study of it.

        Raises:
            StudyError: The table has faults; all of them are in the error.

        """
        return build(self.source, self.root, self.table, default_name=self.default_name)
