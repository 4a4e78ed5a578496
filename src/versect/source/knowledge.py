"""What is known of projects: what is installed, what a lock pins, what a text tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from versect.env.reach import imports
from versect.source.modules import Installed, guessed, is_standard, is_sure

_MOST_FILES: Final = 3000
"""Files of one project that are looked through for a class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Names and releases of projects, the more certain source first."""

    locked: Mapping[NormalizedName, Version]
    """What a lock or a freeze pins."""
    told: Mapping[NormalizedName, Version]
    """What a pasted text or a program's own requirements say."""
    failing: Installed
    """The environment in which it failed, where it is on this machine."""
    here: Installed
    """The environment of versect itself: it knows names, and says nothing of releases."""

    def project(self, module: str, file: str = "") -> NormalizedName:
        """Give the project that brings a module, by its name where nothing else tells."""
        found = self.failing.project(module, file)
        if found is None and not is_sure(module):
            found = self.here.project(module, file)
        return found or guessed(module)

    def is_certain(self, module: str) -> bool:
        """Whether the project of a module is known, and not only guessed by its name."""
        name = self.project(module)
        known = name in self.locked or name in self.told or name in self.failing.versions
        return known or name in self.here.versions or is_sure(module)

    def version(self, project: str) -> Version | None:
        """Give the release with which it failed; None where nothing tells."""
        name = canonicalize_name(project)
        for known in (self.locked, self.told, self.failing.versions):
            if name in known:
                return known[name]
        return None

    def neighbours(self, site: str, rest: str) -> Iterator[NormalizedName]:
        """Give the projects that an installed file imports; none where it cannot be read."""
        try:
            text = Path(site, rest).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        top = rest.partition("/")[0]
        for module in dict.fromkeys(imports(text, rest)):
            first = module.partition(".")[0]
            if first and first != top and not is_standard(first):
                yield self.project(module)

    def defines(self, project: NormalizedName, name: str) -> bool:
        """Whether a project that is installed where it failed has a class of this name."""
        wanted = re.compile(rf"^[ \t]*class {re.escape(name)}\b".encode(), re.MULTILINE)
        tops = [top for top, owners in self.failing.owners.items() if project in owners]
        left = _MOST_FILES
        for folder in self.failing.folders:
            for top in tops:
                for path in (folder / f"{top}.py", *(folder / top).rglob("*.py")):
                    left -= 1
                    if left < 0:
                        return False
                    try:
                        if wanted.search(path.read_bytes()):
                            return True
                    except OSError:
                        continue
        return False
