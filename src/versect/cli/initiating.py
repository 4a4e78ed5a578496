"""What ``versect init`` does, in order; each step is somebody else's."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import click
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import Version

from versect.app.init import draw, failures, next_commands
from versect.app.suspects import Chosen, Suspect, suspects
from versect.cli import questions
from versect.cli.wiring import Wiring, now
from versect.errors import IndexUnavailable, UnknownProject, UsageError, VersectError
from versect.index.client import SimpleIndex
from versect.index.fetch import Patience
from versect.report.write import write
from versect.select.line import PYTHON
from versect.source.build import build
from versect.source.evidence import Evidence, gathered
from versect.source.gathered import text_of
from versect.source.pinned import Day, side
from versect.source.starting import Given
from versect.source.tracebacks import Told

_MOST: Final = 8 << 20
"""Bytes of a log that are read, from its end."""
_PATIENCE: Final = Patience(timeout=4.0, attempts=1)
_LOCKS: Final = ("pylock.toml", "uv.lock", "requirements.txt")
"""Files beside a program that may tell what it ran with."""


def init(wiring: Wiring, command: tuple[str, ...], options: Mapping[str, Any]) -> int:
    """Write a study; see ``versect init``."""
    output: Path | None = options["output"]
    asks = sys.stdin.isatty() and sys.stderr.isatty() and not options["yes"]
    asks = asks and options["traceback_file"] != "-"
    _refuse_to_overwrite(output or Path("study.toml"), force=options["force"])
    evidence = gathered(_given(wiring, command, options))
    path = output or (evidence.root / "study.toml")
    _refuse_to_overwrite(path, force=options["force"])
    chosen = _chosen(wiring, evidence, options, asks=asks)
    sketch = draw(evidence, chosen, here=wiring.pythons())
    text = sketch.text
    build(str(path), evidence.root.resolve(), tomllib.loads(text), default_name=sketch.name)
    write(path, text)
    _say_what(wiring, sketch.notes, chosen)
    shown = str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    wiring.say(f"written: {shown}; next:")
    for line in next_commands(sketch, shown, chosen.suspects):
        click.echo(line)
    return 0


def _given(wiring: Wiring, command: tuple[str, ...], options: Mapping[str, Any]) -> Given:
    script: Path | None = options["script"]
    output: Path | None = options["output"]
    if script is not None and command:
        raise UsageError(
            f"both a script ({script}) and a command are given", remedy="give one of them"
        )
    if script is None and not command and options["traceback_file"] is None:
        raise UsageError(
            "nothing to go by: neither a script, a command nor a traceback is given",
            remedy="versect init repro.py, versect init --traceback error.txt, or "
            "versect init -- python repro.py",
        )
    if script is not None and not script.is_file():
        what = f"{script} is a folder" if script.is_dir() else f"there is no file {script}"
        raise UsageError(what, remedy="name a script; for a command: versect init -- COMMAND")
    active = wiring.environment.get("VIRTUAL_ENV")
    folders = dict.fromkeys((Path.cwd(), *(() if script is None else (script.parent,))))
    own = (folder / name for folder in folders for name in (".venv", "venv"))
    return Given(
        script=script,
        command=command,
        pasted=_pasted(options["traceback_file"]),
        locked=_locked(wiring, options["lock"], script),
        folder=Path.cwd(),
        root=None if output is None else output.parent,
        environments=(*((Path(active),) if active else ()), *own),
    )


def _pasted(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        if name == "-":
            return sys.stdin.buffer.read().decode("utf-8", "replace")
        return _log_text(Path(name))
    except OSError as error:
        raise UsageError(
            f"cannot read {name}: {error.strerror}",
            remedy="--traceback takes a file, or - for standard input",
        ) from error


def _log_text(path: Path) -> str:
    """Read a text; of a log that is no clean text, as much of its end as matters."""
    try:
        return text_of(path)
    except ValueError:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _MOST, 0))
            return file.read(_MOST).decode("utf-8", "replace")


def _locked(
    wiring: Wiring, lock: str | None, script: Path | None
) -> Mapping[NormalizedName, Version]:
    """Read what was installed; a lock beside the program is taken unasked, where it can be read."""
    mine = f"3.{sys.version_info.minor}"
    folder = Path.cwd()
    if lock is not None:
        found = side(lock, folder=folder, python=mine, now=now())
        if isinstance(found, Day):
            raise UsageError(
                f"--lock takes a file or a folder, not a date ({lock})",
                remedy="pip freeze > freeze.txt, and --lock freeze.txt",
            )
        return dict(found.releases)
    for name in _LOCKS:
        path = (folder if script is None else script.parent) / name
        try:
            found = side(str(path.resolve()), folder=folder, python=mine, now=now())
        except VersectError:
            continue
        if not isinstance(found, Day):
            wiring.say(f"releases: as {path} pins them")
            return dict(found.releases)
    return {}


def _chosen(
    wiring: Wiring, evidence: Evidence, options: Mapping[str, Any], *, asks: bool
) -> Chosen:
    _check_names(options["projects"])
    chains = failures(evidence)
    chain = chains[0] if chains else ()
    failure = chain[-1] if chain else None
    said = options["exception"] or options["message"]
    if asks and not said:
        chain, failure = questions.ask_failure(chains, chain, failure)
    ranked = _ranked(evidence, chain, failure, options["projects"])
    absent = _absent(wiring, evidence, ranked)
    for name in options["projects"]:
        if canonicalize_name(name) in absent:
            raise UnknownProject(
                f"no index has a project {name!r}",
                remedy="check the spelling and the index settings of uv or pip",
            )
    ranked = tuple(one for one in ranked if one.name not in absent)
    if asks and not options["projects"] and len(ranked) > 1:
        ranked = questions.ask_suspect(ranked)
    versions = options["versions"]
    if asks and versions is None and ranked and ranked[0].name != PYTHON:
        versions = questions.ask_versions(evidence, ranked[0].name)
    if versions is not None:
        try:
            SpecifierSet(versions)
        except InvalidSpecifier:
            raise UsageError(
                f"--versions: {versions!r} is not a specifier", remedy="such as '>=1.50,<2'"
            ) from None
    if not ranked:
        raise UsageError(
            "no project is found whose releases could matter: nothing is imported or called",
            remedy="name one with --project NAME",
        )
    return Chosen(
        chain=chain,
        failure=failure,
        suspects=ranked,
        absent=absent,
        versions=versions,
        exception=options["exception"],
        message=options["message"],
    )


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        try:
            canonicalize_name(name, validate=True)
        except InvalidName:
            raise UsageError(
                f"--project: {name!r} is not a project's name",
                remedy="write it without releases; --versions takes those",
            ) from None


def _ranked(
    evidence: Evidence,
    chain: Sequence[Told],
    failure: Told | None,
    named: Sequence[str],
) -> tuple[Suspect, ...]:
    """Rank the suspects, those named first."""
    found = suspects(chain, failure, evidence.program.modules, evidence.known)
    by_name = {one.name: one for one in found}
    names = [name if name == PYTHON else canonicalize_name(name) for name in named]
    first = [by_name.get(name) or Suspect(name=name, reason="named") for name in names]
    return tuple({one.name: one for one in (*first, *found)}.values())


def _absent(wiring: Wiring, evidence: Evidence, ranked: tuple[Suspect, ...]) -> frozenset[str]:
    """Give the suspects that were guessed and that no index has, saying so."""
    known = evidence.known
    sure = {*known.locked, *known.told, *known.failing.versions, PYTHON}
    doubtful = [canonicalize_name(one.name) for one in ranked if one.name not in sure]
    if not doubtful or wiring.configuration.offline:
        return frozenset()
    index = SimpleIndex(
        wiring.configuration, wiring.places.index, lambda _: None, patience=_PATIENCE
    )
    with ThreadPoolExecutor(4) as pool:
        absent = {n for n, there in zip(doubtful, pool.map(lambda n: _has(index, n), doubtful),
                                        strict=True) if not there}  # fmt: skip
    index.close()
    for name in absent:
        wiring.say(f"note: no index has a project {name}; it is left out")
    return frozenset(absent)


def _has(index: SimpleIndex, name: NormalizedName) -> bool:
    """Whether an index has a project, or nobody can tell."""
    try:
        return bool(index.project(name).releases)
    except UnknownProject:
        return False
    except IndexUnavailable:
        return True


def _say_what(wiring: Wiring, notes: Sequence[str], chosen: Chosen) -> None:
    failure = chosen.failure
    if chosen.exception or chosen.message:
        wiring.say(
            f"failure: {chosen.exception or 'any exception'} {chosen.message or ''}".rstrip()
        )
    elif failure is not None:
        named = f"{failure.type}: " if failure.type else ""
        wiring.say(f"failure: {named}{failure.message}")
    else:
        wiring.say("failure: any exit status but 0 (--exception and --message tell it from others)")
    for place, one in enumerate(chosen.suspects[:3], start=1):
        wiring.say(f"suspect {place}: {one.name} ({one.reason})")
    for note in notes:
        wiring.say(f"assumed: {note}")


def _refuse_to_overwrite(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise UsageError(
            f"{path} is there already, and is not written over",
            remedy="--force writes over it, --output names another file",
        )
