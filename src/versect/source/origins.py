"""Whose code a line of a traceback is, read from the path of its file (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import PurePosixPath
from typing import Final

_SITE: Final = re.compile(r"^(?P<site>.*?/(?:site|dist)-packages)/(?P<rest>.+)$")
_ARCHIVED: Final = re.compile(
    r"/(?P<name>[A-Za-z0-9_.]+)-(?P<version>\d[\w.!+]*)(?:-[\w.-]+)?\.(?:egg|whl)/(?P<rest>.+)$"
)
"""``site-packages/thing-1.0-py3.8.egg/thing/a.py``: the path tells the version."""
_LIBRARY: Final = re.compile(r"(?:^|/)(?:lib(?:64)?/python3\.\d+t?|Python3\d+/[Ll]ib)/")
_PYTHON: Final = re.compile(r"/python(3\.\d+)t?/|/Python(3)(\d+)/|\bPython (3\.\d+)\.\d+")
_INFO: Final = re.compile(
    r"(?<![\w.-])([A-Za-z0-9][A-Za-z0-9_.]*)-(\d[\w.!+]*?)(?:\.dist-info|\.egg-info|-py3)"
)
_SCRIPTS: Final = re.compile(r"/(?:bin|Scripts)/(?P<name>[\w.-]+?)(?:\.exe)?(?:/__main__\.py)?$")
_TOOLS: Final = re.compile(
    r"^platform \S+ -- Python [\d.]+, pytest-(?P<pytest>[\w.]+)", re.MULTILINE
)
_PLUGINS: Final = re.compile(r"^plugins: (?P<all>.+)$", re.MULTILINE)


class Whose(Enum):
    """To whom a line of a traceback belongs."""

    PYTHON = auto()
    INSTALLED = auto()
    SCRIPT = auto()
    """A script that an installed package brought: ``bin/black``."""
    OWN = auto()
    NOBODY = auto()
    """Code without a file: ``<string>``, ``<frozen importlib._bootstrap>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose a file is."""

    whose: Whose
    module: str
    """Dotted, of installed files; the name of a script; else empty."""
    site: str
    """The folder of installed packages; empty for others."""
    rest: str
    """The path below it."""
    version: str
    """The release of its project, where the path tells it."""


def origin(file: str) -> Origin:  # noqa: PLR0911 - one return a kind
    """Say whose a file of a traceback is."""
    path = file.replace("\\\\", "/").replace("\\", "/")
    if path.startswith("<"):
        return _of(Whose.NOBODY)
    archived = _ARCHIVED.search(path)
    if archived:
        return _of(
            Whose.INSTALLED,
            module=_module(archived["rest"]),
            rest=archived["rest"],
            version=archived["version"],
        )
    found = _SITE.match(path)
    if found:
        rest = found["rest"]
        return _of(Whose.INSTALLED, module=_module(rest), site=found["site"], rest=rest)
    if path.endswith(".pyx") and not path.startswith("/"):  # as Cython names its sources
        return _of(Whose.INSTALLED, module=_module(path), rest=path)
    if _LIBRARY.search(path):
        return _of(Whose.PYTHON)
    script = _SCRIPTS.search(path)
    if script and not script["name"].endswith((".py", ".pyw")):
        return _of(Whose.SCRIPT, module=script["name"])
    return _of(Whose.OWN)


def python_of(text: str) -> str | None:
    """Find ``major.minor`` of the interpreter in the paths of a text, or in pytest's header."""
    for found in _PYTHON.finditer(text.replace("\\", "/")):
        return found[1] or found[4] or f"{found[2]}.{found[3]}"
    return None


def versions_in(text: str) -> dict[str, str]:
    """Find the releases that a text tells by the way, as written: project to version.

    They stand in the names of ``.dist-info`` folders and archives, and in pytest's header.
    """
    found: dict[str, str] = dict(_INFO.findall(text))
    for tools in _TOOLS.finditer(text):
        found["pytest"] = tools["pytest"]
    for plugins in _PLUGINS.finditer(text):
        for word in plugins["all"].split(", "):
            name, _, version = word.rpartition("-")
            if name and version[:1].isdigit():
                found[name if name in _ALONE else f"pytest-{name}"] = version
    return found


_ALONE: Final = frozenset({"anyio", "hypothesis", "Faker", "typeguard", "syrupy", "respx"})
"""Projects that are plugins of pytest under their own names."""


def _of(
    whose: Whose, *, module: str = "", site: str = "", rest: str = "", version: str = ""
) -> Origin:
    return Origin(whose=whose, module=module, site=site, rest=rest, version=version)


def _module(rest: str) -> str:
    parts = PurePosixPath(rest).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__").split(".cpython-")[0]
