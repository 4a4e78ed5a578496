"""Studies beside their results, so that a name is enough to report on one or to repeat a trial."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from versect.errors import StoreMismatch
from versect.source.draft import Draft

NAME: Final = "study.json"
_SCHEMA: Final = 1


def document(draft: Draft) -> str:
    """Give a draft as JSON text."""
    return json.dumps(
        {
            "schema_version": _SCHEMA,
            "source": draft.source,
            "root": str(draft.root),
            "name": draft.default_name,
            "table": draft.table,
        },
        indent=1,
        default=str,
    )


def place(folder: Path, fingerprint: str) -> Path:
    """Give where the study of a fingerprint is kept: every trial leads to what it was asked for."""
    return folder / "studies" / f"{fingerprint[:16]}.json"


def recalled(results: Path, name: str) -> Draft | None:
    """Give the draft of the study that last wrote ``results/name``, or None.

    Raises:
        StoreMismatch: What is there was not written by this versect, or by a newer one.

    """
    return _read(results / name / NAME)


def recalled_for(results: Path, name: str, fingerprint: str) -> Draft | None:
    """Give the draft of the study for which a trial was made, or None.

    Raises:
        StoreMismatch: As for ``recalled``.

    """
    return _read(place(results / name, fingerprint))


def _read(path: Path) -> Draft | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    try:
        stored = json.loads(text)
        if stored["schema_version"] > _SCHEMA:
            raise StoreMismatch(f"{path} was written by a newer versect", remedy="upgrade versect")
        draft = Draft(
            source=stored["source"],
            root=Path(stored["root"]),
            table=stored["table"],
            default_name=stored["name"],
        )
        return draft if draft.root.is_dir() else _moved(draft, path)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreMismatch(
            f"{path} is not a study that versect remembered", remedy="remove it and run again"
        ) from error


def _moved(draft: Draft, path: Path) -> Draft | None:
    """Find a study again whose results came from another machine, or None.

    It is looked for around the results, by as much of its old path as is the same here:
    ``/build/1/repo/checks/study.toml`` is ``checks/study.toml`` of the checkout.
    """
    name = Path(draft.source).name
    for around in path.resolve().parents:
        for parts in (draft.root.parts[number:] for number in range(1, len(draft.root.parts) + 1)):
            root = around.joinpath(*parts)
            if (root / name).is_file():
                return replace(draft, source=str(root / name), root=root)
    return None
