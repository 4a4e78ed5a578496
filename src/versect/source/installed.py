"""The releases that are installed in an environment, read from its files without running any."""

from __future__ import annotations

import re
from pathlib import Path

from versect.source.gathered import Gathered


def read(name: str, folder: Path, found: Gathered) -> None:
    """Gather what the ``.dist-info`` folders of an environment say.

    Args:
        name: The folder's, for messages.
        folder: A virtual environment, or a folder of installed packages itself.
        found: Takes the releases, the notes and the faults.

    Raises:
        OSError: Something in it cannot be read.

    """
    sites = [*folder.glob("lib/*/site-packages"), *folder.glob("Lib/site-packages")]
    for site in sorted(sites) or [folder]:
        _note_other_python(name, site, found)
        # pip renames what it is about to remove to ~name, and leaves it behind when it is killed.
        for info in sorted(site.glob("[!~]*.dist-info")):
            _distribution(name, info, found)


def _distribution(name: str, info: Path, found: Gathered) -> None:
    place = f"{name}: {info.name}"
    metadata = info / "METADATA"
    if not metadata.is_file():
        found.notes.append(f"{place}: holds no METADATA; left out")
        return
    header = _header(metadata.read_text(encoding="utf-8", errors="replace"))
    if (info / "direct_url.json").exists():
        found.leave_out(place, header.get("name", info.stem))
        return
    found.add(place, header.get("name", ""), header.get("version", ""))


def _header(text: str) -> dict[str, str]:
    """Give the fields above the first empty line; of several of one name the first."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        if not line:
            break
        key, _, value = line.partition(":")
        fields.setdefault(key.strip().lower(), value.strip())
    return fields


def _note_other_python(name: str, site: Path, found: Gathered) -> None:
    wanted = found.environment["python_version"]
    match = re.fullmatch(r"python(3\.\d+)", site.parent.name)
    if match and match[1] != wanted:
        found.notes.append(f"{name}: an environment of Python {match[1]}, read for {wanted}")
