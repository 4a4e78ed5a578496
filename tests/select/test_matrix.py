"""Which cells a study has, and in which order."""

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.support.literal import cell_of
from versect.model.study import Selector
from versect.select.matrix import cells, matches
from versect.source.build import build


def study(tmp_path, **table):
    (tmp_path / "r.py").write_text("")
    plain = {"reproduction": "r.py", "python": ["3.11", "3.12"], "projects": {"httpx": {}}}
    return build("s", tmp_path, {**plain, **table}, default_name="s")


VERSIONS = {
    ("3.11", "httpx"): [Version("0.27.2"), Version("0.28.1")],
    ("3.12", "httpx"): [Version("0.28.1")],
}


def ids(tmp_path, **table):
    return [cell.id for cell in cells(study(tmp_path, **table), VERSIONS)]


def test_interpreters_change_slowest_and_parameters_fastest(tmp_path):
    assert ids(tmp_path, parameters={"s": ["a", "b"]}) == [
        "py3.11-httpx0.27.2-s=a",
        "py3.11-httpx0.27.2-s=b",
        "py3.11-httpx0.28.1-s=a",
        "py3.11-httpx0.28.1-s=b",
        "py3.12-httpx0.28.1-s=a",
        "py3.12-httpx0.28.1-s=b",
    ]


def test_excluded_cells_take_no_part(tmp_path):
    excluded = [{"python": "3.11", "httpx": "<0.28"}]
    assert ids(tmp_path, exclude=excluded) == ["py3.11-httpx0.28.1", "py3.12-httpx0.28.1"]


def test_included_cells_are_the_only_ones(tmp_path):
    assert ids(tmp_path, include=[{"python": ["3.12"]}]) == ["py3.12-httpx0.28.1"]


def test_a_selector_needs_every_condition():
    cell = cell_of("3.12", [("s", "a")], httpx="0.28.1")
    httpx, s = ("httpx", SpecifierSet(">=0.28")), ("s", ("a", "b"))
    assert matches(Selector(conditions=(httpx, s)), cell)
    assert not matches(Selector(conditions=(httpx, ("s", ("b",)))), cell)
