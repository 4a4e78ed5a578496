"""A copy of an environment in which some files are others: hard links, but for these.

Copies share files, so that nothing is written into one: what differs is a new file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from versect.env import disk, layout
from versect.model.environment import Environment, EnvironmentKey

Files = Mapping[str, bytes | None]
"""Paths relative to site-packages to what is to be there, None for nothing."""


def key(environment: Environment, files: Files) -> EnvironmentKey:
    """Name a copy: by a digest over its base's key and all that differs."""
    digest = hashlib.sha256(environment.key.encode())
    for name, content in sorted(files.items()):
        what = "" if content is None else hashlib.sha256(content).hexdigest()
        digest.update(f"\0{name}\0{what}".encode())
    return EnvironmentKey(digest.hexdigest()[:40])


def owners(before: Mapping[str, str], files: Files) -> dict[str, str]:
    """Map the files of a copy to distributions, given those of its base.

    A new file belongs to the distribution whose files are replaced with it, if it is one.
    """
    concerned = {before[name] for name in files if name in before}
    alone = concerned.pop() if len(concerned) == 1 else None
    after = {name: owner for name, owner in before.items() if name not in files}
    for name, content in files.items():
        owner = before.get(name, alone)
        if content is not None and owner is not None:
            after[name] = owner
    return after


def lay(
    base: Environment, copy: Environment, files: Files, *, owned: Collection[str], built: Path
) -> None:
    """Lay out a copy, its store's own notes aside.

    Bytecode of a file that differs is left out. Scripts start the copy's own interpreter, and
    entry points that differ get new ones.

    Args:
        base: What is copied.
        copy: What it becomes.
        files: What differs.
        owned: The base's files that belong to distributions. One that is there and belongs to
            none is left alone.
        built: A new folder on the base's file system, to be moved to the copy's root.

    Raises:
        ValueError: A path leads out of site-packages.
        OSError: The base went away, or the folder cannot be written.

    """
    if outside := [name for name in files if name.startswith("/") or ".." in name.split("/")]:
        raise ValueError(f"not in site-packages: {', '.join(outside)}")
    site = layout.site_packages(base.target.python)
    replaced = {name for name in files if name in owned}
    left_out = {*replaced, *_bytecode(replaced, base.target.cache_tag)}
    built.mkdir()
    _link(str(base.root), str(built), without={f"{site}/{name}" for name in left_out})
    for name, content in files.items():
        target = built / site / name
        if content is not None and not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            _add_scripts(name, content, built / "bin", copy.python)
    if copy.python != base.python:
        _rebase_scripts(built / "bin", base.python, copy.python)


def _bytecode(sources: Collection[str], cache_tag: str) -> Iterator[str]:
    for name in sources:
        for optimized in ("", ".opt-1", ".opt-2"):
            yield layout.bytecode(name, f"{cache_tag}{optimized}")


def _link(source: str, target: str, *, without: Collection[str]) -> None:
    """Link everything in a folder but some files and, at its top, the store's notes.

    Folders come with their files: one that nothing is left in would still be imported.
    """
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        made = not prefix
        with os.scandir(f"{source}/{prefix}") as found:
            for entry in found:
                name = f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                    continue
                if name in without or name.startswith("."):
                    continue
                if not made:
                    os.makedirs(f"{target}/{prefix}", exist_ok=True)  # noqa: PTH103 - thousands
                    made = True
                if entry.is_symlink():
                    os.symlink(os.readlink(entry.path), f"{target}/{name}")  # noqa: PTH115, PTH211
                else:
                    disk.link(entry.path, f"{target}/{name}")


def _add_scripts(name: str, content: bytes, folder: Path, python: str) -> None:
    """Write the scripts of entry points that differ."""
    if name.endswith(".dist-info/entry_points.txt"):
        for script, code in layout.scripts(content.decode(errors="replace"), python):
            _write_script(folder / script, code.encode())


def _rebase_scripts(folder: Path, before: str, after: str) -> None:
    """Let the scripts of one interpreter start another."""
    old, new = (f"{layout.shebang(python)}\n".encode() for python in (before, after))
    for path in folder.iterdir():
        if not path.is_symlink() and (content := path.read_bytes()).startswith(old):
            _write_script(path, new + content.removeprefix(old))


def _write_script(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)  # it is a link
    path.write_bytes(content)
    path.chmod(0o755)
