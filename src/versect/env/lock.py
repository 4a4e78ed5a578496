"""``pylock.toml`` (PEP 751) as a ``Lock``, and a part of one to install from (pure)."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from packaging.pylock import Package, Pylock, PylockValidationError
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

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


def settled(text: str, tags: Sequence[Tag]) -> str:
    """Give a lock with one wheel for each package: the one that an installer takes.

    uv names every wheel that would do; which one it installs follows from the order of the tags.

    Args:
        text: The lock as uv wrote it, a wheel a line.
        tags: The wheel tags of the interpreter, the best first.

    """
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    try:
        packages = tomllib.loads(text).get("packages", ())
    except tomllib.TOMLDecodeError:
        return text
    left_out: set[str] = set()
    for package in packages:
        urls = [str(wheel.get("url", wheel.get("path", ""))) for wheel in package.get("wheels", ())]
        best = min(urls, key=lambda url: _rank(url, ranks), default="")
        left_out.update(url for url in urls if url != best)
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not any(f'"{url}"' in line for url in left_out))


def _rank(url: str, ranks: Mapping[Tag, int]) -> tuple[int, str]:
    """Give the place of a wheel's best tag, and its name to tell equals apart."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    try:
        wheel_tags = parse_wheel_filename(name)[3]
    except InvalidWheelFilename:
        return len(ranks), name
    return min((ranks[tag] for tag in wheel_tags if tag in ranks), default=len(ranks)), name


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
