"""Resolves with uv, and remembers what was resolved."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from versect.env import uv
from versect.env.lock import LockError, parse
from versect.env.refusal import refusal
from versect.model.environment import Lock, LockRequest
from versect.model.outcome import Cause
from versect.model.trial import NotRun
from versect.run.process import Processes

_PATIENCE: Final = 300.0
_FRESH: Final = 600.0
"""Seconds for which a resolution of a period that is still open is used again."""
_CLOSED: Final = timedelta(days=1)
"""A cut-off that lies so far back selects from files that no longer change."""


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
        now: Callable[[], float] = time.time,
    ) -> None:
        self._program = program
        self._environment = uv.environment(environment)
        self._index = tuple(index)
        self._memory = memory
        self._processes = processes
        self._now = now

    def lock(self, request: LockRequest) -> Lock | NotRun:
        """Resolve a request; see ``Resolver.lock``."""
        path = self._memory / f"{self._key(request)}.toml"
        remembered = self._recall(path, request)
        if remembered is not None:
            return remembered
        with tempfile.TemporaryDirectory(prefix="versect-lock-") as folder:
            source, target = Path(folder, "requirements.in"), Path(folder, "pylock.toml")
            source.write_text("".join(f"{r}\n" for r in request.requirements), encoding="utf-8")
            argv = uv.compile_argv(
                self._program, request, source=source, target=target, index=self._index
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
            text = target.read_text(encoding="utf-8")
        try:
            lock = parse(text)
        except LockError as error:
            return NotRun(cause=Cause.NO_WHEEL, detail=str(error))
        self._remember(path, text)
        return lock

    def _key(self, request: LockRequest) -> str:
        document = {
            "requirements": [str(r) for r in request.requirements],
            "version": request.version,
            "platform": request.platform,
            "cut_off": request.cut_off and request.cut_off.isoformat(),
            "build": sorted(request.build),
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
            return parse(text)
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
