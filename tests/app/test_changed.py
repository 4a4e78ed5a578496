"""What a change of locks does to cells, and which cells there are: no index, no engine."""

import pytest
from packaging.version import Version

from versect.app.changed import combinations, exit_code, released, settled
from versect.model.change import Effect, effect
from versect.model.outcome import (
    Cause,
    Failed,
    FailedOtherwise,
    Passed,
    Signature,
    Unresolved,
)
from versect.source.build import build
from versect.source.pinned import Pinned

BOOM, BANG = (Signature(kind="ValueError", text=text) for text in ("boom", "bang"))
WHAT = {
    "P": Passed(rule="r"),
    "F": Failed(rule="r", signature=BOOM),
    "f": Failed(rule="r", signature=BANG),
    "o": FailedOtherwise(rule="r", signature=BANG),
    "u": Unresolved(rule="r", cause=Cause.UNSATISFIABLE, detail=""),
    "i": Unresolved(rule="r", cause=Cause.INDEX_UNAVAILABLE, detail=""),
    "m": Unresolved(rule="r", cause=Cause.INTERPRETER_MISSING, detail=""),
}
"""One letter an outcome."""


@pytest.mark.parametrize(
    ("sides", "found", "code"),
    [
        ("PP", Effect.PASSES, 0),
        ("FF", Effect.FAILS, 0),
        ("FP", Effect.MENDED, 0),
        ("Ff", Effect.OTHER, 0),
        ("oP", Effect.MENDED, 0),
        ("PF", Effect.BROKE, 20),
        ("Po", Effect.BROKE, 20),
        ("Pu", Effect.UNTOLD, 21),
        ("uF", Effect.UNTOLD, 21),
        ("ui", Effect.LOST, 22),
        ("iF", Effect.LOST, 22),
        ("Pm", Effect.LOST, 22),
    ],
)
def test_each_pair_of_outcomes_has_its_effect_and_exit_code(sides, found, code):
    assert effect(*(WHAT[side] for side in sides)) is found
    assert exit_code([found]) == code


def test_what_broke_weighs_most_and_nothing_is_nothing():
    assert exit_code(Effect) == 20
    assert exit_code([Effect.LOST, Effect.FLAKY]) == 22
    assert exit_code([Effect.FLAKY, Effect.PASSES]) == 21
    assert exit_code([]) == 0


def study(tmp_path, **table):
    (tmp_path / "r.py").write_text("")
    plain = {
        "reproduction": "r.py",
        "python": ["3.11", "3.12"],
        "projects": {"httpx[http2]": {"versions": ">=0.25"}, "absent": {"versions": ">=1"}},
        "requires": ["numpy<2", "anyio[trio]==4.0"],
        "parameters": {"mode": ["a", "b"]},
    }
    return build("s", tmp_path, {**plain, **table}, default_name="s")


def lock(**releases):
    return Pinned(
        source="lock",
        releases=tuple((name, Version(version)) for name, version in releases.items()),
        notes=(),
    )


def test_locks_decide_the_releases_of_what_they_install_and_nothing_else(tmp_path):
    found = released(study(tmp_path), (lock(anyio="4.1"), lock(httpx="0.28.1")))
    assert [axis.project for axis in found.projects] == ["absent"]
    assert sorted(map(str, found.requirements)) == ["anyio[trio]", "httpx[http2]", "numpy<2"]


def ids(study, **releases):
    return [cell.id for cell in combinations(study, "3.12", lock(**releases))]


def test_there_is_a_cell_for_each_combination_of_parameters(tmp_path):
    assert ids(study(tmp_path), httpx="0.28.1") == ["py3.12-mode=a", "py3.12-mode=b"]


@pytest.mark.parametrize(
    ("selectors", "left"),
    [
        ({"exclude": [{"mode": ["a"], "httpx": ">=0.28"}]}, ["b"]),
        ({"exclude": [{"mode": ["a"], "httpx": "<0.28"}]}, ["a", "b"]),
        ({"exclude": [{"mode": ["a"], "absent": ">=1"}]}, ["a", "b"]),
        ({"include": [{"mode": ["b"], "httpx": ">=0.28"}]}, ["b"]),
        ({"include": [{"mode": ["b"], "absent": ">=1"}]}, ["a", "b"]),
        ({"include": [{"python": "<3.12"}]}, []),
    ],
)
def test_what_takes_part_is_judged_by_the_new_lock(tmp_path, selectors, left):
    found = ids(study(tmp_path, **selectors), httpx="0.28.1")
    assert [name[-1] for name in found] == left


def test_what_some_cells_need_stays_with_them(tmp_path):
    needs = [{"where": {"mode": ["b"], "httpx": ">=0.28"}, "requires": ["aiohttp"]}]
    one = study(tmp_path, needs=needs)
    plain, needing = combinations(one, "3.12", lock(httpx="0.28.1"))
    assert (plain.pins.needs, needing.pins.needs) == ((), ("aiohttp",))
    (need,) = settled(one, needing).needs
    assert (need.where.conditions, [str(r) for r in need.requirements]) == ((), ["aiohttp"])
