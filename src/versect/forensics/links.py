"""Where to read on about a release, from what its metadata says (pure)."""

from __future__ import annotations

import email.parser
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from packaging.version import Version

_NAMESAKES: Final[Mapping[str, str]] = {
    "repository": "source",
    "sourcecode": "source",
    "github": "source",
    "changes": "changelog",
    "whatsnew": "changelog",
    "history": "changelog",
}
"""Aliases of well-known labels (PEP 753), as far as they are asked for here."""
_URL: Final = re.compile(r"https?://[^\s<>()\[\]{}\"'`|\\^]+")
_FORGES: Final = re.compile(r"(www\.)?github\.com|codeberg\.org|(.+\.)?gitlab\..+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where to read on, as far as a project's metadata says it."""

    changelog: str | None
    source: str | None
    """The repository, or whatever the project calls its source."""
    comparison: str | None
    """Both releases side by side, if their tags are called ``v1.2.3``: that is a guess."""


def links(metadata: str, before: Version, after: Version) -> Links:
    """Give the links of a project.

    Args:
        metadata: The text of its ``METADATA``.
        before: The older release.
        after: The newer release.

    """
    headers = email.parser.HeaderParser().parsestr(metadata)
    entries = [str(entry).partition(",") for entry in headers.get_all("Project-URL", [])]
    entries.append(("homepage", ",", str(headers.get("Home-page", ""))))
    urls: dict[str, str] = {}
    for label, _, value in entries:
        if _URL.fullmatch(url := value.strip()):
            urls.setdefault(_well_known(label), url)
    likely = (urls.get("source", ""), urls.get("homepage", ""), *urls.values())
    repository = next(filter(None, map(_repository, likely)), None)
    return Links(
        changelog=urls.get("changelog", urls.get("releasenotes")),
        source=repository or urls.get("source"),
        comparison=repository and f"{repository}{_compare(repository)}v{before}...v{after}",
    )


def _well_known(label: str) -> str:
    """Normalise a label as PEP 753 says, aliases included."""
    drop = str.maketrans("", "", string.punctuation + string.whitespace)
    plain = label.translate(drop).lower()
    return _NAMESAKES.get(plain, plain)


def _repository(url: str) -> str | None:
    """Give the repository that an address on a forge belongs to, or None."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    names = [name for name in parts.path.partition("/-/")[0].split("/") if name]
    if not _FORGES.fullmatch(host) or len(names) < 2 or names[0] == "sponsors":
        return None
    kept = names if "gitlab" in host else names[:2]  # GitLab has groups inside groups
    return f"https://{host.removeprefix('www.')}/{'/'.join(kept).removesuffix('.git')}"


def _compare(repository: str) -> str:
    return "/-/compare/" if "gitlab" in repository.split("/")[2] else "/compare/"
