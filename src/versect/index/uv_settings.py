"""What uv's configuration says of indexes: environment variables and its files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from versect.errors import UsageError
from versect.index.location import Source, local_path, without_credentials
from versect.index.settings import Settings, true

_NETWORK: Final = (
    "native-tls",
    "system-certs",
    "allow-insecure-host",
    "keyring-provider",
    "http-proxy",
    "https-proxy",
    "no-proxy",
    "concurrent-downloads",
)
"""Settings of uv that decide how, and not where, packages are reached."""


def read(environment: Mapping[str, str], files: Sequence[Path]) -> Settings:
    """Read uv's settings.

    The environment wins over files and a closer file over others; lists are laid together in that
    order.

    Args:
        environment: Environment variables, ``UV_DEFAULT_INDEX`` and the like.
        files: ``uv.toml`` and ``pyproject.toml`` files, the closest first; ``UV_CONFIG_FILE``
            stands for all of them, and ``UV_NO_CONFIG`` for none.

    Raises:
        UsageError: A file is not TOML.

    """
    if environment.get("UV_CONFIG_FILE"):
        files = (Path(environment["UV_CONFIG_FILE"]),)
    elif true(environment.get("UV_NO_CONFIG")):
        files = ()
    layers = (_of_environment(environment), *(_of_file(path, environment) for path in files))
    network: dict[str, object] = {}
    for layer in reversed(layers):
        network.update(layer.network)
    return Settings(
        default=next((layer.default for layer in layers if layer.default), None),
        extra=tuple(source for layer in layers for source in layer.extra),
        find_links=tuple(source for layer in layers for source in layer.find_links),
        no_index=any(layer.no_index for layer in layers),
        offline=any(layer.offline for layer in layers),
        strategy=next((layer.strategy for layer in layers if layer.strategy), ""),
        network=tuple(network.items()),
    )


def _of_environment(environment: Mapping[str, str]) -> Settings:
    def said(*names: str, separator: str | None = None) -> Iterator[Source]:
        for name in names:
            for word in environment.get(name, "").split(separator):
                if word.strip():
                    yield _named(word.strip(), name, environment)

    return Settings(
        default=next(said("UV_DEFAULT_INDEX", "UV_INDEX_URL"), None),
        extra=tuple(said("UV_INDEX", "UV_EXTRA_INDEX_URL")),
        find_links=tuple(said("UV_FIND_LINKS", separator=",")),
        no_index=true(environment.get("UV_NO_INDEX")),
        offline=true(environment.get("UV_OFFLINE")),
        strategy=environment.get("UV_INDEX_STRATEGY", ""),
        network=(),
    )


def _of_file(path: Path, environment: Mapping[str, str]) -> Settings:
    table = _table(path)
    pip = table.get("pip")
    top = {**table, **(pip if isinstance(pip, dict) else {})}  # [pip] wins: "uv pip" is what runs

    def sources(values: Iterable[str]) -> tuple[Source, ...]:
        return tuple(Source(url=_beside(path, url), origin=str(path)) for url in values)

    def urls(*, default: bool, flat: bool) -> Iterator[str]:
        for entry in _entries(top.get("index")):
            if bool(entry.get("default")) is default and (entry.get("format") == "flat") is flat:
                yield _with_credentials(entry["url"], str(entry.get("name", "")), environment)

    defaults = (*urls(default=True, flat=False), *_words(top.get("index-url")))
    return Settings(
        default=next(iter(sources(defaults)), None),
        extra=sources((*urls(default=False, flat=False), *_words(top.get("extra-index-url")))),
        find_links=sources(
            (
                *urls(default=False, flat=True),
                *urls(default=True, flat=True),
                *_words(top.get("find-links")),
            )
        ),
        no_index=top.get("no-index") is True,
        offline=top.get("offline") is True,
        strategy=next(_words(top.get("index-strategy")), ""),
        network=tuple((key, top[key]) for key in _NETWORK if _is_plain(top.get(key))),
    )


def _table(path: Path) -> dict[str, Any]:
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError as error:
        raise UsageError(
            f"{path} says where packages come from, and is not TOML: {error}",
            remedy="correct it, or set UV_NO_CONFIG=1 to do without it",
        ) from error
    if path.name == "pyproject.toml":
        for key in ("tool", "uv"):
            table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


def _entries(value: object) -> Iterator[dict[str, Any]]:
    """Give the ``[[index]]`` tables that count for every project."""
    for entry in value if isinstance(value, list) else ():
        has_url = isinstance(entry, dict) and isinstance(entry.get("url"), str)
        if has_url and not entry.get("explicit"):
            yield entry


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (word for word in value if isinstance(word, str))


def _is_plain(value: object) -> bool:
    """Whether a value is one that can be written into another file as it is."""
    if isinstance(value, list):
        return all(isinstance(word, str) for word in value)
    return isinstance(value, str | bool | int)


def _named(word: str, origin: str, environment: Mapping[str, str]) -> Source:
    """Read ``https://...`` or ``name=https://...``."""
    found = re.fullmatch(r"([A-Za-z0-9_.-]+)=(.+)", word)
    name, url = (found[1], found[2]) if found else ("", word)
    return Source(url=_with_credentials(url, name, environment), origin=origin)


def _with_credentials(url: str, name: str, environment: Mapping[str, str]) -> str:
    """Put ``UV_INDEX_{NAME}_USERNAME`` and ``..._PASSWORD`` into the URL of a named index."""
    if not name or without_credentials(url) != url:
        return url
    stem = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', name.upper())}"
    user, password = environment.get(f"{stem}_USERNAME"), environment.get(f"{stem}_PASSWORD")
    if user is None and password is None:
        return url
    pair = f"{quote(user or '', safe='')}:{quote(password or '', safe='')}"
    return re.sub(r"^(https?://)", lambda scheme: f"{scheme[1]}{pair}@", url, count=1)


def _beside(path: Path, url: str) -> str:
    """Give a relative path of a file as one relative to that file's folder."""
    place = local_path(url)
    if place is None or place.is_absolute():
        return url
    return str(path.parent / place)
