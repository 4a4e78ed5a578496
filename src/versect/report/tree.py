"""A folder of files that is either the old one or the new one, never something between."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from versect.errors import StorageError, UsageError
from versect.report.write import write


def replace(
    folder: Path, files: Iterable[tuple[PurePosixPath, str | Path]], *, marker: str
) -> None:
    """Put a new folder in the place of an older one of its kind, once it is complete.

    Args:
        folder: Which; nothing is changed before the last file is written.
        files: Paths below it with their text, or the file that is copied there.
        marker: The name of a file by which folders of this kind are known.

    Raises:
        UsageError: There is something else in its place.
        StorageError: It cannot be written; the old one is as it was.

    """
    check(folder, marker)
    fresh, old = (folder.with_name(f".{folder.name}.{secrets.token_hex(4)}") for _ in range(2))
    try:
        fresh.mkdir(parents=True)
        for path, content in files:
            target = fresh / path
            if isinstance(content, Path):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(content, target)
            else:
                write(target, content)
        write(fresh / marker, "")
        _swap(folder, fresh, old)
    except OSError as error:
        raise StorageError(
            f"cannot write {folder}: {error.strerror or error}",
            remedy="make room or make the folder above it writable, or name another one",
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def check(folder: Path, marker: str) -> None:
    """Refuse what is no folder of this kind: nobody's files are to be lost.

    Raises:
        UsageError: There is something else in its place.

    """
    if not folder.exists() or (folder / marker).is_file():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise UsageError(
            f"{folder} holds something else, which would be lost",
            remedy="name a folder that is new or empty",
        )


def _swap(folder: Path, fresh: Path, old: Path) -> None:
    """Move the old folder aside and the new one in; back again where that fails."""
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        with contextlib.suppress(OSError):
            old.rename(folder)
        raise
