"""What ``versect site`` does, in order; each step is somebody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import click

from versect.app.history import events, runs
from versect.cli.publishing import last_view
from versect.cli.searching import made
from versect.cli.wiring import Wiring
from versect.errors import UsageError, VersectError
from versect.model.baseline import Event
from versect.report import history, page, tree
from versect.report import site as report
from versect.report.evidence import counted
from versect.report.site import Entry
from versect.source.remember import recalled
from versect.store.jsonl import NAME, JsonLines

_COPIED: Final = (
    "table.md",
    "matrix.json",
    "junit.xml",
    "badge.svg",
    "constraints.txt",
    "diagnosis.md",
    "diagnosis.json",
    "check.md",
    "check.json",
)
"""What is copied beside a study's page. Trials are not: they hold all that was printed."""

_Files = Iterator[tuple[PurePosixPath, str | Path]]


def site(wiring: Wiring, out: Path) -> int:
    """Write a site of all studies; see ``versect site``.

    Raises:
        UsageError: There is no study, or the folder holds something else.
        StorageError: The folder cannot be written.

    """
    tree.check(out, report.MARKER)
    folders = sorted(
        folder
        for folder in wiring.results.glob("*/")
        if (folder / NAME).is_file() or (folder / page.NAME).is_file()
    )
    if not folders:
        raise UsageError(
            f"no study in {wiring.results}", remedy="versect run STUDY runs one; see versect init"
        )
    tree.replace(out, _files(wiring, folders), marker=report.MARKER)
    click.echo(out / "index.html")
    wiring.say(f"{counted(len(folders), 'page')} and an index written to {out}")
    return 0


def _files(wiring: Wiring, folders: list[Path]) -> _Files:
    """Give everything of a site, a study after the other."""
    entries: list[Entry] = []
    for folder in folders:
        one, files = _study(wiring, folder)
        entries.append(one)
        yield from ((PurePosixPath(folder.name, name), content) for name, content in files.items())
    yield PurePosixPath("index.html"), report.index(entries, made=made())


def _study(wiring: Wiring, folder: Path) -> tuple[Entry, dict[str, str | Path]]:
    """Give a study's entry and files; what of it cannot be read is said, and is no error."""
    changes, count, note = _history(wiring, folder)
    files: dict[str, str | Path] = {
        name: folder / name for name in _COPIED if (folder / name).is_file()
    }
    if not note:
        files["history.json"] = history.document(folder.name, changes)
    beside = tuple(files)
    files["index.html"] = _page(wiring, folder)
    verdicts = (*folder.glob("bisect/*/verdict.json"), *folder.glob("bisect/*/blame.json"))
    explained = folder.glob("bisect/*/explanation.json")
    documents = [_read(wiring, path) for path in sorted((*verdicts, *explained))]
    try:
        one = report.entry(
            folder.name,
            matrix=_read(wiring, folder / "matrix.json"),
            check=_read(wiring, folder / "check.json"),
            verdicts=[document for document in documents if document],
            changes=changes,
            runs=count,
            note=note,
            files=beside,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        wiring.say(f"note: the files of {folder.name} cannot be read: {error}")
        one = report.entry(
            folder.name,
            matrix={},
            check={},
            verdicts=[],
            changes=changes,
            runs=count,
            note=note,
            files=beside,
        )
    return one, files


def _history(wiring: Wiring, folder: Path) -> tuple[tuple[Event, ...], int, str]:
    """Give a study's changes, the number of its runs, and why these are not known."""
    try:
        draft = recalled(wiring.results, folder.name)
        if draft is None:
            return (), 0, "Its history is not known: it was not run here."
        trials = JsonLines(folder, folder.name).trials()
        return events(draft.study(), trials), len(runs(trials)), ""
    except VersectError as error:
        wiring.say(f"note: the history of {folder.name} is left out: {error}")
        return (), 0, f"Its history is not known: {error}"


def _page(wiring: Wiring, folder: Path) -> str | Path:
    """Give a study's page: the one that is there, or one made of its trials."""
    if (folder / page.NAME).is_file():
        return folder / page.NAME
    draft = recalled(wiring.results, folder.name)
    if draft is None:
        raise UsageError(
            f"{folder} has no page, and its study is not known here",
            remedy=f"write it where it was run: versect report {folder.name}",
        )
    return page.text(folder, last_view(folder, draft.study()), made=made(), say=wiring.say)


def _read(wiring: Wiring, path: Path) -> Mapping[str, Any]:
    """Read a JSON object; empty where there is none, which is said of a file that is there."""
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        wiring.say(f"note: {path} cannot be read and is left out: {error}")
        return {}
    if isinstance(document, dict):
        return document
    wiring.say(f"note: {path} cannot be read and is left out: it is no JSON object")
    return {}
