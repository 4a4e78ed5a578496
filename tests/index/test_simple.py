"""Answers of the Simple API, real ones and broken ones, as projects."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.support.indexes import JSON, RECORDED, page
from versect.index.simple import NoIndexPageError, linked, merged, parse, stated_by

URL = "https://index.example/simple/thing/"
HTML = "text/html"


def recorded(filename, kind):
    """Read a recorded answer of the project that gives the file its name."""
    text = (RECORDED / filename).read_text(encoding="utf-8")
    return parse(filename.partition(".")[0], text, kind, URL)


def by_version(project):
    return {str(release.version): release for release in project.releases}


def html(body, *, head="<title>Links for thing</title>"):
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def test_json_gives_releases_in_the_order_of_versions():
    project = recorded("anyio.json", JSON)
    assert list(by_version(project)) == [
        "1.0.0rc1", "3.7.1", "4.5.0", "4.6.2", "4.6.2.post1", "4.16.0"
    ]  # fmt: skip


def test_json_says_what_matters_of_a_file():
    release = by_version(recorded("anyio.json", JSON))["4.6.2"]
    assert release.yanked
    assert {file.filename for file in release.files} == {
        "anyio-4.6.2-py3-none-any.whl",
        "anyio-4.6.2.tar.gz",
    }
    wheel = next(file for file in release.files if file.is_wheel)
    assert wheel.yanked_reason == "This was 4.5.2 code, mistagged"
    assert wheel.requires_python == SpecifierSet(">=3.8")
    assert len(wheel.hashes["sha256"]) == 64
    assert release.uploaded == datetime(2024, 10, 13, 22, 20, 31, 877258, tzinfo=UTC)


def test_html_says_the_same_as_json():
    project = recorded("anyio.html", f"{HTML}; charset=utf-8")
    other = recorded("anyio.json", JSON)

    def told(one):
        return {
            (r.version, f.filename, f.url, str(f.requires_python), f.yanked, f.yanked_reason,
             f.uploaded, tuple(f.hashes.items()))
            for r in one.releases
            for f in r.files
        }  # fmt: skip

    assert told(project) == told(other)


def test_a_missing_content_type_is_guessed():
    text = (RECORDED / "openai.json").read_text(encoding="utf-8")
    assert parse("openai", text, "", URL) == parse("openai", text, JSON, URL)
    assert parse("thing", html('<a href="thing-1.0.tar.gz">x</a>'), "", URL).releases


def test_relative_links_are_relative_to_the_page_or_its_base():
    link = '<a href="../../files/thing-1.0.tar.gz">thing-1.0.tar.gz</a>'
    (one,) = parse("thing", html(link), HTML, URL).releases
    assert one.files[0].url == "https://index.example/files/thing-1.0.tar.gz"
    based = html(link, head='<base href="https://other.example/a/b/c">')
    (one,) = parse("thing", based, HTML, URL).releases
    assert one.files[0].url == "https://other.example/files/thing-1.0.tar.gz"


def test_attributes_of_a_link():
    body = (
        '<a href="thing-1.0.tar.gz#sha256=ABC" data-requires-python="&gt;=3.8,&lt;4" '
        'data-yanked="broken &amp; gone">x</a>'
        '<a href="thing-2.0.tar.gz" data-yanked>x</a>'
        '<a href="thing-3.0%2Blocal.tar.gz#top" data-requires-python="whenever">x</a>'
    )
    found = by_version(parse("thing", html(body), HTML, URL))
    first, second, third = (release.files[0] for release in found.values())
    assert (first.hashes, first.requires_python) == ({"sha256": "ABC"}, SpecifierSet("<4,>=3.8"))
    assert (first.yanked, first.yanked_reason) == (True, "broken & gone")
    assert (second.yanked, second.yanked_reason, second.hashes) == (True, "", {})
    assert (third.yanked, third.hashes, third.requires_python) == (False, {}, None)
    assert list(found) == ["1.0", "2.0", "3.0+local"]


def test_what_is_no_file_of_the_project_is_passed_over():
    body = page(
        "thing-1.0.tar.gz",
        "Thing-2.0-py3-none-any.whl",
        "thing-3.0.zip",
        "thing-extra-4.0.tar.gz",
        "other-5.0-py3-none-any.whl",
        "thing-not.a.version.tar.gz",
        "thing-6.0-py3.egg",
        "thing-7.0.tar.gz.asc",
        "thing-8.0-broken.whl",
        "../thing-9.0.exe",
        "",
    )
    assert list(by_version(parse("thing", body, JSON, URL))) == ["1.0", "2.0", "3.0"]


def test_versions_without_files_are_releases_without_files():
    document = {**json.loads(page("thing-1.0.tar.gz")), "versions": ["2.0", "1.0", "dog"]}
    releases = parse("thing", json.dumps(document), JSON, URL).releases
    assert [(r.version, len(r.files)) for r in releases] == [(Version("1.0"), 1), (Version("2"), 0)]


def test_a_time_without_a_zone_is_utc_and_nonsense_is_none():
    for said, meant in [
        ("2024-05-01T10:00:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T12:00:00+02:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ]:
        body = page("thing-1.0.tar.gz", **{"upload-time": said})
        assert parse("thing", body, JSON, URL).releases[0].uploaded == meant


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("", JSON, "not valid JSON"),
        ("{", JSON, "not valid JSON"),
        ("[" * 100_000, JSON, "nested"),
        ("[]", JSON, "another form"),
        ("null", JSON, "another form"),
        ('{"message": "not found"}', JSON, "no 'files'"),
        ('{"files": null}', JSON, "another form"),
        ('{"files": [3]}', JSON, "another form"),
        ('{"files": [{"filename": 3, "url": "x"}]}', JSON, "another form"),
        ('{"files": [{"filename": "thing-1.0.tar.gz"}]}', JSON, "no 'url'"),
        ('{"files": [], "meta": {"api-version": "2.0"}}', JSON, "API version 2.0"),
        ("%PDF-1.4", "application/pdf", "application/pdf"),
        ("hello", "text/plain", "text/plain"),
        ("", HTML, "no file of thing"),
        ("Bad gateway", HTML, "no file of thing"),
        (html("<h1>Sorry</h1>", head="<title>Error 500</title>"), HTML, "Error 500"),
        (html("<form><input name=password></form>", head=""), HTML, "login"),
        (html("<a href='/sso'>Log in</a>", head="<title>Sign in</title>"), HTML, "Sign in"),
        (
            html("", head='<meta name="pypi:repository-version" content="2.1">'),
            HTML,
            "API version 2.1",
        ),
    ],
)
def test_what_is_no_index_page_is_refused_with_words(body, kind, words):
    with pytest.raises(NoIndexPageError, match=words):
        parse("thing", body, kind, URL)


@pytest.mark.parametrize(
    "body",
    [
        html(""),
        html("", head='<meta name="pypi:repository-version" content="1.4">'),
        "<h1>Index of /simple/thing</h1><a href='../'>Parent</a>",
        html("", head="<title>Directory listing for /simple/thing/</title>"),
    ],
)
def test_an_index_page_may_be_empty(body):
    assert parse("thing", body, HTML, URL).releases == ()


def test_a_form_beside_files_is_a_search_box():
    body = html('<form><input></form><a href="thing-1.0.tar.gz">thing-1.0.tar.gz</a>')
    assert parse("thing", body, HTML, URL).releases


def test_a_page_of_links_holds_files_of_many_projects():
    text = '<a href="thing-1.0.tar.gz">a</a><a href="other-2.0.tar.gz">b</a><a href="/">c</a>'
    assert list(by_version(linked("other", text, URL))) == ["2.0"]
    assert linked("third", text, URL).releases == ()


def test_of_two_files_with_one_name_the_first_index_counts():
    one = parse("thing", page("thing-1.0.tar.gz", yanked=True), JSON, URL)
    two = parse("thing", page("thing-1.0.tar.gz", "thing-2.0.tar.gz"), JSON, URL)
    both = merged("thing", [one, two])
    assert [(str(r.version), r.yanked) for r in both.releases] == [("1.0", True), ("2.0", False)]
    assert merged("thing", [both]) == both


@pytest.mark.parametrize(
    ("filename", "stated"),
    [
        ("Foo_Bar-1.0.tar.gz", ("foo-bar", Version("1.0"))),
        ("foo.bar-1.0rc1.post2-py2.py3-none-any.whl", ("foo-bar", Version("1.0rc1.post2"))),
        ("foo_bar-2!1.0-1-cp312-abi3-linux_x86_64.whl", ("foo-bar", Version("2!1.0"))),
        ("foo.tar.gz", None),
        ("foo-1.0.tar.bz2", None),
    ],
)
def test_what_a_file_name_states(filename, stated):
    assert stated_by(filename) == stated


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "filename": anything | st.just("thing-1.0.tar.gz"),
        "url": anything,
        "hashes": anything,
        "yanked": anything,
        "requires-python": anything,
        "upload-time": anything,
    },
)


@given(
    anything | st.fixed_dictionaries({"files": anything | st.lists(entries)}, optional={
        "meta": anything, "versions": anything,
    })
)  # fmt: skip
def test_no_json_does_more_than_refuse(document):
    with contextlib.suppress(NoIndexPageError):
        assert parse("thing", json.dumps(document), JSON, URL).name == "thing"


@given(st.text() | st.text(alphabet="<>a =\"'/!-[#href&;") | st.text().map(html))
def test_no_html_does_more_than_refuse(text):
    with contextlib.suppress(NoIndexPageError):
        assert parse("thing", text, HTML, URL).name == "thing"
