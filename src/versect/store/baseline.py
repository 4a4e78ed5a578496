"""The accepted state of a study as a JSON file: written whole or not at all."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Final

from versect.errors import StorageError, StoreMismatch
from versect.model.baseline import Baseline, Stand
from versect.model.outcome import Word

NAME: Final = "baseline.json"
SCHEMA_VERSION: Final = 1


def document(baseline: Baseline) -> str:
    """Give ``baseline.json``; a cell takes lines of its own, so that a diff of it can be read."""
    return (
        json.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "engine": baseline.engine,
                "fingerprint": baseline.fingerprint,
                "accepted": baseline.accepted.isoformat(timespec="seconds"),
                "cells": {
                    name: {
                        "outcome": one.word,
                        "face": one.face,
                        "fingerprint": one.fingerprint,
                        "python_version": one.version,
                        "interpreter": one.interpreter,
                        "lock": one.lock,
                        "packages": dict(one.packages),
                    }
                    for name, one in baseline.cells.items()
                },
            },
            indent=1,
        )
        + "\n"
    )


def read(path: Path) -> Baseline | None:
    """Give the baseline in a file; None where there is no file.

    Raises:
        StoreMismatch: It is no baseline, or a newer versect wrote it.
        StorageError: It cannot be read.

    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}") from error
    try:
        stored = json.loads(text)
        if stored["schema_version"] > SCHEMA_VERSION:
            raise StoreMismatch(f"{path} was written by a newer versect", remedy="upgrade versect")
        return Baseline(
            engine=stored["engine"],
            fingerprint=stored["fingerprint"],
            accepted=datetime.fromisoformat(stored["accepted"]),
            cells={
                name: Stand(
                    word=Word(one["outcome"]),
                    face=one["face"],
                    fingerprint=one["fingerprint"],
                    version=one["python_version"],
                    interpreter=one["interpreter"],
                    lock=one["lock"],
                    packages=tuple(sorted(one["packages"].items())),
                )
                for name, one in stored["cells"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreMismatch(
            f"{path} is no baseline: {error!r}",
            remedy="take it back from version control, or make it anew with 'versect accept'",
        ) from error
