"""What the cache folder holds, and how it gets smaller."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from versect.env import disk
from versect.env.leases import Leases
from versect.env.places import Kind, Places

_BUILDING: Final = 60.0
"""Seconds to wait for builds that are under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that is kept, and can be made again."""

    kind: Kind
    path: Path
    used: float
    """When it was last used, in seconds since the epoch."""
    size: int
    """Bytes on disk; a file that entries share counts for the first of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was removed, or would be."""

    removed: tuple[Entry, ...]
    in_use: tuple[Entry, ...]
    """Old enough, but kept since a running process uses them."""


def entries(places: Places) -> Iterator[Entry]:
    """Give everything that is kept, kind by kind; reads the whole folder once."""
    seen: set[tuple[int, int]] = set()
    for kind in Kind:
        for path in sorted(places.entries(kind)):
            try:
                used = path.lstat().st_mtime
            except FileNotFoundError:
                continue  # somebody else has removed it
            yield Entry(kind=kind, path=path, used=used, size=_size(path, seen))


def prune(places: Places, *, before: float, dry_run: bool) -> Pruned:
    """Remove what was not used since a moment, and what killed processes left half made.

    Args:
        places: The cache folder.
        before: Seconds since the epoch.
        dry_run: Only say what would go.

    Raises:
        BusyError: Other processes were building for a minute on end.
        OSError: The folder cannot be written to.

    """
    if not places.root.is_dir():
        return Pruned(removed=(), in_use=())
    with Leases(places.leases).removing(_BUILDING) as leased:
        old = [entry for entry in entries(places) if entry.used < before]
        in_use = tuple(e for e in old if e.kind is Kind.ENVIRONMENTS and e.path.name in leased)
        removed = tuple(entry for entry in old if entry not in in_use)
        if not dry_run:
            _remove(places, removed)
    return Pruned(removed=removed, in_use=in_use)


def _remove(places: Places, removed: tuple[Entry, ...]) -> None:
    """Take each entry out of its place in one step before its files go, one by one."""
    for place in (places.environments, *places.stores, places.built):
        disk.sweep(place / "tmp")
    for entry in removed:
        if entry.path.is_dir():
            with disk.staging(places.environments / "tmp") as trash:
                entry.path.rename(trash / entry.path.name)
        else:
            entry.path.unlink(missing_ok=True)


def _size(path: Path, seen: set[tuple[int, int]]) -> int:
    total = 0
    for one in _files(path):
        try:
            status = os.lstat(one)
        except FileNotFoundError:
            continue
        if (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            total += status.st_blocks * 512
    return total


def _files(path: Path) -> Iterator[str]:
    yield str(path)
    for folder, folders, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in (*folders, *names))  # noqa: PTH118 - many
