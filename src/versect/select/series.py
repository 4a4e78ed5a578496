"""The releases of one project that take part, in order, and why the others do not (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache, partial

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from versect.model.release import Dropped, DropReason, Project, Release, ReleaseFile, Series
from versect.model.study import Every, ProjectAxis


def series(  # noqa: PLR0913 - everything that decides whether a release takes part
    project: Project,
    axis: ProjectAxis,
    *,
    python_version: str,
    tags: frozenset[Tag],
    cut_off: datetime | None,
    build_allowed: bool,
) -> Series:
    """Choose the releases of a project axis for one interpreter.

    A range is filtered and thinned. A version that the study names is kept whatever speaks against
    it: somebody asked for it, and the resolver's refusal is then the cell's outcome. A specifier
    beside versions contributes the newest release that it admits.

    Args:
        project: What the index has.
        axis: What the study wants.
        python_version: ``3.12``, or the interpreter's whole version ``3.12.1`` where it is known.
            For ``3.12`` a release for ``>=3.12.1`` is taken to suit it: only the resolver knows
            the patch release.
        tags: The wheels that the interpreter takes.
        cut_off: Files uploaded later do not exist (UTC).
        build_allowed: Whether a source archive is as good as a wheel.

    Returns:
        The series. Every release that a specifier of the axis admits is in exactly one of
        ``releases``, ``dropped`` and ``thinned``; beside versions, ``thinned`` holds the releases
        older than the newest that would do.

    """
    by_version = {release.version: release for release in project.releases}
    named = {choice for choice in axis.choices if isinstance(choice, Version)}
    chosen = {version: by_version[version] for version in named if version in by_version}
    dropped: dict[Version, Dropped] = {}
    thinned: set[Version] = set()
    objection = partial(
        _objection,
        axis=axis,
        python_version=python_version,
        tags=tags,
        cut_off=cut_off,
        build_allowed=build_allowed,
    )
    for choice in axis.choices:
        if isinstance(choice, Version):
            continue
        suitable: list[Release] = []
        for release in project.releases:
            if choice.contains(release.version, prereleases=True):
                reason = objection(release, choice=choice)
                if reason is None:
                    suitable.append(release)
                else:
                    dropped[release.version] = reason
        kept = thin(suitable, axis.every, axis.limit) if len(axis.choices) == 1 else suitable[-1:]
        chosen.update((release.version, release) for release in kept)
        thinned.update(release.version for release in suitable)
    thinned -= chosen.keys()
    return Series(
        project=project.name,
        releases=tuple(chosen[version] for version in sorted(chosen)),
        dropped=tuple(
            dropped[version] for version in sorted(dropped.keys() - chosen.keys() - thinned)
        ),
        thinned=tuple(sorted(thinned)),
        missing=tuple(sorted(named - by_version.keys())),
    )


def thin(releases: Sequence[Release], every: Every, limit: int | None) -> tuple[Release, ...]:
    """Keep the newest release of each line, and of those at most ``limit``, evenly spread.

    The oldest and the newest line are kept: a boundary can lie anywhere between them. With a
    limit of 1 the newest is kept.
    """
    lines: dict[tuple[object, ...], Release] = {}
    for release in releases:
        lines[_line(release.version, every)] = release
    kept = list(lines.values())
    if limit is None or len(kept) <= limit:
        return tuple(kept)
    if limit == 1:
        return (kept[-1],)
    last = len(kept) - 1
    return tuple(kept[round(step * last / (limit - 1))] for step in range(limit))


def _line(version: Version, every: Every) -> tuple[object, ...]:
    match every:
        case Every.RELEASE:
            return (version,)
        case Every.PATCH_LATEST:
            return (version.epoch, version.major, version.minor, version.micro)
        case Every.MINOR_LATEST:
            return (version.epoch, version.major, version.minor)


def _objection(  # noqa: PLR0911, PLR0913 - one return a reason; parameters as for series
    release: Release,
    *,
    choice: SpecifierSet,
    axis: ProjectAxis,
    python_version: str,
    tags: frozenset[Tag],
    cut_off: datetime | None,
    build_allowed: bool,
) -> Dropped | None:
    """Say why a release of a range takes no part, or None: the first reason that applies."""

    def drop(reason: DropReason, detail: str = "") -> Dropped:
        return Dropped(version=release.version, reason=reason, detail=detail)

    wants_pre = axis.pre or bool(choice.prereleases)
    if release.version.is_prerelease and not wants_pre:
        return drop(DropReason.PRE_RELEASE)
    if not release.files:
        return drop(DropReason.NO_FILES)
    if release.yanked and not axis.yanked:
        reasons = {file.yanked_reason for file in release.files if file.yanked_reason}
        return drop(DropReason.YANKED, "; ".join(sorted(reasons)))
    files = [file for file in release.files if axis.yanked or not file.yanked]
    in_time = [f for f in files if cut_off is None or f.uploaded is None or f.uploaded <= cut_off]
    if not in_time:
        return drop(DropReason.AFTER_CUT_OFF, f"uploaded {min(_uploads(files)):%Y-%m-%d}")
    suiting = [file for file in in_time if _suits(file, python_version)]
    if not suiting:
        wanted = {str(file.requires_python) for file in in_time}
        return drop(DropReason.REQUIRES_PYTHON, f"requires Python {' or '.join(sorted(wanted))}")
    if not build_allowed and not any(_is_compatible(file, tags) for file in suiting):
        have = "only other wheels" if any(f.is_wheel for f in suiting) else "only a source archive"
        return drop(DropReason.NO_WHEEL, have)
    return None


def _uploads(files: Sequence[ReleaseFile]) -> Iterator[datetime]:
    return (file.uploaded for file in files if file.uploaded is not None)


def _suits(file: ReleaseFile, python_version: str) -> bool:
    """Whether the interpreter, or some patch release of it, meets ``requires-python``."""
    if file.requires_python is None:
        return True
    whole = python_version.count(".") > 1
    candidates = [python_version] if whole else [f"{python_version}.{patch}" for patch in (0, 99)]
    return any(file.requires_python.contains(one, prereleases=True) for one in candidates)


def _is_compatible(file: ReleaseFile, tags: frozenset[Tag]) -> bool:
    return file.is_wheel and not tags.isdisjoint(_tags(file.filename))


@lru_cache(maxsize=1 << 15)
def _tags(filename: str) -> frozenset[Tag]:
    """Give a wheel's tags; the same files are looked at for every interpreter."""
    return parse_wheel_filename(filename)[3]
