"""Which indexes apply: uv's configuration first, pip's for what uv does not say.

Index and resolver must see the same releases, so what is found here is handed to uv as well: uv
knows nothing of pip's settings. Reads files; asks nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from versect.index import pip_settings, uv_settings
from versect.index.location import Source, without_credentials

__all__ = ["IndexConfiguration", "configured", "default_index", "without_credentials"]

_PAGES: Final = "max-age=600"
_FILES: Final = "max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexConfiguration:
    """Where releases come from."""

    indexes: tuple[Source, ...]
    """In the order in which they are asked: further ones first, as uv does, the default last."""
    default: str | None
    """The URL of the last of them, which is the default one; None where there are none."""
    find_links: tuple[Source, ...]
    """Folders and pages of links, beside the indexes."""
    absent: tuple[str, ...]
    """What is configured and was left out, since it is not there: words for the user."""
    offline: bool
    union: bool
    """Whether all indexes count, as for pip; else the first that has a project, as for uv."""
    origin: str
    """Whose configuration it is: ``uv``, ``pip`` or ``default``."""
    strategy: str
    """uv's ``index-strategy``; empty for uv's own default."""
    network: tuple[tuple[str, object], ...]
    """uv's settings of how the network is reached, which ``uv_toml`` must not lose."""

    @property
    def uv_toml(self) -> str:
        """The same as a configuration file for uv, which then reads no other.

        The files of the folder in which versect is called may also say constraints, overrides and
        cut-offs, and these must not change what a study asks.

        A file and no options, since only a file can say ``cache-control``: an index that sends no
        caching headers makes uv fetch every page again for every lock, a second's worth each
        time. The file gives pages the ten minutes that PyPI gives its own, and makes files, named
        by digest, immutable. It may hold credentials.
        """
        lines = [f"{key} = {_toml(value)}" for key, value in self.network]
        if not self.indexes:
            lines.append("no-index = true")
        if self.find_links:
            lines.append(f"find-links = {_toml([_absolute(s) for s in self.find_links])}")
        if self.strategy:
            lines.append(f"index-strategy = {_toml(self.strategy)}")
        for source in self.indexes:
            lines += ["", "[[index]]", f"url = {_toml(_absolute(source))}"]
            if source == self.indexes[-1]:
                lines.append("default = true")
            if source.folder is None:
                lines.append(
                    f"cache-control = {{ api = {_toml(_PAGES)}, files = {_toml(_FILES)} }}"
                )
        return "\n".join(lines) + "\n"

    @property
    def words(self) -> tuple[str, ...]:
        """What is configured and by whom, a line each, fit to be shown."""
        return (
            *(f"index {source} ({source.origin})" for source in self.indexes),
            *(f"find-links {source} ({source.origin})" for source in self.find_links),
            *self.absent,
            *(("offline: only what is cached",) if self.offline else ()),
        )


def configured(
    *,
    environment: Mapping[str, str],
    uv_files: Sequence[Path],
    pip_files: Sequence[Path],
    default: str,
    offline: bool,
) -> IndexConfiguration:
    """Find out which indexes apply.

    uv's indexes are asked in turn and the first that has a project wins. pip lays all its indexes
    together, and so does this with pip's.

    Args:
        environment: Environment variables.
        uv_files: ``uv.toml`` and ``pyproject.toml`` files, the closest first; files that do not
            exist say nothing.
        pip_files: ``pip.conf`` files, the weakest first.
        default: The index that uv uses when nothing is configured.
        offline: Whether the user asked to stay offline.

    """
    uv = uv_settings.read(environment, uv_files)
    offline = offline or uv.offline
    fallback = Source(url=default, origin="uv's default")
    if uv.says_where:
        first = None if uv.no_index else uv.default or fallback
        return IndexConfiguration(
            indexes=() if first is None else (*uv.extra, first),
            default=None if first is None else first.url,
            find_links=uv.find_links,
            absent=(),  # uv itself refuses a folder that is not there, for every lock
            offline=offline,
            union=uv.strategy not in {"", "first-index"},
            origin="uv",
            strategy=uv.strategy,
            network=uv.network,
        )
    pip = pip_settings.read(environment, pip_files)
    first = None if pip.no_index else pip.default or fallback
    there = tuple(source for source in pip.find_links if _exists(source))
    return IndexConfiguration(
        indexes=() if first is None else (*pip.extra, first),
        default=None if first is None else first.url,
        find_links=there,
        absent=tuple(_absent(pip.find_links)),
        offline=offline,
        union=bool(pip.extra),
        origin="pip" if pip.says_where else "default",
        strategy="unsafe-best-match" if pip.extra else "",
        network=uv.network,
    )


def default_index(uv_help: str) -> str | None:
    """Find the default index in ``uv pip compile --help``: the resolver's own word for it.

    No library of ours has a constant for it; asking takes uv 10 ms.
    """
    found = re.search(r"default package index \(by default:\s*<([^>]+)>", uv_help)
    return found[1] if found else None


def _exists(source: Source) -> bool:
    return source.folder is None or source.folder.exists()


def _absent(find_links: Sequence[Source]) -> Iterator[str]:
    """Say what pip passes over and uv would refuse."""
    for source in find_links:
        if not _exists(source):
            yield f"passed over find-links {source} ({source.origin}): it does not exist"


def _absolute(source: Source) -> str:
    """Give a place for a file that lies elsewhere: relative paths would be relative to that."""
    return source.url if source.folder is None else source.folder.absolute().as_uri()


def _toml(value: object) -> str:
    """Write a string, boolean, number or list of strings; JSON writes these as TOML does."""
    return json.dumps(value, ensure_ascii=False)
