"""Files that are either the old ones or the new ones, never something between."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from versect.errors import StorageError


def write(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file in one step: into a new one beside it, made lasting, moved into place.

    Args:
        path: The file.
        text: All of its content.
        private: Whether nobody else may read it: it may hold credentials.

    Raises:
        StorageError: The folder is full, read-only or not a folder. The old file is untouched.

    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("x", encoding="utf-8", errors="backslashreplace") as file:
            if private:
                temporary.chmod(0o600)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # where the folder is none, nothing is to be removed
            temporary.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write {path}: {error.strerror}",
            remedy="make room or make the folder writable, or name another one with --results; "
            "every trial finished so far is kept",
        ) from error
