"""Show which releases of a project take part for which interpreter, and why others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from packaging.version import Version

from versect.errors import UsageError
from versect.index.interface import Index
from versect.model.release import DropReason, Project, Series
from versect.model.study import ProjectAxis
from versect.select.platforms import compatible_tags
from versect.select.series import series

_NEIGHBOURS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One series and the interpreters that share it."""

    pythons: tuple[str, ...]
    """``major.minor`` each, in the order asked for."""
    series: Series

    @property
    def dropped(self) -> Mapping[tuple[DropReason, str], tuple[Version, ...]]:
        """The dropped releases by reason and detail, oldest first."""
        groups: dict[tuple[DropReason, str], tuple[Version, ...]] = {}
        for reason in DropReason:
            for one in self.series.dropped:
                if one.reason is reason:
                    key = (reason, one.detail)
                    groups[key] = (*groups.get(key, ()), one.version)
        return groups


def listings(  # noqa: PLR0913 - everything that decides whether a release takes part
    index: Index,
    axis: ProjectAxis,
    *,
    pythons: Sequence[str],
    platform: str | None,
    cut_off: datetime | None,
    build_allowed: bool,
) -> tuple[Listing, ...]:
    """Give the series of a project for each interpreter; equal ones are put together.

    Args:
        index: Asked once.
        axis: Which releases are wanted.
        pythons: ``major.minor`` each.
        platform: As uv names it; None for this machine.
        cut_off: Files uploaded later do not exist (UTC).
        build_allowed: Whether a source archive is as good as a wheel.

    Raises:
        UsageError: A version that is named does not exist.
        UnknownProject: No configured index has the project.
        IndexUnavailable: The index gave no usable answer.

    """
    project = index.project(axis.project)
    shared: list[tuple[Series, list[str]]] = []
    for python in pythons:
        one = series(
            project,
            axis,
            python_version=python,
            tags=compatible_tags(python, platform),
            cut_off=cut_off,
            build_allowed=build_allowed,
        )
        if one.missing:
            raise _missing(project, one.missing)
        for other, sharing in shared:
            if other == one:
                sharing.append(python)
                break
        else:
            shared.append((one, [python]))
    return tuple(Listing(pythons=tuple(sharing), series=one) for one, sharing in shared)


def _missing(project: Project, versions: Sequence[Version]) -> UsageError:
    known = [release.version for release in project.releases]
    near = []
    for version in versions:
        older = [v for v in known if v < version][-_NEIGHBOURS:]
        newer = [v for v in known if v > version][:_NEIGHBOURS]
        near.append(f"next to {version} it has {', '.join(map(str, (*older, *newer))) or 'none'}")
    return UsageError(
        f"{project.name} has no release {', '.join(map(str, versions))}", remedy="; ".join(near)
    )
