"""Folders that appear whole or not at all, whoever is killed when."""

from __future__ import annotations

import contextlib
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


def state(status: os.stat_result) -> str:
    """Give what changes when somebody writes into a file: number, size and time.

    Content is not read: this finds what a program does without meaning to, not one that sets
    times back to hide it.
    """
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"


def link(source: str | Path, target: str | Path) -> bool:
    """Make a hard link, or a copy where the file system allows none; False for a copy.

    Raises:
        FileExistsError: The target is there already.

    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        copy(source, target)
        return False
    return True


def copy(source: str | Path, target: str | Path) -> None:
    """Copy a file with its mode, sharing its blocks where the file system can (a reflink).

    Raises:
        FileExistsError: The target is there already.

    """
    read = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = os.fstat(read)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        write = os.open(target, flags, status.st_mode & 0o777)
        try:
            _copy_content(read, write, status.st_size)
        finally:
            os.close(write)
    finally:
        os.close(read)


def _copy_content(read: int, write: int, size: int) -> None:
    """Copy through the kernel, or by reading where the kernel or the file system cannot."""
    done = 0
    with contextlib.suppress(AttributeError, OSError):
        while done < size and (step := os.copy_file_range(read, write, size - done)):
            done += step
    while chunk := os.read(read, 1 << 20):
        view = memoryview(chunk)
        while view:
            view = view[os.write(write, view) :]
