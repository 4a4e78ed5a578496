"""One combination of a study's axes, with an id that a person can type."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.utils import NormalizedName
from packaging.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What decides the environment of a cell; cells with equal pins share one lock."""

    python: str
    """``major.minor``."""
    releases: tuple[tuple[NormalizedName, Version], ...]
    """One release of each project axis, in the study's order."""

    def __str__(self) -> str:
        """``py3.12-httpx0.27.2-openai1.55.3``: the first part of the cell's id."""
        return "-".join((f"py{self.python}", *(f"{name}{v}" for name, v in self.releases)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One combination of the axes."""

    pins: Pins
    parameters: tuple[tuple[str, str], ...]
    """Name and value, in the study's order."""

    @property
    def id(self) -> str:
        """``py3.12-httpx0.27.2-openai1.55.3-strategy=global-loop``."""
        return "-".join((str(self.pins), *(f"{name}={value}" for name, value in self.parameters)))

    def value(self, axis: str) -> str:
        """The value on one axis, as text: ``cell.value("python") == "3.12"``.

        Raises:
            KeyError: The cell has no such axis.

        """
        if axis == "python":
            return self.pins.python
        for project, version in self.pins.releases:
            if project == axis:
                return str(version)
        for parameter, value in self.parameters:
            if parameter == axis:
                return value
        raise KeyError(axis)
