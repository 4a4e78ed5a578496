"""What pip's configuration says of indexes, read as ``pip config`` reads it."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from versect.index.location import Source
from versect.index.settings import Settings, true

_KEYS: Final = ("index-url", "extra-index-url", "find-links", "no-index")
_SECTIONS: Final = ("global", "install")
"""The weakest first; in any file, ``install`` wins over ``global`` of every file."""


def read(environment: Mapping[str, str], files: Sequence[Path]) -> Settings:
    """Read pip's settings for ``pip install``.

    A key's strongest value replaces the others: the environment, then ``[install]``, then
    ``[global]``, and of two files the later one.

    Args:
        environment: Environment variables, ``PIP_INDEX_URL`` and the like.
        files: ``pip.conf`` files, the weakest first; files that cannot be read say nothing.

    """
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for path in files:
        found.update(_file(path))
    said = {key: found[section, key] for section in _SECTIONS for key in _KEYS
            if (section, key) in found}  # fmt: skip
    for key in _KEYS:
        name = f"PIP_{key.upper().replace('-', '_')}"
        if environment.get(name):
            said[key] = (environment[name], name)
    default = next(iter(_sources(said, "index-url")), None)
    return Settings(
        default=default,
        extra=tuple(_sources(said, "extra-index-url")),
        find_links=tuple(_sources(said, "find-links")),
        no_index="no-index" in said and true(said["no-index"][0]),
        offline=False,
        strategy="",
        network=(),
    )


def _sources(said: Mapping[str, tuple[str, str]], key: str) -> Iterator[Source]:
    text, origin = said.get(key, ("", ""))
    for url in text.split():
        yield Source(url=url, origin=origin)


def _file(path: Path) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Give section and key with value and origin of one file; ``find_links`` is ``find-links``."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return
    for section in parser.sections():
        for key, value in parser.items(section):
            yield (section, key.lower().replace("_", "-").removeprefix("--")), (value, str(path))
