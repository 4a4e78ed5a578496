"""The record of trials as an append-only file, one JSON object a line.

The first line names the study. Every further line is a trial, on disk (fsync) before anybody is
told of it. A last line cut short by a kill or a power cut is dropped: its trial was never reported.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import Final

from filelock import FileLock

from versect.errors import StorageError, StoreMismatch
from versect.model.trial import Trial
from versect.store import codec

NAME: Final = "trials.jsonl"


class JsonLines:
    """A ``TrialLog`` in ``folder/trials.jsonl``; several processes may append to one file."""

    def __init__(self, folder: Path, study: str) -> None:
        self.path = folder / NAME
        self._study = study
        self._lock = FileLock(folder / f".{NAME}.lock")

    def append(self, trial: Trial) -> None:
        """Write one trial; see ``TrialLog.append``."""
        line = codec.encode(trial).encode("ascii") + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock, self.path.open("a+b", buffering=0) as file:
                end = _end_of_whole_lines(file)
                if end == 0:
                    line = self._header() + line
                _append_at(file, end, line)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def trials(self) -> tuple[Trial, ...]:
        """Give every trial in the order written; see ``TrialLog.trials``."""
        try:
            lines = self.path.read_bytes().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise StorageError(
                f"cannot read {self.path}: {error.strerror}",
                remedy="check its permissions, or name another folder with --results",
            ) from error
        if lines:
            self._check_header(lines[0])
        return tuple(trial for line in lines[1:] if (trial := self._decoded(line)) is not None)

    def rewrite(self, change: Callable[[tuple[Trial, ...]], Sequence[Trial]]) -> None:
        """Put a record in the place of this one: the old one or the whole new one, never less.

        Nobody can append meanwhile.

        Args:
            change: Gives the trials of the new record from those of the old one.

        Raises:
            StorageError: It could not be written; the old record is untouched.
            StoreMismatch: As for ``trials``, or what ``change`` raises.

        """
        temporary = self.path.with_name(f".{NAME}.{secrets.token_hex(4)}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                old = self.trials()
                new = change(old)
                if tuple(new) == old:
                    return
                try:
                    with temporary.open("xb") as file:
                        file.write(self._header())
                        for trial in new:
                            file.write(codec.encode(trial).encode("ascii") + b"\n")
                        file.flush()
                        os.fsync(file.fileno())
                    temporary.replace(self.path)
                finally:
                    temporary.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _header(self) -> bytes:
        return json.dumps({"schema": codec.PLAIN, "study": self._study}).encode() + b"\n"

    def _check_header(self, line: bytes) -> None:
        study = _study_in(self.path, line)
        if study != self._study:
            raise StoreMismatch(
                f"{self.path} holds the trials of study {study!r}, not of {self._study!r}",
                remedy="give one of the two another name, or name another folder with --results",
            )

    def _decoded(self, line: bytes) -> Trial | None:
        try:
            return codec.decode(line.decode("ascii", "replace"))
        except codec.NewerSchemaError as error:
            raise _newer(self.path, error) from error
        except codec.UnreadableLineError:
            return None  # cut short by a kill: its trial was never reported and is asked again


def study_of(folder: Path) -> str:
    """Give the name of the study whose record lies in a folder.

    Raises:
        StoreMismatch: The file is no record, or a newer versect wrote it.
        StorageError: It cannot be read.

    """
    path = folder / NAME
    try:
        with path.open("rb") as file:
            line = file.readline()
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}") from error
    return _study_in(path, line)


def _study_in(path: Path, line: bytes) -> str:
    """Read the first line of a record."""
    try:
        header = json.loads(line)
        codec.check_schema(header)
        return str(header["study"])
    except codec.NewerSchemaError as error:
        raise _newer(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreMismatch(
            f"{path} is not a record of trials: its first line names no study",
            remedy="move the file away, or name another folder with --results",
        ) from error


def _newer(path: Path, error: codec.NewerSchemaError) -> StoreMismatch:
    return StoreMismatch(
        f"{path} was written by a newer versect ({error})",
        remedy="upgrade versect, or name another folder with --results",
    )


def _end_of_whole_lines(file: FileIO) -> int:
    """Give the offset behind the last whole line, after any line that was cut short."""
    end = file.seek(0, os.SEEK_END)
    if end == 0:
        return 0
    file.seek(end - 1)
    if file.read(1) == b"\n":
        return end
    file.seek(0)
    return file.read().rfind(b"\n") + 1


def _append_at(file: FileIO, end: int, line: bytes) -> None:
    """Write one line behind ``end`` and make it last; on failure leave what was there before.

    The file is unbuffered: what a full disk refused must not be written again on closing.
    """
    file.truncate(end)
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot write {path}: {error.strerror}",
        remedy="make room or make the folder writable, or name another one with --results; "
        "every trial finished so far is kept",
    )
