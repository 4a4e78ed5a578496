"""Where things lie below the cache folder, and in what they are counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from versect.env.layout import LAYOUT


class Kind(StrEnum):
    """What is kept on disk. The value is what is shown."""

    WHEELS = "wheels"
    BYTECODE = "bytecode"
    BUILT = "built wheels"
    ENVIRONMENTS = "environments"
    LOCKS = "locks"
    INDEX = "index pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folders below one cache folder."""

    root: Path

    @property
    def environments(self) -> Path:
        """The environment store."""
        return self.root / "environments"

    def layers(self, *, linked: bool) -> Path:
        """Wheels laid out, and their bytecode; those linked to the download cache apart."""
        return self.root / "layers" / f"{'linked' if linked else 'copied'}-{LAYOUT}"

    @property
    def stores(self) -> tuple[Path, Path]:
        """Both folders of layers."""
        return self.layers(linked=True), self.layers(linked=False)

    @property
    def built(self) -> Path:
        """Wheels built from source archives."""
        return self.root / "built"

    @property
    def locks(self) -> Path:
        """What the resolver answered."""
        return self.root / "locks"

    @property
    def index(self) -> Path:
        """Pages of package indexes."""
        return self.root / "index"

    @property
    def interpreters(self) -> Path:
        """The file that remembers what interpreters said of themselves."""
        return self.root / "interpreters.json"

    @property
    def leases(self) -> Path:
        """What running processes use."""
        return self.environments / "leases"

    def entries(self, kind: Kind) -> Iterator[Path]:
        """Give what can be kept or removed on its own, in no particular order."""
        match kind:
            case Kind.WHEELS:
                yield from (self.root / "layers").glob("*/wheels/*")
            case Kind.BYTECODE:
                yield from (self.root / "layers").glob("*/bytecode/*/*")
            case Kind.BUILT:
                yield from (self.built / "ready").glob("*/*")
            case Kind.ENVIRONMENTS:
                yield from (self.environments / "ready").glob("*")
            case Kind.LOCKS:
                yield from self.locks.glob("*.toml")
            case Kind.INDEX:
                yield from self.index.glob("*.json")
