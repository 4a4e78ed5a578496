"""What a study has beside its table: needs, sweeps and searches, and what flags make of them."""

import pytest
from packaging.version import Version

from versect.errors import StudyError
from versect.select.matrix import cells
from versect.source.build import build
from versect.source.files import fingerprint
from versect.source.flags import lay

TABLE = {
    "reproduction": "r.py",
    "python": ["3.11", "3.12"],
    "projects": {"lib": {"versions": ["1.0", "2.0"]}},
    "parameters": {"mode": ["x", "y"], "way": ["plain"]},
    "exclude": [{"mode": "y", "way": "plain", "python": "3.11"}],
    "needs": [{"where": {"way": ["fast"], "lib": ">=2"}, "requires": ["Boost_er", "other[b,a]"]}],
    "sweeps": {
        "ways": {
            "about": "does it help?",
            "part": "how",
            "vary": "way",
            "python": ["3.12"],
            "words": {"fast": "with all there is"},
            "parameters": {"mode": ["x"], "way": ["plain", "fast"]},
        },
        "pythons": {"about": "is it the interpreter?", "vary": "python", "repeats": 3},
    },
    "searches": [
        {
            "about": "which release?",
            "project": "lib",
            "python": "3.12",
            "parameters": {"mode": "x"},
            "requires": ["dep==1"],
        }
    ],
}
VERSIONS = {(python, "lib"): [Version("1.0"), Version("2.0")] for python in ("3.9", "3.11", "3.12")}


def study(folder, table=TABLE):
    (folder / "r.py").write_text("")
    return build("s", folder, table, default_name="s")


def laid(folder, **flags):
    nothing = {"keys": {}, "parameters": (), "axes": (), "thinning": {}}
    return study(folder, lay(TABLE, **{**nothing, **flags}))


def sweep(its, name):
    return next(one for one in its.sweeps if one.name == name)


def ids(its):
    return [cell.id for cell in cells(its, VERSIONS)]


def test_a_sweep_has_its_own_axes_and_those_of_the_study_where_it_has_none(tmp_path):
    its = study(tmp_path)
    assert ids(sweep(its, "ways").study) == [
        "py3.12-lib1.0-mode=x-way=plain",
        "py3.12-lib1.0-mode=x-way=fast",
        "py3.12-lib2.0-mode=x-way=plain",
        "py3.12-lib2.0-with=boost-er,other+a+b-mode=x-way=fast",
    ]
    assert ids(sweep(its, "pythons").study) == ids(its)


def test_what_the_study_leaves_out_is_left_out_of_a_sweep_that_has_such_cells(tmp_path):
    its = study(tmp_path)
    assert its.exclude == sweep(its, "pythons").study.exclude
    assert sweep(its, "ways").study.exclude == ()  # it has no mode y


def test_neither_needs_nor_sweeps_nor_searches_change_the_fingerprint(tmp_path):
    without = {k: v for k, v in TABLE.items() if k not in {"needs", "sweeps", "searches"}}
    assert fingerprint(study(tmp_path)) == fingerprint(study(tmp_path, without))


def test_extras_that_only_a_sweep_wants_stand_in_the_ids_of_its_cells(tmp_path):
    own = {"about": "?", "vary": "lib", "projects": {"Lib[c]": {"versions": ["1.0", "2.0"]}}}
    its = study(tmp_path, {**TABLE, "sweeps": {"extra": own}, "needs": []})
    swept = its.sweeps[0].study
    assert ids(swept)[0] == "py3.11-lib1.0-with=lib+c-mode=x-way=plain"
    assert swept.projects[0].extras == its.projects[0].extras


def test_a_lone_axis_with_several_values_is_the_one_under_test(tmp_path):
    own = {"about": "?", "python": ["3.12"], "projects": {}, "parameters": {"way": ["a", "b"]}}
    assert study(tmp_path, {**TABLE, "sweeps": {"lone": own}, "needs": []}).sweeps[0].vary == "way"


@pytest.mark.parametrize(
    "flags", [{"keys": {"python": ["3.11"]}}, {"axes": ["python=3.11"]}], ids=["key", "axis"]
)
def test_interpreters_of_flags_hold_for_sweeps_and_searches_too(tmp_path, flags):
    its = laid(tmp_path, **flags)
    assert (its.pythons, sweep(its, "pythons").study.pythons) == (("3.11",), ("3.11",))
    assert ids(sweep(its, "ways").study) == []
    assert its.searches[0].python == ""
    kept = laid(tmp_path, keys={"python": ["3.9", "3.12"]})
    assert sweep(kept, "ways").study.pythons == ("3.12",)
    assert kept.searches[0].python == "3.12"


@pytest.mark.parametrize(
    "flags",
    [
        {"axes": ["mode=z"]},
        {"parameters": ["mode=z"]},
        {"axes": ["lib=1.0"]},
        {"axes": ["lib=>=1"], "thinning": {"limit": 1}},
    ],
)
def test_other_axes_of_flags_are_the_tables_alone(tmp_path, flags):
    its, plain = laid(tmp_path, **flags), study(tmp_path)
    assert (its.projects, its.parameters) != (plain.projects, plain.parameters)
    assert its.sweeps == plain.sweeps


def test_needs_forget_values_that_flags_take_away_unless_a_sweep_has_them(tmp_path):
    table = {
        **TABLE,
        "sweeps": {"ways": TABLE["sweeps"]["ways"]},
        "parameters": {"mode": ["x", "y"], "way": ["plain", "slow"]},
        "needs": [
            {"where": {"way": ["slow"]}, "requires": ["dep"]},
            {"where": {"way": ["slow", "fast"]}, "requires": ["dep"]},
        ],
    }
    its = study(tmp_path, lay(table, keys={}, parameters=(), axes=["way=plain"], thinning={}))
    assert [need.where.conditions for need in its.needs] == [(("way", ("fast",)),)]


def test_a_search_keeps_what_it_was_given(tmp_path):
    (search,) = study(tmp_path).searches
    assert search.name == "lib-py3.12-mode=x-dep==1"
    assert (search.project, search.good, search.full) == ("lib", None, False)
    assert list(map(str, search.requirements)) == ["dep==1"]


@pytest.mark.parametrize("wrong", [3, "abc", [1], {"x": 3}, {"x": {"parameters": 3}}])
def test_what_is_wrong_is_told_whatever_flags_are_laid_over_it(tmp_path, wrong):
    flags = {"keys": {"python": ["3.12"]}, "parameters": ["mode=z"], "axes": ["lib=1.0"]}
    for rows in ("sweeps", "needs", "searches", "exclude"):
        table = lay({**TABLE, rows: wrong}, **flags, thinning={})
        with pytest.raises(StudyError):
            study(tmp_path, table)
