"""A region as a plane: what it shows as proven is so, cell by cell, and its edge is where it is."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from tests.support.pages import study_of
from tests.support.published import validator
from versect.report.html_bisection import search_of
from versect.report.html_region import ANSWERS, plane_of
from versect.report.region import RegionView, document
from versect.report.view import Glyph
from versect.search.ask import Answer
from versect.search.frontier import box, frontier


@pytest.fixture(scope="module")
def symptom(tmp_path_factory):
    return study_of(tmp_path_factory.mktemp("study")).symptom


@pytest.fixture(scope="module")
def schema():
    return validator("verdict")


def found(search, truth):
    """Drive a search alone."""
    try:
        question = next(search)
        while True:
            question = search.send(truth(question.point))
    except StopIteration as stop:
        return stop.value


def written(symptom, region, names=("lib", "dep")):
    """Give the verdict of a region as its document says it."""
    view = RegionView(
        study="s",
        symptom=symptom,
        names=names,
        versions=tuple(
            tuple(Version(f"{axis + 1}.{n}") for n in range(size))
            for axis, size in enumerate(region.sizes)
        ),
        region=region,
        shown=(),
        changes=(),
        steps=(),
        made=0,
        notes=(),
    )
    return json.loads(document(view, made="now"))


def spread(words):
    """Give, for each release of an axis, the line in which it stands."""
    counts = [int(word.partition(" ")[0]) if word.endswith(" more") else 1 for word in words]
    return [line for line, count in enumerate(counts) for _ in range(count)]


@st.composite
def worlds(draw):
    """Make a staircase, mirrored or not, in which a few cells do not resolve."""
    rows = draw(st.integers(1, 12))
    heights = sorted(draw(st.lists(st.integers(0, rows), min_size=1, max_size=12)), reverse=True)
    mirrored = draw(st.tuples(st.booleans(), st.booleans()))
    sizes = (len(heights), rows)
    lost = draw(st.sets(st.tuples(*(st.integers(0, size - 1) for size in sizes)), max_size=4))

    def truth(point):
        if point in lost:
            return Answer.UNRESOLVED
        column, row = (
            size - 1 - place if turned else place
            for place, size, turned in zip(point, sizes, mirrored, strict=True)
        )
        return Answer.FAILED if row < heights[column] else Answer.PASSED

    return sizes, truth


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_what_a_plane_shows_is_so(symptom, schema, world):
    sizes, truth = world
    region = found(frontier(*sizes, checks=2), truth)
    verdict = written(symptom, region)
    schema.validate(verdict)
    plane = plane_of(verdict)
    across, down = spread(plane.columns), spread([row for row, _ in reversed(plane.rows)])
    assert (len(across), len(down)) == sizes
    spots = [spots for _, spots in reversed(plane.rows)]
    known = dict(region.known)
    words = dict(zip(Answer, ANSWERS.values(), strict=True))
    for point in itertools.product(*map(range, sizes)):
        spot = spots[down[point[1]]][across[point[0]]]
        if point in known:
            assert spot.glyph is words[known[point]]
        if region.monotone and truth(point) is Answer.FAILED:
            assert spot.claim in ("fails", "may-fail", "")
        if region.monotone and truth(point) is Answer.PASSED:
            assert spot.claim in ("passes", "may-fail", "")
    asked = sum(spot.glyph is not None for row in spots for spot in row)
    assert asked == len(known)


def test_the_edge_is_drawn_where_the_region_ends(symptom):
    region = found(
        frontier(8, 6), lambda at: Answer.FAILED if at[0] >= 5 and at[1] >= 3 else Answer.PASSED
    )
    plane = plane_of(written(symptom, region))
    table = {
        (column, row): spot
        for row, spots in plane.rows
        for column, spot in zip(plane.columns, spots, strict=True)
    }
    assert (plane.down, plane.across) == ("dep", "lib")
    assert next(row for row, _ in plane.rows) == "2.5"
    assert "edge-left" in table["1.5", "2.3"].edges
    assert "edge-top" in table["1.5", "2.2"].edges
    assert not table["1.5", "2.5"].edges.count("top")
    assert table["1.7", "2.5"].glyph is Glyph.FAILED


def test_of_three_projects_there_is_no_plane_but_the_constraint(symptom):
    def truth(at):
        return Answer.FAILED if min(at) >= 2 else Answer.PASSED

    region = found(box((4, 4, 4), (3, 3, 3), (0, 0, 0)), truth)
    search = search_of("a+b+c", written(symptom, region, names=("a", "b", "c")))
    assert search.plane is None
    assert search.constraint == "a>=1.2 and b>=2.2 and c>=3.2"


def test_a_verdict_of_an_older_versect_has_no_plane(symptom):
    region = found(frontier(3, 3), lambda at: Answer.FAILED if at == (2, 2) else Answer.PASSED)
    verdict = written(symptom, region)
    for key in ("series", "answers", "boxes", "within"):
        del verdict[key]
    assert plane_of(verdict) is None
