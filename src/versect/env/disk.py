"""Folders that appear whole or not at all, whoever is killed when."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give a new folder to build in, on the file system of what it will become.

    It is removed on the way out, whatever is left in it. One whose process was killed is removed
    by ``sweep``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{os.getpid()}-{secrets.token_hex(6)}"
    path.mkdir()
    try:
        yield path
    finally:
        remove(path)


def publish(built: Path, final: Path) -> None:
    """Move a finished folder into place in one step; if another was quicker, theirs stays."""
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        built.rename(final)
    except OSError:
        if not final.is_dir():
            raise


def sweep(folder: Path) -> None:
    """Remove what processes that are gone left in a folder of stagings."""
    for path in folder.glob("*-*"):
        found = re.match(r"(\d+)-", path.name)
        if found and not alive(int(found[1])):
            remove(path)


def alive(pid: int) -> bool:
    """Whether a process of this number exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def remove(path: Path) -> None:
    """Remove a folder, also one that was made read-only; what cannot be removed stays."""

    def unlock(_function: object, name: str, _error: object) -> None:
        try:
            Path(name).parent.chmod(0o700)
            Path(name).chmod(0o700)
            (shutil.rmtree if Path(name).is_dir() else os.unlink)(name)
        except OSError:
            return

    shutil.rmtree(path, onerror=unlock)


def link(source: Path, target: Path) -> None:
    """Make a hard link, or a copy where the file system allows none."""
    try:
        os.link(source, target)
    except OSError:
        copy(source, target)


def copy(source: Path, target: Path) -> None:
    """Copy a file with its mode, sharing its blocks where the file system can (a reflink)."""
    with source.open("rb", buffering=0) as read, target.open("xb", buffering=0) as write:
        status = os.fstat(read.fileno())
        left = status.st_size
        try:
            while left:
                done = os.copy_file_range(read.fileno(), write.fileno(), left)
                if done == 0:
                    break
                left -= done
        except (AttributeError, OSError):
            read.seek(0)
            write.seek(0)
            shutil.copyfileobj(read, write, 1 << 20)
        os.fchmod(write.fileno(), status.st_mode & 0o777)
