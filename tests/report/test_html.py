"""The page: its figures are those of matrix.json, and no text leaves its place."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.literal import cell_of
from tests.support.pages import HOSTILE, hostile_view, plain_view, study_of, view_of
from versect.model.outcome import Failed, Passed
from versect.model.study import Part, Sweep
from versect.report.html import Beside, data, island, page
from versect.report.html_bisection import release_in, search_of
from versect.report.json import matrix
from versect.report.page import publish
from versect.report.sweep import sweep_view
from versect.report.view import Glyph


class Elements(HTMLParser):
    """Collects elements with their attributes, and the text of the data."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.scripts = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, text):
        if self.found and self.found[-1][0] == "script":
            self.scripts[-1] += text


def parsed(text):
    elements = Elements()
    elements.feed(text)
    elements.close()
    return elements


def verdict(**changes):
    step = {"cell": "py3.12-httpx0.28.0", "repeat": 0, "outcome": "failed", "seconds": 0.5}
    return {
        "verdict": "found",
        "headline": "httpx 0.28.0 is the first release that fails",
        "sentences": ["one"],
        "axis": "httpx",
        "suspects": ["0.28.0"],
        "boundary": {"last": "0.27.0", "first": "0.28.0", "into": "fails", "suspects": ["0.28.0"]},
        "series": {
            "releases": ["0.25.0", "0.26.0", "0.27.0", "0.28.0", "0.29.0"],
            "answers": {"0.25.0": "passes", "0.27.0": "passes", "0.28.0": "fails"},
        },
        "steps": [
            {**step, "cell": "py3.12-httpx0.25.0", "outcome": "passed", "known": True},
            {**step, "signature": "TypeError: proxies", "known": False},
            {**step, "cell": "py3.12-httpx0.27.0", "outcome": "passed", "known": False},
            {**step, "repeat": 1, "known": False},
        ],
        **changes,
    }


def test_every_figure_is_that_of_matrix_json(tmp_path):
    view = plain_view(tmp_path)
    text = page(view, made="now")
    held = json.loads(parsed(text).scripts[0])
    shown = held["matrix"]
    more = {"face", "again", "ending", "failures", "stdout", "stderr"}
    for cell in shown["cells"]:
        assert cell["face"] == view.face(next(c for c in view.cells if c.id == cell["id"]))
        cell["packages"] = held["locks"][cell["packages"]]
        for name in more & set(cell):
            del cell[name]
    assert shown == json.loads(matrix(view, made="now"))
    for glyph, count in view.counts.items():
        assert (f"({count})" in text) or not count, glyph


def test_all_axes_are_rows_or_columns_once(tmp_path):
    held = data(plain_view(tmp_path), made="now")
    assert sorted(held["rows"] + held["columns"]) == ["httpx", "openai", "python", "strategy"]
    alone = view_of(study_of(tmp_path), [cell_of("3.12"), cell_of("3.13")], lambda _: None)
    held = data(alone, made="now")
    assert held["rows"] + held["columns"] == ["python"]


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "\u2028", "&lt;", "\ud800"])
def test_no_string_ends_the_data(text):
    written = island({"text": text})
    assert written.isascii()
    assert not set("<>&") & set(written)
    assert json.loads(written) == {"text": text}


@given(st.text())
def test_the_data_comes_back_as_it_was(text):
    assert json.loads(island([text])) == [text]


def test_hostile_texts_become_no_elements(tmp_path):
    plain, hostile = plain_view(tmp_path), hostile_view(tmp_path)
    evil = verdict(headline=HOSTILE, sentences=[HOSTILE], verdict=HOSTILE, suspects=[HOSTILE])
    evil["series"] = {"releases": [HOSTILE, "1"], "answers": {HOSTILE: "fails"}}
    text = page(hostile, Beside(searches=(search_of(HOSTILE, evil),)), made=HOSTILE)
    allowed = {
        tag
        for tag, _ in parsed(
            page(plain, Beside(searches=(search_of("x", verdict()),)), made="now")
        ).found
    }
    elements = parsed(text)
    assert {tag for tag, _ in elements.found} <= allowed | {"br"}
    assert not any(name.startswith("on") for _, attrs in elements.found for name in attrs)
    assert len(elements.scripts) == 2
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "49" not in re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)


def test_nothing_is_loaded_from_anywhere(tmp_path):
    text = page(plain_view(tmp_path), Beside(searches=(search_of("x", verdict()),)), made="now")
    elements = parsed(text).found
    assert not any({"src", "srcset", "action", "data", "poster"} & set(a) for _, a in elements)
    links = [attrs["href"] for _, attrs in elements if "href" in attrs]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"https?://|@import|url\(", text)
    assert any("default-src 'none'" in (a.get("content") or "") for _, a in elements)


