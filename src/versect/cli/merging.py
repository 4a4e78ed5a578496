"""What ``versect merge`` does, in order; each step is somebody else's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from versect.app.merge import Placed, Source, merged
from versect.cli import commands
from versect.cli.commands import alone
from versect.cli.wiring import Wiring
from versect.errors import StorageError, StudyError, UsageError
from versect.model.trial import Trial
from versect.report.evidence import counted
from versect.report.write import write
from versect.source.remember import NAME as STUDY
from versect.source.remember import recalled
from versect.store.jsonl import NAME, JsonLines, study_of

_DEEPEST: Final = 3
"""Levels below a named folder at which records are looked for: artifacts lie in folders."""
_KEPT: Final = ("studies/*.json", "locks/*/pylock.toml", "timelines/*.json")
"""What belongs to trials and lies in files of its own."""


def merge(wiring: Wiring, sources: Sequence[Path]) -> int:
    """Bring results together; see ``versect merge``.

    Raises:
        UsageError: Nothing is stored in any of the folders but RESULTS itself.
        StoreMismatch: They are not parts of one run, or no records of this versect's.

    """
    found: dict[str, list[Path]] = defaultdict(list)
    empty = []
    for source in sources:
        records = _records(source)
        others = [one for one in records if one.parent.resolve() != wiring.results.resolve()]
        for folder in others:
            found[study_of(folder)].append(folder)
        if not records:
            empty.append(f"no trial is stored in {source}")
        elif not others:
            empty.append(f"{source} is what all is brought into: {wiring.results}")
    if not found:
        raise UsageError(
            "; ".join(dict.fromkeys(empty)),
            remedy="name the folders that 'versect run --results' wrote on other machines",
        )
    for words in dict.fromkeys(empty):
        wiring.say(f"note: {words}")
    for study, folders in found.items():
        _merge_study(wiring, study, folders)
    for study in found:
        _report(wiring, study)
    return 0


def _records(source: Path) -> tuple[Path, ...]:
    """Give the folders in and below one that hold a record, of the level where the first one is."""
    for level in range(_DEEPEST):
        paths = sorted(source.glob("*/" * level + NAME))
        if paths:
            return tuple(path.parent for path in paths)
    return ()


def _merge_study(wiring: Wiring, study: str, folders: Sequence[Path]) -> None:
    """Bring one study together: the files first, then the record that speaks of them."""
    home = wiring.results / study
    with alone(wiring, home):
        log = JsonLines(home, study)
        sources = [Source(name=str(f), trials=JsonLines(f, study).trials()) for f in folders]

        def change(old: tuple[Trial, ...]) -> tuple[Trial, ...]:
            placed = merged([Source(name=str(home), trials=old), *sources])
            _bring(home, folders, placed)
            brought = sum(1 for number, _ in placed if number)
            wiring.say(
                f"{study}: {counted(brought, 'new trial')} of {counted(len(folders), 'record')}, "
                f"{len(placed)} in all"
            )
            return tuple(trial for _, trial in placed)

        log.rewrite(change)


def _bring(home: Path, folders: Sequence[Path], placed: Sequence[Placed]) -> None:
    """Copy what belongs to trials: of the machine that made the newest one, or of any."""
    owners: dict[str, int] = {}
    for number, trial in placed:
        cell = trial.probe.cell
        owners[f"locks/{cell.pins}/pylock.toml"] = owners[f"timelines/{cell.id}.json"] = number
    files: dict[str, Path] = {}
    for number, folder in enumerate(folders, 1):
        for name, path in _files(folder):
            owner = owners.get(name, 0)
            if owner == number or (name not in files and not (home / name).exists()):
                files[name] = path
    newest = placed[-1][0] if placed else 0
    if newest or not (home / STUDY).exists():
        files |= _study(folders[newest - 1 if newest else 0])
    for name, path in files.items():
        _copy(path, home / name)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for pattern in _KEPT:
        for path in sorted(folder.glob(pattern)):
            yield path.relative_to(folder).as_posix(), path


def _study(folder: Path) -> Mapping[str, Path]:
    path = folder / STUDY
    return {STUDY: path} if path.is_file() else {}


def _copy(source: Path, target: Path) -> None:
    try:
        text = source.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise StorageError(f"cannot read {source}: {error.strerror}") from error
    try:
        same = target.read_text(encoding="utf-8", errors="surrogateescape") == text
    except OSError:
        same = False
    if not same:
        write(target, text)


def _report(wiring: Wiring, study: str) -> None:
    """Write the table of a study, where this machine has what it is about."""
    try:
        draft = recalled(wiring.results, study)
        if draft is not None:
            commands.report(wiring, study, reclassify=False)
            return
        reason = "the study is not on this machine"
    except StudyError as error:
        reason = f"the study cannot be read here: {error}"
    wiring.say(f"note: the table of {study} is not written: {reason}")
    wiring.say("hint: 'versect run' and 'versect check' of the study itself write it")
