"""Links out of a project's metadata."""

from __future__ import annotations

import pytest
from packaging.version import Version

from versect.forensics.links import Links, links

NOTHING = Links(changelog=None, source=None, comparison=None)


def found(*entries: str, home: str = "") -> Links:
    head = "Metadata-Version: 2.1\nName: p\n" + (f"Home-page: {home}\n" if home else "")
    urls = "".join(f"Project-URL: {entry}\n" for entry in entries)
    description = "\nProject-URL: Changelog, https://example.org/in-the-description\n"
    return links(head + urls + description, Version("1.2"), Version("1.3.0"))


@pytest.mark.parametrize(
    "label", ["Changelog", "Change_Log", "What's New?", "History", "changes", "Release Notes"]
)
def test_labels_are_normalised_as_pep_753_says(label):
    assert found(f"{label}, https://example.org/c").changelog == "https://example.org/c"


def test_a_changelog_comes_before_release_notes():
    both = found("Release notes, https://example.org/r", "Changes, https://example.org/c")
    assert both.changelog == "https://example.org/c"


@pytest.mark.parametrize(
    ("entry", "comparison"),
    [
        ("Source, https://github.com/a/b", "https://github.com/a/b/compare/v1.2...v1.3.0"),
        ("GitHub, https://github.com/a/b.git", "https://github.com/a/b/compare/v1.2...v1.3.0"),
        ("Source Code, http://www.github.com/a/b/tree/main/p#readme",
         "https://github.com/a/b/compare/v1.2...v1.3.0"),
        ("Bug Tracker, https://github.com/a/b/issues",
         "https://github.com/a/b/compare/v1.2...v1.3.0"),
        ("Repository, https://codeberg.org/a/b/", "https://codeberg.org/a/b/compare/v1.2...v1.3.0"),
        ("Repository, https://gitlab.com/a/sub/b/-/tree/main",
         "https://gitlab.com/a/sub/b/-/compare/v1.2...v1.3.0"),
        ("Source, https://gitlab.example.org/a/b",
         "https://gitlab.example.org/a/b/-/compare/v1.2...v1.3.0"),
    ],
)  # fmt: skip
def test_a_repository_gives_a_comparison(entry, comparison):
    assert found(entry).comparison == comparison
    assert found("Docs, https://example.org", entry).source == comparison.split("/compare")[
        0
    ].removesuffix("/-")


def test_the_home_page_may_be_the_repository():
    assert found(home="https://github.com/a/b").source == "https://github.com/a/b"


def test_a_source_elsewhere_is_named_and_cannot_be_compared():
    elsewhere = found("Source, https://git.example.org/p")
    assert elsewhere == Links(changelog=None, source="https://git.example.org/p", comparison=None)


@pytest.mark.parametrize(
    "entry",
    [
        "Changelog, javascript:alert(1)",
        "Changelog, https://example.org/<script>",
        "Changelog, https://example.org/a b",
        "Changelog",
        "Changelog, ",
        "Funding, https://github.com/sponsors/a",
        "Source, https://github.com/a",
    ],
)
def test_what_is_no_link_is_passed_over(entry):
    assert found(entry, home="UNKNOWN").changelog is None
    assert found(entry).comparison is None


def test_metadata_may_say_nothing():
    assert found() == NOTHING
    assert links("", Version("1"), Version("2")) == NOTHING
