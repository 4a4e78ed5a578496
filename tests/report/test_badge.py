"""A badge says the counts in well-formed SVG that asks for nothing from elsewhere."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.literal import cell_of, trial_of
from tests.support.matrices import study_in, views
from versect.model.outcome import Failed, Passed, Signature
from versect.report.badge import badge
from versect.report.view import Glyph, matrix_view

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def of(study, *outcomes):
    cells = [cell_of("3.12", lib=f"1.{n}") for n in range(len(outcomes))]
    pairs = zip(cells, outcomes, strict=True)
    results = {cell.id: (trial_of("3.12"), outcome) for cell, outcome in pairs if outcome}
    return matrix_view(study, cells, results)


PASSED = Passed(rule="r")
FAILED = Failed(rule="r", signature=Signature(kind="k", text=""))


def colour(text):
    return ET.fromstring(text).find(f"{SVG}rect").get("fill")


def test_it_says_how_many_pass(study):
    root = ET.fromstring(badge(of(study, PASSED, PASSED, FAILED)))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["s", "2 of 3 pass"]
    assert root.find(f"{SVG}title").text == root.get("aria-label") == "s: 2 of 3 pass"


def test_its_colour_is_that_of_the_worst_outcome(study):
    good, bad, open_ = (
        colour(badge(of(study, *outcomes)))
        for outcomes in ((PASSED,), (PASSED, FAILED, None), (PASSED, None))
    )
    assert len({good, bad, open_}) == 3
    assert colour(badge(of(study))) == open_


def test_its_words_can_be_read_on_every_colour(study):
    used = {colour(badge(of(study, *outcomes))) for outcomes in ((PASSED,), (FAILED,), (None,))}
    for tint in (*used, "#9a4a00", "#3d444d"):
        assert contrast_with_white(tint) >= 4.5


def contrast_with_white(tint):
    """Give the contrast by WCAG 2.2."""
    shares = [int(tint[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    weights = (0.2126, 0.7152, 0.0722)
    return 1.05 / (sum(w * v for w, v in zip(weights, linear, strict=True)) + 0.05)


@settings(max_examples=60)
@given(st.data(), st.text(st.characters(), max_size=100))
def test_no_name_breaks_it_or_makes_it_ask_the_network(study, data, name):
    view = data.draw(views(study))
    text = badge(replace(view, study=replace(study, name=name)))
    root = ET.fromstring(text.encode())
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "rect", "path", "g", "text",
    }  # fmt: skip
    assert not {key for element in root.iter() for key in element.attrib} & {"href", "src", "style"}
    left, right = root.iter(f"{SVG}text")
    assert len(left.text or "") <= 60
    assert right.text == f"{view.counts[Glyph.PASSED]} of {len(view.cells)} pass"
    ends = [float(one.get("x")) + float(one.get("textLength")) for one in (left, right)]
    assert ends[0] < float(right.get("x")) < ends[1] < float(root.get("width"))
