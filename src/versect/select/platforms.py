"""Which wheels a platform takes (pure but for this machine's own tags)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from packaging import tags
from packaging.tags import Tag


@cache
def compatible_tags(python: str, platform: str | None) -> frozenset[Tag]:
    """Give the wheel tags that CPython ``major.minor`` takes; as for ``ranked_tags``."""
    return frozenset(ranked_tags(python, platform))


@cache
def ranked_tags(python: str, platform: str | None) -> tuple[Tag, ...]:
    """Give the wheel tags that CPython ``major.minor`` takes, the one that it likes best first.

    Args:
        python: ``3.12`` or ``3.12.1``.
        platform: As uv names it, ``x86_64-manylinux_2_36``; None for this machine.

    Raises:
        ValueError: The platform is not a glibc Linux in uv's words.

    """
    major, minor = (int(part) for part in python.split(".")[:2])
    platforms = list(tags.platform_tags() if platform is None else _platforms(platform))
    version = (major, minor)
    interpreter = f"cp{major}{minor}"
    # Named outright: packaging's default asks how the interpreter that runs versect was built.
    abis = [interpreter if version >= (3, 8) else f"{interpreter}m"]
    return (
        *tags.cpython_tags(version, abis, platforms),
        *tags.compatible_tags(version, interpreter, platforms),
    )


def _platforms(platform: str) -> Iterator[str]:
    """Give the platform tags of a glibc Linux: ``manylinux_2_17``, ``manylinux2014``, ..."""
    found = re.fullmatch(r"(\w+)-manylinux_2_(\d+)", platform)
    if found is None:
        raise ValueError(f"{platform} is not of the form x86_64-manylinux_2_36")
    machine, newest = found[1], int(found[2])
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    for minor in range(newest, 4, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if minor in legacy:
            yield f"{legacy[minor]}_{machine}"
    yield f"linux_{machine}"
