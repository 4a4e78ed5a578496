"""The checks of ``versect doctor`` that look around: the index, the clock, the folders."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from versect.app.doctor import Finding, State, Topic
from versect.env import disk
from versect.errors import IndexUnavailable, UnknownProject, VersectError
from versect.index.configuration import IndexConfiguration
from versect.index.interface import Index

_ASKED_FOR: Final = canonicalize_name("packaging")
"""A small project that every index for Python has; versect itself needs it."""
_ROOM: Final = 2 << 30
"""Bytes below which a cache is soon full: one environment of a large project takes half of it."""
_SKEW: Final = 120.0
_AHEAD: Final = timedelta(days=1)


def index(
    configure: Callable[[], IndexConfiguration],
    make: Callable[[IndexConfiguration], Index],
    kept: int,
) -> tuple[Finding, datetime | None]:
    """Say whether the package index answers.

    Args:
        configure: Gives the configuration.
        make: Gives an index that remembers nothing.
        kept: Pages of indexes that are kept from earlier.

    Returns:
        The finding, and when the newest file seen was uploaded; None where nobody told.

    """
    try:
        configuration = configure()
    except (VersectError, OSError) as error:
        return Finding(topic=Topic.INDEX, state=State.MISSING, words=str(error)), None
    facts: dict[str, Any] = {"configured": list(configuration.words), "pages_kept": kept}

    def found(state: State, words: str, *more: str, **said: Any) -> Finding:
        return Finding(
            topic=Topic.INDEX,
            state=state,
            words=words,
            details=(*configuration.words, *more),
            facts={**facts, **said},
        )

    here = any(one.folder for one in (*configuration.indexes, *configuration.find_links))
    if configuration.offline:
        state = State.NOTE if kept or here else State.MISSING
        return found(state, f"offline, as configured; {kept} pages kept"), None
    started = time.monotonic()
    try:
        project = make(configuration).project(_ASKED_FOR)
    except UnknownProject:
        words = f"answers, and has no {_ASKED_FOR}: a private one?"
        return found(State.NOTE, words, reachable=True), None
    except IndexUnavailable as error:
        state = State.NOTE if kept else State.MISSING
        words = "does not answer" + (f"; {kept} pages of earlier serve --offline" if kept else "")
        return found(state, words, str(error), error.remedy, reachable=False), None
    seconds = time.monotonic() - started
    uploads = [release.uploaded for release in project.releases if release.uploaded]
    said = "with" if uploads else "without"
    return found(
        State.GOOD if uploads else State.NOTE,
        f"answers in {seconds:.1f} s, {said} upload times",
        *(() if uploads else ("resolution 'period' and --cut-off need upload times",)),
        reachable=True,
        upload_times=bool(uploads),
    ), max(uploads, default=None)


def clock(newest: datetime | None, now: datetime) -> Finding:
    """Say whether the clock can be right: it moves cut-offs, and what is fresh in the cache.

    Args:
        newest: When the newest file seen was uploaded; None where nobody told.
        now: The present.

    """
    with tempfile.NamedTemporaryFile() as file:
        skew = Path(file.name).stat().st_mtime - time.time()
    shown = f"{now:%Y-%m-%d %H:%M:%S %Z}"
    if newest is not None and newest > now + _AHEAD:
        words = f"{shown} is before an upload of {newest:%Y-%m-%d}: it is behind"
        state = State.NOTE
    elif abs(skew) > _SKEW:
        words, state = f"{shown}, and files are made {skew:+.0f} s away from it", State.NOTE
    else:
        words, state = shown, State.GOOD
    remedies = ("sudo timedatectl set-ntp true",) if state is not State.GOOD else ()
    return Finding(topic=Topic.CLOCK, state=state, words=words, remedies=remedies,
                   facts={"now": now.isoformat(), "file_skew": round(skew, 3)})  # fmt: skip


def folder(topic: Topic, path: Path, *, uv_cache: Path | None, option: str) -> Finding:
    """Say whether a folder can be written to, and whether files can be shared by hard links.

    Args:
        topic: Which one.
        path: The folder; it need not exist.
        uv_cache: uv's own cache, whose files layers are linked to; None for results.
        option: The option that names another folder.

    """
    there = next((p for p in (path, *path.parents) if p.exists()), Path("/"))
    facts: dict[str, Any] = {"path": str(path)}
    try:
        with tempfile.TemporaryDirectory(dir=there, prefix=".versect-doctor-") as made:
            linked = _linked(Path(made), Path(made))
            shared = None if uv_cache is None else _linked(uv_cache, Path(made))
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(
            topic=topic,
            state=State.MISSING,
            words=f"{path} cannot be written: {error.strerror}",
            details=(f"{option} names another one",),
            remedies=(f"mkdir -p {path} && chmod u+rwx {path}",),
            facts={**facts, "writable": False},
        )
    details = []
    if uv_cache is not None:
        details.append(f"hard links inside it: {'yes' if linked else 'no, files are copied'}")
        details.append(
            f"hard links to uv's cache {uv_cache}: "
            + {True: "yes", False: "no, wheels are laid out twice", None: "not there yet"}[shared]
        )
    low = free < _ROOM
    return Finding(
        topic=topic,
        state=State.NOTE if low or (uv_cache is not None and not linked) else State.GOOD,
        words=f"{path}, {free / 1e9:.1f} GB free" + (": soon full" if low else ""),
        details=tuple(details),
        remedies=("versect cache prune",) if low and uv_cache is not None else (),
        facts={**facts, "writable": True, "free": free, "hard_links": linked,
               "hard_links_to_uv": shared},
    )  # fmt: skip


def _linked(source: Path, target: Path) -> bool | None:
    """Whether a file of one folder can be linked into another; None where the first is none."""
    if not source.is_dir() or not os.access(source, os.W_OK):
        return None
    with tempfile.NamedTemporaryFile(dir=source, prefix=".versect-doctor-") as file:
        try:
            return disk.link(file.name, target / f"link-{os.path.basename(file.name)}")  # noqa: PTH119
        except OSError:
            return False
