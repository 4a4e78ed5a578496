"""From the names that programs import to the projects that bring them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

REMOVED: Final = frozenset(
    [
        "_bootlocale",
        "aifc",
        "asynchat",
        "asyncore",
        "audioop",
        "binhex",
        "cgi",
        "cgitb",
        "chunk",
        "crypt",
        "distutils",
        "formatter",
        "imghdr",
        "imp",
        "lib2to3",
        "macpath",
        "mailcap",
        "msilib",
        "nis",
        "nntplib",
        "ossaudiodev",
        "parser",
        "pipes",
        "smtpd",
        "sndhdr",
        "spwd",
        "sunau",
        "symbol",
        "telnetlib",
        "uu",
        "xdrlib",
    ]
)
"""Modules of the standard library that some Python since 3.7 has lost."""

WELL_KNOWN: Final[Mapping[str, str]] = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "_pytest": "pytest",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "flask_sqlalchemy": "flask-sqlalchemy",
    "git": "gitpython",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "pythonjsonlogger": "python-json-logger",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "socks": "pysocks",
    "telegram": "python-telegram-bot",
    "usb": "pyusb",
    "websocket": "websocket-client",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Modules whose project has another name, of the projects that are installed most."""


def is_standard(module: str) -> bool:
    """Whether a module belongs to Python itself, or did."""
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or top in REMOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What lies in some folders of installed packages."""

    folders: tuple[Path, ...]
    versions: Mapping[NormalizedName, Version]
    owners: Mapping[str, tuple[NormalizedName, ...]]
    """The projects that bring each importable top-level name."""
    needs: Mapping[NormalizedName, Mapping[NormalizedName, SpecifierSet]]
    """What each project requires here, and which releases of it, extras left out."""

    @property
    def python(self) -> str | None:
        """``major.minor`` of the interpreter that the folders are for, where their path tells."""
        for folder in self.folders:
            found = re.fullmatch(r"python(3\.\d+)t?", folder.parent.name)
            if found:
                return found[1]
        return None

    def oldest(self, name: NormalizedName, users: Iterable[NormalizedName]) -> str:
        """Give the strictest lower bound that some projects put on another; empty for none."""
        bounds = [
            one
            for user in users
            for one in self.needs.get(user, {}).get(name, ())
            if one.operator in {">=", ">", "~="}
        ]
        strictest = max(bounds, key=lambda one: Version(one.version), default=None)
        if strictest is None:
            return ""
        return f"{'>' if strictest.operator == '>' else '>='}{strictest.version}"

    def closure(
        self, names: Iterable[NormalizedName], *, without: frozenset[NormalizedName] = frozenset()
    ) -> frozenset[NormalizedName]:
        """Give projects with everything that they need, not going by way of some others."""
        found: set[NormalizedName] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self.versions and name not in found and name not in without:
                found.add(name)
                waiting += self.needs.get(name, ())
        return frozenset(found)

    def project(self, module: str, file: str = "") -> NormalizedName | None:
        """Give the project that brings a module; None when none or several do.

        Args:
            module: Dotted.
            file: Where it lies below site-packages, which tells projects apart that share a
                namespace; empty where unknown.

        """
        owners = self.owners.get(module.partition(".")[0], ())
        if len(owners) == 1:
            return owners[0]
        known = WELL_KNOWN.get(".".join(module.split(".")[:2]))
        if known and canonicalize_name(known) in owners:
            return canonicalize_name(known)
        return self._owner(file, owners) if file else None

    def _owner(self, file: str, owners: Iterable[NormalizedName]) -> NormalizedName | None:
        wanted = set(owners)
        for one in _distributions(self.folders):
            if canonicalize_name(_name(one)) in wanted and any(
                str(path) == file for path in one.files or ()
            ):
                return canonicalize_name(_name(one))
        return None


def installed(folders: Iterable[Path]) -> Installed:
    """Read folders of installed packages; nothing of them is imported.

    Costs about a millisecond a package. What cannot be read is passed over.
    """
    existing = tuple(dict.fromkeys(one for one in folders if os.path.isdir(one)))  # noqa: PTH112 - raises nothing
    versions: dict[NormalizedName, Version] = {}
    owners: dict[str, tuple[NormalizedName, ...]] = {}
    needs: dict[NormalizedName, dict[NormalizedName, SpecifierSet]] = {}
    for one in _distributions(existing):
        try:
            name, version = canonicalize_name(_name(one), validate=True), Version(one.version)
            tops = _top_levels(one)
        except (ValueError, InvalidVersion, TypeError, KeyError, OSError):
            continue
        if name in versions:
            continue
        versions[name] = version
        needs[name] = dict(_needs(one))
        for top in tops:
            owners[top] = (*owners.get(top, ()), name)
    return Installed(folders=existing, versions=versions, owners=owners, needs=needs)


def guessed(module: str) -> NormalizedName:
    """Give the likely project of a module of which nothing is known but its name."""
    two = ".".join(module.split(".")[:2])
    top = module.partition(".")[0]
    return canonicalize_name(WELL_KNOWN.get(two) or WELL_KNOWN.get(top) or top)


def is_sure(module: str) -> bool:
    """Whether ``guessed`` goes by more than the name itself."""
    return module.partition(".")[0] in WELL_KNOWN


def _distributions(folders: Iterable[Path]) -> Iterable[Distribution]:
    return distributions(path=[str(folder) for folder in folders])


def _name(one: Distribution) -> str:
    return one.metadata["Name"] or ""


def _needs(one: Distribution) -> Iterator[tuple[NormalizedName, SpecifierSet]]:
    for text in one.requires or ():
        try:
            requirement = Requirement(text)
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        except ValueError:
            continue
        if applies:
            yield canonicalize_name(requirement.name), requirement.specifier


def _top_levels(one: Distribution) -> set[str]:
    """Give the importable names of a distribution, as its list of files tells them."""
    tops = set()
    for path in one.files or ():
        first = path.parts[0]
        if len(path.parts) > 1:
            tops.add(first)
        elif found := re.fullmatch(r"(\w+)(?:\.[\w-]+)?\.(?:py|so|pyd)", first):
            tops.add(found[1])
    return {top for top in tops if top.isidentifier()}
