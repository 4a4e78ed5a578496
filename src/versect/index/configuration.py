"""Which indexes apply: uv's configuration first, pip's for what uv does not say (pure).

Index and resolver must see the same releases, so what is found here is handed to uv as arguments.
"""

from __future__ import annotations

import configparser
import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

_PAGES: Final = "max-age=600"
_FILES: Final = "max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexConfiguration:
    """Where releases come from."""

    default: str | None
    """URL of the default index; None where it is switched off."""
    extra: tuple[str, ...]
    """URLs of further indexes, in the order of their configuration."""
    find_links: tuple[str, ...]
    """Folders and pages of links."""
    offline: bool
    union: bool
    """Whether all indexes count, as for pip; else the first that has a project, as for uv."""
    origin: str
    """Whose configuration it is: ``uv``, ``pip`` or ``default``."""

    @property
    def indexes(self) -> tuple[str, ...]:
        """The URLs in the order in which they are asked: extra ones first, as uv does."""
        return (*self.extra, *((self.default,) if self.default else ()))

    @property
    def uv_toml(self) -> str | None:
        """The same as a configuration file for uv; None where uv's own files say it already.

        uv knows nothing of pip's settings. And an index that sends no caching headers makes uv
        fetch every page again for every lock: a second's worth each time. The file gives pages
        the ten minutes that PyPI gives its own, and makes files, named by digest, immutable.
        """
        if self.origin == "uv":
            return None
        lines = []
        if self.default is None:
            lines.append("no-index = true")
        if self.find_links:
            lines.append(f"find-links = {json.dumps(self.find_links)}")
        if self.extra:
            lines.append('index-strategy = "unsafe-best-match"')  # as pip, whose settings they are
        for url in self.indexes:
            lines += ["", "[[index]]", f"url = {json.dumps(url)}"]
            if url == self.default:
                lines.append("default = true")
            if url.startswith("http"):
                lines.append(f"cache-control = {{ api = {_PAGES!r}, files = {_FILES!r} }}")
        return "\n".join(lines) + "\n"


def configured(
    *,
    environment: Mapping[str, str],
    uv_files: Sequence[Path],
    pip_files: Sequence[Path],
    default: str,
    offline: bool,
) -> IndexConfiguration:
    """Find out which indexes apply.

    Args:
        environment: Environment variables.
        uv_files: ``uv.toml`` and ``pyproject.toml`` files, the closest first.
        pip_files: ``pip.conf`` files, the weakest first.
        default: The index that uv uses when nothing is configured.
        offline: Whether the user asked to stay offline.

    """
    uv = _uv(environment, uv_files)
    offline = offline or _true(environment.get("UV_OFFLINE")) or bool(uv.get("offline"))
    if uv.keys() & {"default", "extra", "find-links", "no-index"}:
        return IndexConfiguration(
            default=None if uv.get("no-index") else uv.get("default", default),
            extra=tuple(uv.get("extra", ())),
            find_links=tuple(uv.get("find-links", ())),
            offline=offline,
            union=uv.get("strategy", "first-index") != "first-index",
            origin="uv",
        )
    pip = _pip(environment, pip_files)
    return IndexConfiguration(
        default=None if _true(pip.get("no-index")) else pip.get("index-url", default),
        extra=tuple(pip.get("extra-index-url", "").split()),
        find_links=tuple(pip.get("find-links", "").split()),
        offline=offline,
        union=True,
        origin="pip" if pip else "default",
    )


def default_index(uv_help: str) -> str | None:
    """Find the default index in ``uv pip compile --help``: the resolver's own word for it."""
    found = re.search(r"default package index \(by default:\s*<([^>]+)>", uv_help)
    return found[1] if found else None


def without_credentials(url: str) -> str:
    """Give a URL as it may be shown: user and password replaced by ``***``."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2]))


def _uv(environment: Mapping[str, str], files: Sequence[Path]) -> dict[str, Any]:
    """Merge uv's settings: environment variables win over files, closer files over others."""
    merged: dict[str, Any] = {}
    for settings in (_uv_environment(environment), *map(_uv_file, files)):
        for key, value in settings.items():
            if key == "extra":
                merged["extra"] = [*merged.get("extra", []), *value]
            else:
                merged.setdefault(key, value)
    return merged


def _uv_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    default = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    if default:
        found["default"] = _url(default)
    words = (environment.get("UV_INDEX", ""), environment.get("UV_EXTRA_INDEX_URL", ""))
    extra = [_url(word) for text in words for word in text.split()]
    if extra:
        found["extra"] = extra
    if environment.get("UV_FIND_LINKS"):
        found["find-links"] = environment["UV_FIND_LINKS"].replace(",", " ").split()
    if _true(environment.get("UV_NO_INDEX")):
        found["no-index"] = True
    if environment.get("UV_INDEX_STRATEGY"):
        found["strategy"] = environment["UV_INDEX_STRATEGY"]
    return found


def _uv_file(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("uv", {})
    pip = table.get("pip", {})
    named = [entry for entry in table.get("index", []) if not entry.get("explicit")]
    defaults = [entry["url"] for entry in named if entry.get("default")]
    extra = [entry["url"] for entry in named if not entry.get("default")]
    extra += _list(pip.get("extra-index-url", table.get("extra-index-url")))
    default = next(iter(defaults), None) or pip.get("index-url", table.get("index-url"))
    links = _list(pip.get("find-links", table.get("find-links")))
    found = {
        "default": default,
        "extra": extra,
        "find-links": links,
        "strategy": pip.get("index-strategy", table.get("index-strategy")),
        "no-index": pip.get("no-index", table.get("no-index")),
        "offline": pip.get("offline", table.get("offline")),
    }
    return {key: value for key, value in found.items() if value}


def _pip(environment: Mapping[str, str], files: Sequence[Path]) -> dict[str, str]:
    """Merge pip's settings for ``install``: environment variables win over files."""
    keys = ("index-url", "extra-index-url", "find-links", "no-index")
    merged: dict[str, str] = {}
    for path in files:
        merged.update(_pip_file(path, keys))
    for key in keys:
        value = environment.get(f"PIP_{key.upper().replace('-', '_')}")
        if value:
            merged[key] = value
    return merged


def _pip_file(path: Path, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return
    for section in ("global", "install"):
        for key in keys:
            if parser.has_option(section, key):
                yield key, " ".join(shlex.split(parser.get(section, key)))


def _url(word: str) -> str:
    """Give the URL of ``name=https://...``."""
    return re.sub(r"^[A-Za-z0-9_.-]+=(?=[a-z+]+://|/|\.)", "", word)


def _list(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(v) for v in value or ()]  # type: ignore[attr-defined]


def _true(value: object) -> bool:
    return str(value or "").lower() in {"1", "true", "yes", "on"}