def test_the_line_of_releases_names_both_ends_and_draws_the_rest_together():
    stops = search_of("httpx", verdict()).stops
    assert [(s.release, s.skipped, s.glyph, s.trials, s.titles) for s in stops] == [
        ("0.25.0", 0, Glyph.PASSED, (1,), ()),
        ("", 1, Glyph.OPEN, (), ()),
        ("0.27.0", 0, Glyph.PASSED, (3,), ("last passing",)),
        ("0.28.0", 0, Glyph.FAILED, (2, 4), ("first failing", "suspect")),
        ("", 1, Glyph.OPEN, (), ()),
    ]


def test_the_search_for_a_mend_calls_its_ends_otherwise():
    boundary = {"last": "0.27.0", "first": "0.28.0", "into": "passes", "suspects": []}
    ends = search_of("httpx", verdict(boundary=boundary)).ends
    assert [title for title, _, _ in ends] == ["last failing", "first passing"]


def test_a_posterior_stands_beside_its_assumptions(tmp_path):
    noise = {"posterior": {"0.28.0": 0.75, "0.27.0": 0.25}, "assumptions": ["It came once."]}
    text = page(
        plain_view(tmp_path), Beside(searches=(search_of("x", verdict(noise=noise)),)), made="now"
    )
    assert "0.7500" in text
    assert "It came once." in text


@pytest.mark.parametrize(
    ("cell", "axis", "release"),
    [
        ("py3.12-httpx0.28.0-mode=x", "httpx", "0.28.0"),
        ("py3.12-http0.28.0-httpx1", "httpx", "1"),
        ("py3.12-ruff-lsp0.1-near=1a", "ruff-lsp", "0.1"),
        ("py3.12-httpx1", "python", "3.12"),
        ("py3.12-httpx1-until=2026-09-01-a=b", "date", "2026-09-01"),
        ("py3.12-pins=12x1a2b3c4d", "httpx", None),
    ],
)
def test_a_trial_is_placed_by_its_cell(cell, axis, release):
    places = {"0.28.0": 0.0, "1": 1.0, "0.1": 2.0, "3.12": 3.0, "2026-09-01": 4.0}
    assert release_in(cell, axis, places) == release


def test_verdicts_that_cannot_be_read_are_named_and_left_out(tmp_path):
    for name, text in (("a", json.dumps(verdict())), ("b", "{"), ("c", "[]"), ("d", "{}")):
        (tmp_path / "bisect" / name).mkdir(parents=True)
        (tmp_path / "bisect" / name / "verdict.json").write_text(text)
    said = []
    written = publish(tmp_path, plain_view(tmp_path), made="now", say=said.append).read_text()
    assert "Bisection: <bdi>a</bdi>" in written
    assert [len(re.findall(f"/{name}/", " ".join(said))) for name in "abcd"] == [0, 1, 1, 1]


def test_an_empty_matrix_has_a_page_too(tmp_path):
    assert "0 cells: none tried" in page(view_of(study_of(tmp_path), [], None), made="now")


def test_without_a_script_the_table_and_its_signs_are_there(tmp_path):
    elements = parsed(page(plain_view(tmp_path), made="now")).found
    tags = [tag for tag, _ in elements]
    assert "table" in tags
    hidden = [attrs.get("id") for _, attrs in elements if "hidden" in attrs]
    assert "live" in hidden


def swept(folder, words=()):
    """Give a view with a sweep of a parameter over two releases, one cell of it tried twice."""
    view = plain_view(folder)
    cells = [
        cell_of("3.12", [("size", size)], httpx=httpx)
        for httpx in ("0.27.2", "0.28.1")
        for size in ("1", "50")
    ]
    passed, failed = (
        next(r for r in view.results.values() if isinstance(r[1], kind))
        for kind in (Passed, Failed)
    )
    results = {
        cells[0].id: (passed,),
        cells[1].id: (failed, passed, failed),
        cells[3].id: (failed,),
    }
    sweep = Sweep(
        name="sizes", about="Does the size matter?", part=Part.WHEN, vary="size", full=False,
        repeats=3, trace=False, words=words, study=view.study,
    )  # fmt: skip
    return replace(view, sweeps=(sweep_view(sweep, cells, results),))


@pytest.mark.parametrize("words", [(), (("50", HOSTILE),)])
def test_a_sweep_is_a_table_whichever_way_it_lies(tmp_path, words):
    text = page(swept(tmp_path, words), made="now")
    table = text.partition('<table class="swept">')[2].partition("</table>")[0]
    for part in ("0.27.2", "0.28.1", ">✓<", "✓ 1, ✗ 2", ">✗<"):
        assert part in table, part
    assert ("size ↓" in re.sub("<[^>]+>", "", table)) == bool(words)
    assert "<img" not in table
    assert "Does the size matter?" in text
    assert 'href="#sweeps"' in text
