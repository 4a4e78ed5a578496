"""Wheels of releases that have only a source archive, built where their code can do no harm."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from packaging.utils import NormalizedName
from packaging.version import Version

from versect.env import disk
from versect.index.interface import Index
from versect.model.environment import LockRequest
from versect.model.outcome import Cause
from versect.model.release import ReleaseFile
from versect.model.trial import NotRun

_TIMEOUT: Final = 60.0

RunInContainer = Callable[[str, Sequence[str], Path], tuple[int, str]]
"""Runs an argv in a container of the image for ``major.minor``: with the network, with nothing of
the host's environment, and with one writable folder that lies at the same path as here. Gives the
exit status and what was said."""


class ContainerBuilder:
    """Builds wheels with ``uv build`` in a container; see ``SourceBuilder``.

    A wheel is built once for each archive, interpreter and platform and kept, so that later locks
    name the same file.
    """

    def __init__(  # noqa: PLR0913 - where archives come from, where they are built
        self,
        *,
        index: Index,
        run: RunInContainer,
        folder: Path,
        uv_program: str,
        uv_arguments: Sequence[str],
        fetch: Callable[[str], bytes] | None = None,
    ) -> None:
        self._index = index
        self._run = run
        self._folder = folder
        self._uv = uv_program
        self._uv_arguments = uv_arguments
        self._fetch = fetch or download

    def wheel(
        self, project: NormalizedName, version: Version, request: LockRequest
    ) -> Path | NotRun:
        """Give the wheel of a release; see ``SourceBuilder.wheel``."""
        archive = self._archive(project, version, request.cut_off)
        if archive is None:
            detail = f"{project} {version} has neither a wheel nor a source archive"
            return NotRun(cause=Cause.NO_WHEEL, detail=detail)
        try:
            content = self._fetch(archive.url)
        except OSError as error:
            detail = f"cannot fetch {archive.filename}: {error}"
            return NotRun(cause=Cause.INDEX_UNAVAILABLE, detail=detail)
        sha256 = hashlib.sha256(content).hexdigest()
        if archive.hashes.get("sha256", sha256) != sha256:
            detail = f"{archive.filename} has the hash {sha256}, not the one that the index gives"
            return NotRun(cause=Cause.BUILD_FAILED, detail=detail)
        place = f"{request.version}-{request.platform or 'here'}"
        final = self._folder / "ready" / sha256 / place
        return _only_wheel(final) or self._build(archive.filename, content, final, request)

    def _archive(
        self, project: NormalizedName, version: Version, cut_off: datetime | None
    ) -> ReleaseFile | None:
        releases = self._index.project(project).releases
        files = [
            file for release in releases if release.version == version for file in release.files
        ]
        return next(
            (
                file
                for file in files
                if not file.is_wheel
                and (cut_off is None or file.uploaded is None or file.uploaded <= cut_off)
            ),
            None,
        )

    def _build(
        self, filename: str, content: bytes, final: Path, request: LockRequest
    ) -> Path | NotRun:
        disk.sweep(self._folder / "tmp")
        with disk.staging(self._folder / "tmp") as temporary:
            (temporary / filename).write_bytes(content)
            argv = self._argv(temporary, filename, request)
            python = ".".join(request.version.split(".")[:2])
            status, words = self._run(python, argv, temporary)
            built = temporary / "out"
            if status != 0 or _only_wheel(built) is None:
                detail = f"building {filename} failed with {status}: {words[-4000:]}"
                return NotRun(cause=Cause.BUILD_FAILED, detail=detail)
            if final.is_dir():
                disk.remove(final)  # somebody has taken the wheel out of it
            disk.publish(built, final)
        wheel = _only_wheel(final)
        if wheel is None:
            return NotRun(cause=Cause.BUILD_FAILED, detail=f"the wheel of {filename} went away")
        return wheel

    def _argv(self, folder: Path, filename: str, request: LockRequest) -> tuple[str, ...]:
        """Give the command line, all of whose files lie in the folder that the container sees."""
        shutil.copy2(self._uv, folder / "uv")
        arguments = []
        for argument in self._uv_arguments:
            if argument.endswith(".toml") and Path(argument).is_file():
                settings = folder / Path(argument).name
                settings.write_text(_reachable(Path(argument).read_text(encoding="utf-8")))
                arguments.append(str(settings))
            else:
                arguments.append(argument)
        cut_off = request.cut_off
        return (
            *(str(folder / "uv"), "build", "--wheel", "--no-python-downloads", "--no-progress"),
            *("--python", ".".join(request.version.split(".")[:2])),
            *("--cache-dir", str(folder / "cache"), "--out-dir", str(folder / "out")),
            *(("--exclude-newer", cut_off.isoformat()) if cut_off else ()),
            *arguments,
            str(folder / filename),
        )


def _reachable(settings: str) -> str:
    """Leave out of uv's settings what lies on this machine: the container does not see it."""
    head, *indexes = settings.split("[[index]]")
    lines = [line for line in head.splitlines() if not line.startswith("find-links")]
    kept = [block for block in indexes if 'url = "file:' not in block]
    return "[[index]]".join(("\n".join(lines) + "\n", *kept))


def download(url: str) -> bytes:
    """Fetch a file from an index, or read it where the index is a folder.

    Raises:
        OSError: The index did not give it, or it cannot be read.

    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(unquote(parts.path)).read_bytes()
    import httpx2  # slow to load, and most runs build nothing

    try:
        answer = httpx2.get(url, follow_redirects=True, timeout=_TIMEOUT)
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        raise OSError(str(error) or type(error).__name__) from error
    return answer.content


def _only_wheel(folder: Path) -> Path | None:
    wheels = [path for path in folder.glob("*.whl") if path.is_file() and not path.is_symlink()]
    return wheels[0] if len(wheels) == 1 else None
