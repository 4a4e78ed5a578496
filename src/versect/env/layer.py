"""One wheel laid out, with its bytecode for one interpreter: as it lies on disk."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CONTENTS: Final = "layer.json"
COMPILED: Final = "compiled.json"
FILES: Final = "files"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """The files of one wheel and its bytecode for one interpreter."""

    name: str
    """The distribution's normalised name."""
    files: Mapping[str, str]
    """Relative to site-packages, scripts below ``bin/``; each with its state (``disk.state``) as
    it was laid out: links to it that differ were written into."""
    root: Path
    bytecode: Path
    """Holds ``__pycache__`` folders at the same relative places."""
    compiled: Mapping[str, tuple[str, str] | None]
    """For each source that was compiled, where its bytecode lies, relative to ``bytecode``, and
    the state of that; None for one that does not compile."""


def load(name: str, wheel: Path, bytecode: Path) -> Layer:
    """Read a layer, which is there, and say that it was used just now.

    Args:
        name: The distribution's normalised name.
        wheel: The folder of a wheel laid out.
        bytecode: The folder of its bytecode, which need not be there.

    """
    for used in (wheel, bytecode):
        with contextlib.suppress(OSError):
            os.utime(used)
    files = json.loads((wheel / CONTENTS).read_text(encoding="utf-8"))["files"]
    compiled: dict[str, tuple[str, str] | None] = {}
    with contextlib.suppress(OSError):
        stored = json.loads((bytecode / COMPILED).read_text(encoding="utf-8"))
        compiled = {source: found and (found[0], found[1]) for source, found in stored.items()}
    return Layer(name=name, files=files, root=wheel / FILES, bytecode=bytecode, compiled=compiled)
