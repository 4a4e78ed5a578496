"""uv's command lines and environment (pure)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from versect.model.environment import LockRequest

_PASSED_ON: Final = ("UV_", "SSL_CERT_", "NETRC", "XDG_", "APPDATA", "LOCALAPPDATA")
_PASSED_ON_ALSO: Final = frozenset({"PATH", "HOME", "TMPDIR", "LANG", "SYSTEMROOT", "USERPROFILE"})
_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
_ANSWERS: Final = frozenset(
    {
        "UV_CONSTRAINT",
        "UV_BUILD_CONSTRAINT",
        "UV_EXCLUDE_NEWER",
        "UV_OVERRIDE",
        "UV_PRERELEASE",
        "UV_PYTHON",
        "UV_RESOLUTION",
        "UV_NO_BINARY",
        "UV_NO_BUILD",
        "UV_TARGET",
        "UV_SYSTEM_PYTHON",
        "UV_REQUIRE_HASHES",
        "UV_COMPILE_BYTECODE",
        "UV_LINK_MODE",
        "UV_CUSTOM_COMPILE_COMMAND",
    }
)
"""Settings of the user that would change what a study asks; they are not passed on."""


def environment(host: Mapping[str, str]) -> dict[str, str]:
    """Give uv's environment: where indexes and caches are, nothing that changes an answer."""
    kept = {
        name: value
        for name, value in host.items()
        if (name.startswith(_PASSED_ON) or name in _PASSED_ON_ALSO or name.lower() in _PROXIES)
        and name not in _ANSWERS
    }
    return {**kept, "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}


def compile_argv(
    uv: str, request: LockRequest, *, source: Path, target: Path, index: Sequence[str]
) -> tuple[str, ...]:
    """Give the command that resolves ``source`` into the lock ``target``.

    No code of any package is run: everything but the projects that may be built must have a wheel,
    and of those only archives that state their requirements (PEP 643) can be used.
    """
    cut_off = request.cut_off
    return (
        *(uv, "pip", "compile", str(source), "--output-file", str(target), "--quiet"),
        *("--format", "pylock.toml", "--no-header", "--no-annotate", "--generate-hashes"),
        *("--python", sys.executable, "--python-version", request.version),
        *(("--python-platform", request.platform) if request.platform else ()),
        *("--only-binary", ":all:", "--no-sources"),
        *(("--exclude-newer", cut_off.isoformat()) if cut_off else ()),
        *index,
    )


def install_argv(  # noqa: PLR0913 - what is installed, for whom and from where
    uv: str,
    lock: Path,
    target: Path,
    *,
    version: str,
    platform: str | None,
    index: Sequence[str],
) -> tuple[str, ...]:
    """Give the command that lays out the wheels of a lock below ``target``.

    Files are hard-linked from uv's cache where the two lie on one file system.
    """
    return (
        *(uv, "pip", "install", "--requirements", str(lock), "--target", str(target), "--quiet"),
        *("--no-deps", "--only-binary", ":all:", "--link-mode", "hardlink", "--require-hashes"),
        *("--python", sys.executable, "--python-version", version),
        *(("--python-platform", platform) if platform else ()),
        *index,
    )
