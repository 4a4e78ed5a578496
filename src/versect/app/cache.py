"""Show what is kept on disk, and remove what nobody used for a while."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from versect.env.leases import BusyError
from versect.env.places import Kind, Places
from versect.env.prune import Pruned, entries, prune
from versect.errors import StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is kept of one kind."""

    kind: Kind
    count: int
    size: int
    """Bytes on disk."""
    used: float | None
    """When the latest of them was last used, in seconds since the epoch."""


def usage(root: Path) -> tuple[Row, ...]:
    """Give what a cache folder holds, one row a kind; an absent folder holds nothing."""
    kept = tuple(entries(Places(root=root)))
    return tuple(
        Row(
            kind=kind,
            count=sum(entry.kind is kind for entry in kept),
            size=sum(entry.size for entry in kept if entry.kind is kind),
            used=max((entry.used for entry in kept if entry.kind is kind), default=None),
        )
        for kind in Kind
    )


def remove(root: Path, *, before: float, dry_run: bool) -> Pruned:
    """Remove what was not used since ``before`` (seconds since the epoch).

    Raises:
        StorageError: The folder cannot be written to, or others were building all the time.

    """
    try:
        return prune(Places(root=root), before=before, dry_run=dry_run)
    except BusyError as error:
        raise StorageError(
            f"{root} is in use: environments are being built in it",
            remedy="try again when the other versect has ended",
        ) from error
    except OSError as error:
        raise StorageError(
            f"cannot prune {root}: {error.strerror}: {error.filename}",
            remedy="check the folder's owner and whether its file system is read-only",
        ) from error
