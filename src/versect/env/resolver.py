"""Resolves with uv, and remembers what was resolved."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from versect.env import uv
from versect.env.interface import SourceBuilder
from versect.env.lock import LockError, files_here, parse, settled
from versect.env.refusal import refusal
from versect.model.environment import Lock, LockRequest
from versect.model.outcome import Cause
from versect.model.trial import NotRun
from versect.run.process import Processes
from versect.select.platforms import ranked_tags

_PATIENCE: Final = 300.0
_FRESH: Final = 600.0
"""Seconds for which a resolution of a period that is still open is used again."""
_CLOSED: Final = timedelta(days=1)
"""A cut-off that lies so far back selects from files that no longer change."""


_NO_BUILDER: Final = (
    "hint: the study allows to build it from source, which is done in containers only; "
    "choose a container engine with --engine docker or podman"
)


class UvResolver:
    """Resolves with ``uv pip compile``; see ``Resolver``."""

    def __init__(  # noqa: PLR0913 - where things are
        self,
        *,
        program: str,
        environment: Mapping[str, str],
        index: Sequence[str],
        memory: Path,
        processes: Processes,
        builder: SourceBuilder | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._program = program
        self._environment = uv.environment(environment)
        self._index = tuple(index)
        self._memory = memory
        self._processes = processes
        self._builder = builder
        self._now = now

    def lock(self, request: LockRequest) -> Lock | NotRun:
        """Resolve a request; see ``Resolver.lock``."""
        path = self._memory / f"{self._key(request)}.toml"
        remembered = self._recall(path, request)
        if remembered is not None:
            return remembered
        lock = self._nearest(request, links=())
        if isinstance(lock, NotRun) and lock.cause is Cause.NO_WHEEL and request.build:
            lock = self._resolve_with_builds(request, lock)
        if isinstance(lock, Lock):
            self._remember(path, lock.text)
        return lock

    def _nearest(self, request: LockRequest, *, links: Sequence[Path]) -> Lock | NotRun:
        """Resolve with every preferred release if that is possible, else with as many as may be.

        As preferences alone uv gives releases up that it could keep, where several indexes differ
        in what they say of them.
        """
        if request.preferred:
            lock = self._resolve(request, links=links, exactly=True)
            if isinstance(lock, Lock):
                return lock
        return self._resolve(request, links=links, exactly=False)

    def _resolve(
        self, request: LockRequest, *, links: Sequence[Path], exactly: bool
    ) -> Lock | NotRun:
        """Ask uv, with folders of wheels beside the indexes."""
        with tempfile.TemporaryDirectory(prefix="versect-lock-") as folder:
            source, target = Path(folder, "requirements.in"), Path(folder, "pylock.toml")
            source.write_text("".join(f"{r}\n" for r in request.requirements), encoding="utf-8")
            if request.preferred:
                target.write_text(uv.preferences(request), encoding="utf-8")
            where = [word for link in links for word in ("--find-links", str(link))]
            if exactly:
                bounds = Path(folder, "constraints.txt")
                lines = (f"{name}=={version}\n" for name, version in request.preferred)
                bounds.write_text("".join(lines), encoding="utf-8")
                where += ["--constraint", str(bounds)]
            argv = uv.compile_argv(
                self._program, request, source=source, target=target, index=(*self._index, *where)
            )
            try:
                done = self._processes.run(argv, env=self._environment, timeout=_PATIENCE)
            except OSError as error:
                raise uv.missing(self._program, error) from error
            if done.timed_out:
                detail = f"uv was still resolving after {_PATIENCE:g} s"
                return NotRun(cause=Cause.INDEX_UNAVAILABLE, detail=detail)
            if done.status != 0:
                return refusal(done.words, Cause.UNSATISFIABLE)
            written = target.read_text(encoding="utf-8")
        text = settled(written, ranked_tags(request.version, request.platform))
        try:
            return parse(text)
        except LockError as error:
            return NotRun(cause=Cause.NO_WHEEL, detail=str(error))

    def _resolve_with_builds(self, request: LockRequest, refused: NotRun) -> Lock | NotRun:
        """Build the pinned releases that have no wheel and may be built, and resolve again.

        uv itself is never allowed to build: it would run the archive's code on this machine, even
        to learn its requirements.
        """
        wanted = [pin for pin in _pins(request) if _lacks_wheel(pin, refused.detail)]
        if not wanted:
            return refused
        if self._builder is None:
            return NotRun(cause=Cause.NO_WHEEL, detail=f"{refused.detail}\n{_NO_BUILDER}")
        links = []
        for project, version in wanted:
            wheel = self._builder.wheel(project, version, request)
            if isinstance(wheel, NotRun):
                return wheel
            links.append(wheel.parent)
        return self._nearest(request, links=links)

    def _key(self, request: LockRequest) -> str:
        document = {
            "requirements": [str(r) for r in request.requirements],
            "version": request.version,
            "platform": request.platform,
            "cut_off": request.cut_off and request.cut_off.isoformat(),
            "build": sorted(request.build),
            "preferred": [f"{name}=={version}" for name, version in request.preferred],
            "index": [*self._index, *map(_content, self._index)],
            "uv": _identity(self._program),
            "settings": sorted(
                (name, value)
                for name, value in self._environment.items()
                if name.startswith("UV_") and name != "UV_CACHE_DIR"
            ),
        }
        return hashlib.sha256(json.dumps(document).encode()).hexdigest()

    def _recall(self, path: Path, request: LockRequest) -> Lock | None:
        """Give what was resolved before: for ever for a period that is over, else for minutes."""
        now = datetime.fromtimestamp(self._now(), UTC)
        closed = request.cut_off is not None and request.cut_off < now - _CLOSED
        try:
            if not closed and self._now() - path.stat().st_mtime > _FRESH:
                return None
            text = path.read_text(encoding="utf-8")
            if closed:
                os.utime(path)  # when it was last used
            lock = parse(text)
            return lock if all(file.is_file() for file in files_here(lock)) else None
        except (OSError, LockError):
            return None

    def _remember(self, path: Path, text: str) -> None:
        try:
            self._memory.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}.{id(text)}")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
        except OSError:
            return  # it is only a memory


def _content(argument: str) -> str:
    """Give what stands in a file that is handed to uv; nothing for other arguments."""
    try:
        return Path(argument).read_text(encoding="utf-8") if argument.endswith(".toml") else ""
    except OSError:
        return ""


def _identity(program: str) -> str:
    """Tell one uv from its next version, without starting it."""
    try:
        status = Path(program).stat()
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def _pins(request: LockRequest) -> Iterator[tuple[NormalizedName, Version]]:
    """Give the projects that may be built and whose release is pinned."""
    for requirement in request.requirements:
        name = canonicalize_name(requirement.name)
        for specifier in requirement.specifier:
            if name in request.build and specifier.operator == "==":
                yield name, Version(specifier.version)


def _lacks_wheel(pin: tuple[NormalizedName, Version], words: str) -> bool:
    return re.search(rf"\b{re.escape(pin[0])}==\S+ has no\b", words) is not None
