"""What only some cells need: which cells, what their ids say of it, and that nothing forgets it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from tests.support.literal import cell_of
from tests.support.worlds import World
from versect.app.focus import focus
from versect.app.plan import enumerate_series
from versect.app.region import Plane
from versect.model.cell import Pins
from versect.select.line import Order, of_interpreters, of_project
from versect.select.matrix import cells, combines, has_axes
from versect.select.needs import equipped
from versect.source.build import build


def needing(folder, *needs, **table):
    """Make a study whose cells have an interpreter, a release of lib and a way."""
    (folder / "r.py").write_text("")
    plain = {
        "reproduction": "r.py",
        "python": ["3.11", "3.12"],
        "projects": {"lib": {}},
        "parameters": {"way": ["plain", "fast"]},
        "needs": [{"where": where, "requires": list(requires)} for where, requires in needs],
    }
    return build("s", folder, {**plain, **table}, default_name="s")


def test_a_cell_needs_what_every_selector_that_matches_it_says_each_once(tmp_path):
    study = needing(
        tmp_path,
        ({"way": "fast"}, ["b", "a"]),
        ({"lib": ">=2"}, ["a", "c[x]"]),
        ({"python": "3.11", "way": "fast", "lib": "<2"}, ["d"]),
    )
    found = {
        (python, lib, way): equipped(study, cell_of(python, [("way", way)], lib=lib)).pins.needs
        for python, lib, way in [
            ("3.12", "1.0", "plain"),
            ("3.12", "1.0", "fast"),
            ("3.12", "2.0", "fast"),
            ("3.11", "1.0", "fast"),
        ]
    }
    assert list(found.values()) == [(), ("a", "b"), ("a", "b", "c[x]"), ("a", "b", "d")]


def test_what_a_cell_needed_before_is_forgotten(tmp_path):
    study = needing(tmp_path, ({"way": "fast"}, ["a"]))
    fast = equipped(study, cell_of("3.12", [("way", "fast")], lib="1.0"))
    plain = cell_of("3.12", [("way", "plain")], lib="1.0")
    assert equipped(study, type(plain)(pins=fast.pins, parameters=plain.parameters)) == plain


def test_a_condition_on_an_axis_that_a_cell_lacks_does_not_hold(tmp_path):
    study = needing(tmp_path, ({"way": "fast"}, ["a"]))
    assert equipped(study, cell_of("3.12", lib="1.0")).pins.needs == ()


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ((), "py3.12"),
        (("aiohttp",), "py3.12-with=aiohttp"),
        (("aiohttp", "httpx[http2,brotli]"), "py3.12-with=aiohttp,httpx+brotli+http2"),
        (("AioHTTP",), "py3.12-with=aiohttp"),
    ],
)
def test_an_id_names_what_is_needed(needs, words):
    assert str(Pins(python="3.12", releases=(), needs=needs)) == words


def test_a_digest_tells_needs_of_one_name_apart():
    named = [("a",), ("a<2",), ("a<3",), ("a; python_version < '4'",), ("a @ file:///a.whl",)]
    ids = [str(Pins(python="3.12", releases=(), needs=needs)) for needs in named]
    assert len(set(ids)) == len(ids)
    assert all(one.startswith("py3.12-with=a@") for one in ids[1:])
    many = tuple(sorted(f"project-number-{n}" for n in range(12)))
    assert str(Pins(python="3.12", releases=(), needs=many)).startswith("py3.12-with=12x")


@given(st.lists(st.sampled_from(["a", "b[x]", "c<2", "d"]), unique=True).map(sorted).map(tuple))
def test_ids_differ_exactly_where_needs_do(needs):
    other = ("a", "c<2")
    same = str(Pins(python="3.12", releases=(), needs=needs)) == str(
        Pins(python="3.12", releases=(), needs=other)
    )
    assert same is (needs == other)


def test_every_cell_of_a_table_is_admitted_by_its_study_and_no_other(tmp_path):
    study = needing(tmp_path, ({"way": "fast", "lib": ">=2"}, ["a"]), exclude=[{"python": "3.11"}])
    versions = {(p, "lib"): [Version("1.0"), Version("2.0")] for p in study.pythons}
    every = cells(study, versions)
    assert [cell.id for cell in every if cell.pins.needs] == ["py3.12-lib2.0-with=a-way=fast"]
    assert all(combines(study, cell) for cell in every)
    bare = cell_of("3.12", [("way", "fast")], lib="2.0")
    assert not has_axes(study, bare)  # made before the study said what it needs
    assert not combines(study, cell_of("3.11", [("way", "plain")], lib="1.0"))
    assert not combines(study, cell_of("3.12", [("way", "other")], lib="1.0"))
    assert not combines(study, cell_of("3.12", [("way", "plain")]))


WORLD = World(
    releases={"lib": ("1.0@0", "1.1@1", "2.0@2"), "a": ("1.0@0",)},
    behaves=lambda its: True,
    table={
        "parameters": {"way": ["fast"]},
        "needs": [
            {"where": {"lib": ">=2"}, "requires": ["a"]},
            {"where": {"python": "3.11"}, "requires": ["a", "lib"]},
        ],
    },
)


def line_of(tmp_path, axis):
    study = WORLD.study(tmp_path)
    narrowed = focus(study, (axis,), pre=False, yanked=False)
    if axis == "python":
        return of_interpreters(narrowed.study, narrowed.cell, ("3.11", "3.12"))
    series = enumerate_series(narrowed.study, WORLD.index, platform=None, say=print)
    found = series[narrowed.cell.pins.python, axis]
    return of_project(narrowed.study, narrowed.cell, found, Order.VERSION)


def test_a_series_needs_at_each_release_what_that_one_needs(tmp_path):
    line = line_of(tmp_path, "lib")
    assert [cell.pins.needs for cell in line.cells] == [(), (), ("a",)]


def test_a_series_of_interpreters_needs_at_each_what_that_one_needs(tmp_path):
    line = line_of(tmp_path, "python")
    assert [cell.pins.needs for cell in line.cells] == [("a", "lib"), ()]


def test_a_project_that_is_searched_is_needed_for_its_extras_alone(tmp_path):
    study = needing(tmp_path, ({"way": "plain"}, ["a<2", "b", "lib[x,w]==1", "lib>1"]))
    narrowed = focus(study, ("lib", "a"), pre=False, yanked=False)
    assert narrowed.cell.pins.needs == ("b", "lib[w,x]")
    assert not any("not required" in note for note in narrowed.notes)


def test_what_hangs_on_a_release_that_is_left_open_is_said_to_be_left_out(tmp_path):
    study = needing(tmp_path, ({"lib": ">=2"}, ["b"]))
    narrowed = focus(study, ("python",), pre=False, yanked=False)
    assert "not required: b, needed by some releases of lib" in narrowed.notes


def test_a_region_needs_in_each_cell_what_that_one_needs(tmp_path):
    study = WORLD.study(tmp_path)
    versions = ((Version("1.0"),), (Version("1.0"), Version("2.0")))
    base = cell_of("3.12", [("way", "fast")])
    plane = Plane(study=study, base=base, names=("a", "lib"), versions=versions)
    assert [plane.cell((0, n)).pins.needs for n in range(2)] == [(), ("a",)]
