"""How an environment looks on disk: names, texts and scripts (pure)."""

from __future__ import annotations

import configparser
import hashlib
from collections.abc import Iterator
from typing import Final

from versect.model.environment import EnvironmentKey, Lock, Target

LAYOUT: Final = "4"
"""Changes when environments and layers built before must not be used any more."""

_LONGEST_SHEBANG: Final = 120


def key(lock: Lock, target: Target, home: str | None) -> EnvironmentKey:
    """Name the environment of a lock for a target, as cells see it at ``home``."""
    parts = (LAYOUT, lock.digest, target.key, target.magic, home or "in place")
    return EnvironmentKey(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40])


def site_packages(python: str) -> str:
    """Give the folder of packages, relative to the environment."""
    return f"lib/python{python}/site-packages"


def bytecode(name: str, cache_tag: str) -> str:
    """Give where bytecode lies: ``a/b.py`` -> ``a/__pycache__/b.cpython-312.pyc``."""
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}__pycache__/{file.removesuffix('.py')}.{cache_tag}.pyc"


def pyvenv_cfg(target: Target) -> str:
    """Give ``pyvenv.cfg``, which makes a folder with ``bin/python`` a virtual environment."""
    folder = target.executable.rpartition("/")[0]
    return (
        f"home = {folder}\n"
        "include-system-site-packages = false\n"
        f"version = {target.version}\n"
        f"executable = {target.executable}\n"
    )


def scripts(entry_points: str, python: str) -> Iterator[tuple[str, str]]:
    """Give name and text of each script that a distribution's entry points declare."""
    parser = configparser.RawConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    try:
        parser.read_string(entry_points)
    except configparser.Error:
        return
    for section in ("console_scripts", "gui_scripts"):
        for name, reference in parser.items(section) if parser.has_section(section) else ():
            module, _, attribute = reference.partition("[")[0].strip().partition(":")
            if module and attribute and "/" not in name:
                top = attribute.split(".")[0]
                start = f"{shebang(python)}\nimport sys\nfrom {module} import {top}\n"
                yield name, f"{start}if __name__ == '__main__':\n    sys.exit({attribute}())\n"


def rebased(script: bytes, python: str) -> bytes | None:
    """Give a script with this environment's interpreter, or None if it is no Python script."""
    first, newline, rest = script.partition(b"\n")
    if not first.startswith(b"#!") or b"python" not in first:
        return None
    return shebang(python).encode() + newline + rest


def shebang(python: str) -> str:
    """Give a script's first lines, which start an interpreter wherever it lies.

    The kernel takes no blanks in the path and cuts it at 127 bytes (BINPRM_BUF_SIZE before Linux
    5.1); a shell does not, and it runs as a command what Python reads as a string.
    """
    if " " not in python and len(python.encode()) <= _LONGEST_SHEBANG:
        return f"#!{python}"
    return f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''"


def is_compiled(name: str) -> bool:
    """Whether bytecode of a file is made: of all but a package's own tests.

    They are half of numpy, and hardly any reproduction imports them; one that does runs as well.
    """
    folders = name.split("/")[1:-1]
    return name.endswith(".py") and not {"tests", "test"} & set(folders)
