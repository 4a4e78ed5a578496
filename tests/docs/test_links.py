"""Every link between pages leads somewhere: to a file, and to a heading that is there."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.console import without_blocks
from tests.support.documents import ROOT, pages

_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<to>[^()\s]+)\)")


def links(path):
    """Give the targets of a page's links that lie in the repository."""
    text = without_blocks((ROOT / path).read_text(encoding="utf-8"))
    text = re.sub(r"`[^`\n]*`", "", text)
    return [one["to"] for one in _LINK.finditer(text) if not re.match(r"[a-z]+:", one["to"])]


def anchors(path):
    """Give the anchors of a page's headings, as GitHub makes them."""
    found = []
    for line in without_blocks(path.read_text(encoding="utf-8")).splitlines():
        if heading := re.match(r"#{1,6} (.*)", line):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            plain = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            again = found.count(plain)
            found.append(f"{plain}-{again}" if again else plain)
    return found


@pytest.mark.parametrize("path", pages(), ids=str)
def test_every_link_leads_somewhere(path):
    for link in links(path):
        place, _, anchor = unquote(link).partition("#")
        target = (ROOT / path).parent / place if place else ROOT / path
        assert target.exists(), f"{path}: {link} is not there"
        assert target.resolve().is_relative_to(ROOT), f"{path}: {link} leads out of the repository"
        if anchor:
            assert anchor in anchors(target), f"{path}: {link}: no such heading"


def test_the_index_names_every_page():
    named = {
        ((ROOT / "docs") / link.partition("#")[0]).resolve()
        for link in links(Path("docs/README.md"))
    }
    there = {ROOT / path for path in pages() if path.parts[0] == "docs"}
    there -= {ROOT / "docs" / "README.md"}
    assert sorted(str(one.relative_to(ROOT)) for one in there - named) == []


def test_a_broken_link_would_be_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `code` *title*, twice\n\n# A code title, twice\n\n```\n# none\n```\n")
    assert anchors(page) == ["a-code-title-twice", "a-code-title-twice-1"]
