"""``pylock.toml`` (PEP 751) as a ``Lock``, and a part of one to install from (pure)."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from packaging.pylock import Package, Pylock, PylockValidationError
from packaging.utils import canonicalize_name

from versect.model.environment import Lock, LockDigest, LockedPackage


class LockError(ValueError):
    """A text is no lock of the kind that uv writes for one environment."""


def parse(text: str) -> Lock:
    """Read a lock.

    Raises:
        LockError: It is not valid, a package has no or several files, or a file has no hash.

    """
    try:
        pylock = Pylock.from_dict(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, PylockValidationError) as error:
        raise LockError(str(error)) from error
    packages = tuple(sorted((_package(p) for p in pylock.packages), key=lambda p: p.name))
    rows = [(p.name, str(p.version), p.filename, p.sha256) for p in packages]
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    return Lock(text=text, packages=packages, digest=LockDigest(digest))


def part(lock: Lock, names: Collection[str]) -> str:
    """Give the text of a lock that holds only some packages, for any interpreter.

    What ``requires-python`` says was obeyed when the lock was made; a line of it would make uv ask
    for an interpreter of that version, which need not be on this machine.
    """
    lines = lock.text.splitlines(keepends=True)
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip() == "[[packages]]":
            blocks.append([])
        blocks[-1].append(line)
    header = [line for line in blocks[0] if not line.startswith("requires-python")]
    chosen = [b for b in blocks[1:] if canonicalize_name(_name(b)) in names]
    return "".join(line for block in (header, *chosen) for line in block)


def files_here(lock: Lock) -> tuple[Path, ...]:
    """Give the files of a lock that lie on this machine, where its index is a folder."""
    urls = [
        urlsplit(str(file["url"]))
        for package in tomllib.loads(lock.text).get("packages", ())
        for file in (*package.get("wheels", ()), package.get("sdist", {}))
        if "url" in file
    ]
    return tuple(Path(unquote(url.path)) for url in urls if url.scheme == "file")


def _name(block: list[str]) -> str:
    return str(tomllib.loads("".join(block))["packages"][0]["name"])


def _package(package: Package) -> LockedPackage:
    wheels = package.wheels or ()
    if len(wheels) > 1:
        raise LockError(f"{package.name} has {len(wheels)} wheels; one was expected")
    file = wheels[0] if wheels else package.sdist
    if file is None or package.version is None:
        raise LockError(f"{package.name} has neither a wheel nor a source archive")
    sha256 = file.hashes.get("sha256")
    if not sha256:
        raise LockError(f"{package.name} {package.version} has no sha256")
    filename = file.name or PurePosixPath(unquote(urlsplit(file.url or file.path or "").path)).name
    return LockedPackage(
        name=package.name, version=package.version, filename=filename, sha256=str(sha256)
    )
