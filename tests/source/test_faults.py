"""A bad study lists all its faults at once, each with its path."""

import pytest

from versect.errors import StudyError
from versect.source.build import build


@pytest.fixture
def root(tmp_path):
    (tmp_path / "repro.py").write_text("print()\n")
    return tmp_path


def faults_of(root, **table):
    plain = {"reproduction": "repro.py", "python": ["3.12"]}
    with pytest.raises(StudyError) as caught:
        build("study.toml", root, {**plain, **table}, default_name="s")
    return {fault.path: fault.message for fault in caught.value.faults}


def test_all_faults_of_a_study_are_listed_at_once(root):
    faults = faults_of(
        root,
        bogus=1,
        python=["3.11", "four"],
        projects={"httpx": {"versions": ["1.0", "zz"], "limitt": 3}, "a b": {}},
        parameters={"s": ["a", [2]]},
        failure={"message": "(", "exit-codes": [1, "2"]},
        limits={"memory": "lots", "timeout": -1},
        requires=["!!"],
    )
    assert set(faults) == {
        "bogus",
        "python[1]",
        "projects.httpx.versions",
        "projects.httpx.limitt",
        "parameters.s[1]",
        "failure.message",
        "failure.exit-codes[1]",
        "limits.memory",
        "limits.timeout",
        "requires[0]",
    }


@pytest.mark.parametrize(
    ("table", "path", "words"),
    [
        ({"reproduction": "gone.py"}, "reproduction", "no file"),
        ({"reproduction": "."}, "reproduction", "folder"),
        ({"reproduction": "../x.py"}, "reproduction", "outside"),
        ({"reproduction": "/etc/passwd"}, "reproduction", "outside"),
        ({"command": ["python"]}, "command", "not both"),
        ({"requires": "numpy"}, "requires", "list"),
        ({"limits": 3}, "limits", "table"),
        ({"python": []}, "python", "at least one"),
        ({"arguments": ["{oops}"]}, "reproduction", "oops"),
        ({"variables": {"VERSECT_X": "1"}}, "variables.VERSECT_X", "environment variable"),
        ({"parameters": {"python": ["a"]}}, "parameters.python", "versect's own"),
        ({"parameters": {"s": []}}, "parameters.s", "at least one"),
        ({"parameters": {"s": ["a", "a"]}}, "parameters.s", "twice"),
        ({"exclude": [{"nope": "1"}]}, "exclude[0].nope", "no such axis"),
        ({"projects": {"httpx": {"limit": 0}}}, "projects.httpx.limit", "at least 1"),
        ({"projects": {"httpx>=1": {}}}, "projects.httpx>=1", "versions"),
        ({"projects": {"httpx": {}, "HTTPX": {}}}, "projects.HTTPX", "second axis"),
        ({"resolution": "tomorrow"}, "resolution", "period, today"),
        ({"cut-off": "soon"}, "cut-off", "date"),
        ({"files": ["*.nothing"]}, "files[0]", "no file matches"),
    ],
)
def test_each_fault_names_its_place_and_what_is_wrong(root, table, path, words):
    faults = faults_of(root, **table)
    assert path in faults
    assert words in faults[path]


def test_a_value_that_a_parameter_never_has_cannot_be_excluded(root):
    faults = faults_of(root, parameters={"s": ["a"]}, exclude=[{"s": "b"}])
    assert "it is one of a" in faults["exclude[0].s"]


SWEEP = {"about": "why?", "vary": "s", "parameters": {"s": ["a", "b"]}}


def test_all_faults_of_what_stands_beside_the_table_are_listed_at_once(root):
    faults = faults_of(
        root,
        arguments=["--s={s}"],
        parameters={"s": ["a"], "t": [1]},
        needs=[
            {"where": {"s": "x", "nope": "1"}, "requires": ["!!"]},
            {"where": {"s": "only-here"}, "requires": ["dep"]},
            {"requires": ["dep"]},
            {"where": {"s": "a"}},
        ],
        sweeps={
            "typed": {**SWEEP, "part": "what", "bogus": 1, "words": {"a": 2}},
            "a b": SWEEP,
            "crossed": {
                "about": " ",
                "repeats": 0,
                "vary": "nope",
                "python": ["3.12"],
                "projects": {"httpx": {"limit": 0}},
                "parameters": {"t": [1, 2]},
                "exclude": [{"s": "a"}],
            },
            "several": {"about": "?", "parameters": {"s": ["a", "only-here"], "t": [1, 2]}},
        },
        searches=[
            {"about": "?", "project": "httpx", "parameters": {"nope": 1}, "good": "x"},
            {"parameters": {"s": "whatever"}},
        ],
    )
    assert set(faults) == {
        "needs[0].requires[0]",
        "sweeps.typed.part",
        "sweeps.typed.bogus",
        "sweeps.typed.words.a",
        "sweeps.a b",
        "sweeps.crossed.about",
        "sweeps.crossed.repeats",
        "sweeps.crossed.vary",
        "sweeps.crossed.projects.httpx.limit",
        "sweeps.crossed.exclude[0].s",
        "sweeps.crossed.parameters",
        "sweeps.several.vary",
        "searches[0].good",
    }
    assert "{s}" in faults["sweeps.crossed.parameters"]


@pytest.mark.parametrize("repeats", [-1, 0, 1001, 10**12])
def test_a_cell_is_repeated_a_number_of_times_that_can_be_listed(root, repeats):
    faults = faults_of(root, sweeps={"one": {**SWEEP, "repeats": repeats}})
    assert faults == {"sweeps.one.repeats": f"at least 1 and at most 1000, not {repeats}"}


def test_words_speak_of_values_that_the_parameter_under_test_has(root):
    words = {"a": "the first", "c": "none of them"}
    faults = faults_of(root, sweeps={"one": {**SWEEP, "words": words}})
    assert faults == {"sweeps.one.words.c": "s never is c; it is one of a, b"}


def test_needs_and_searches_speak_of_what_the_table_or_a_sweep_has(root):
    faults = faults_of(
        root,
        parameters={"s": ["a"]},
        needs=[
            {"where": {"s": "x", "nope": "1"}, "requires": ["dep"]},
            {"where": {"s": "b"}, "requires": ["dep"]},
            {"requires": ["dep"]},
            {"where": {"s": "a"}},
        ],
        sweeps={"one": SWEEP},
        searches=[
            {"about": "?", "project": "httpx", "parameters": {"nope": 1, "s": "z"}},
            {},
            {"about": "?", "project": "httpx", "parameters": {"s": "../z"}},
            {"about": "again?", "project": "httpx", "parameters": {"s": "../z"}, "good": "1"},
        ],
    )
    assert set(faults) == {
        "needs[0].where.s",
        "needs[0].where.nope",
        "needs[2].where",
        "needs[3].requires",
        "searches[0].parameters.nope",
        "searches[1].about",
        "searches[1].project",
        "searches[3]",
    }
