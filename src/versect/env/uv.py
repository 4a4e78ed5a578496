"""uv's command lines and environment (pure)."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from versect.errors import ToolMissing
from versect.model.environment import LockRequest

_PASSED_ON: Final = re.compile(
    r"UV_(?:DEFAULT_INDEX|INDEX|INDEX_\w+|EXTRA_INDEX_URL|NO_INDEX|OFFLINE"
    r"|KEYRING_PROVIDER|CREDENTIALS_DIR|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|HTTP_\w+"
    r"|REQUEST_TIMEOUT|CONCURRENT_\w+|CACHE_DIR|LOCK_TIMEOUT)"
    r"|SSL_CERT_\w+|SSL_CLIENT_CERT|NETRC|XDG_\w+|(?i:https?_proxy|all_proxy|no_proxy)"
    r"|PATH|HOME|TMPDIR|LANG|APPDATA|LOCALAPPDATA|SYSTEMROOT|USERPROFILE"
)
"""Where indexes and caches are and how they are reached. Other settings of uv (constraints,
``UV_EXCLUDE_NEWER``, ``UV_RESOLUTION``, ...) would change what a study asks. ``UV_FIND_LINKS`` is
not here: the configuration file that uv is handed names the same places, and uv would list every
wheel there twice."""


def environment(host: Mapping[str, str]) -> dict[str, str]:
    """Give uv's environment: where indexes and caches are, nothing that changes an answer."""
    kept = {name: value for name, value in host.items() if _PASSED_ON.fullmatch(name)}
    return {**kept, "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}


def preferences(request: LockRequest) -> str:
    """Give the lock that stands where ``compile_argv`` writes one, so that uv keeps its releases.

    uv reads nothing of an earlier output but names and versions; it asks the index for the files.
    """
    packages = (
        f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        for name, version in request.preferred
    )
    return f'lock-version = "1.0"\ncreated-by = "versect"\n{"".join(packages)}'


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
    linked: bool,
) -> tuple[str, ...]:
    """Give the command that lays out the wheels of a lock below ``target``.

    ``linked`` files are hard links to those of uv's cache where the two lie on one file system.
    """
    mode = "hardlink" if linked else "copy"
    return (
        *(uv, "pip", "install", "--requirements", str(lock), "--target", str(target), "--quiet"),
        *("--no-deps", "--only-binary", ":all:", "--link-mode", mode, "--require-hashes"),
        *("--python", sys.executable, "--python-version", version),
        *(("--python-platform", platform) if platform else ()),
        *index,
    )


def missing(program: str, error: OSError) -> ToolMissing:
    """Give the error that says that uv cannot be run."""
    return ToolMissing(
        f"cannot run uv ({program}): {error.strerror}",
        remedy="install it again: python -m pip install --force-reinstall uv",
    )
