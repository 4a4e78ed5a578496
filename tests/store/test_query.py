"""Questions in SQL: everything stored can be asked for, and nothing can be changed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.literal import cell_of, observation_of, trial_of
from tests.support.strategies import trials
from versect.errors import UsageError
from versect.model.outcome import Cause, Failed, Passed, Signature, Unresolved
from versect.model.study import Place
from versect.model.trial import (
    Exited,
    Frame,
    Link,
    NotRun,
    Output,
    Probe,
    RaisedException,
    SeenFailure,
)
from versect.store.query import TABLES, ask

OUTCOMES = st.sampled_from(
    [
        None,
        Passed(rule="r"),
        Failed(rule="r", signature=Signature(kind="k", text="t")),
        Unresolved(rule="r", cause=Cause.TIMEOUT, detail="d"),
    ]
)


def one(sql, stored):
    (row,) = ask(sql, stored).rows
    return row


@settings(max_examples=40)
@given(st.lists(st.tuples(st.just("s"), trials(), OUTCOMES), max_size=4))
def test_whatever_is_stored_has_its_rows(stored):
    every = [trial for _, trial, _ in stored]
    counts = {table: one(f"SELECT count(*) FROM {table}", stored)[0] for table in TABLES}
    assert counts["trials"] == len(every)
    seen = [failure for trial in every for failure in trial.observation.failures]
    assert counts["failures"] == sum(max(1, len(failure.chain)) for failure in seen)
    assert counts["packages"] == sum(len(trial.setting.packages) for trial in every)


def chain(*types):
    return tuple(
        RaisedException(
            link=Link.CAUSE if number else Link.OUTERMOST,
            type=name,
            bases=(),
            message=f"message {number}",
            frames=(
                Frame(file="a.py", line=1, function="f"),
                Frame(file="b.py", line=2, function="g"),
            ),
        )
        for number, name in enumerate(types)
    )


@pytest.fixture
def stored():
    seen = SeenFailure(place=Place.RAISED, note="", chain=chain("ValueError", "OSError"))
    observation = observation_of(
        Exited(status=1),
        failures=(seen,),
        stderr=Output(head="lone \ud800", tail="", size=8),
        imported=frozenset({"lib"}),
        notes=("a note",),
    )
    base = trial_of("3.12")
    failed = trial_of(
        "3.12",
        probe=Probe(cell=cell_of("3.12", [("how", "x")], lib="1.0"), repeat=0),
        setting=type(base.setting)(
            engine="local", version="3.12.1", interpreter="/py", lock="abc",
            packages=(("dep", "2.0"), ("lib", "1.0")), environment="e", cut_off=None,
        ),
        observation=observation,
    )  # fmt: skip
    lost = trial_of("3.11", NotRun(cause=Cause.NO_WHEEL, detail="none"))
    face = Signature(kind="ValueError", text="message 0")
    return [("s", failed, Failed(rule="any", signature=face)), ("t", lost, None)]


def test_a_trial_is_asked_for_by_its_columns(stored):
    sql = "SELECT study, cell, outcome, signature, status, stderr, notes FROM trials WHERE id = 1"
    row = one(sql, stored)
    face = "ValueError: message 0"
    assert row[:5] == ("s", "py3.12-lib1.0-how=x", "failed", face, 1)
    assert row[5] == "lone \\ud800"
    assert json.loads(row[6]) == ["a note"]
    assert one("SELECT ending, cause, detail, outcome FROM trials WHERE id = 2", stored) == (
        "not-run", "no-wheel", "none", None,
    )  # fmt: skip


def test_chains_packages_and_axes_are_joined_by_the_trials_id(stored):
    sql = "SELECT depth, link, type, file, line, function FROM failures ORDER BY depth"
    assert ask(sql, stored).rows == (
        (0, "outermost", "ValueError", "b.py", 2, "g"),
        (1, "cause", "OSError", "b.py", 2, "g"),
    )
    joined = "SELECT project, imported FROM trials JOIN packages ON trial = id WHERE imported = 0"
    assert ask(joined, stored).rows == (("dep", 0),)
    assert ask("SELECT axis, value FROM axes WHERE trial = 1", stored).rows == (
        ("python", "3.12"), ("lib", "1.0"), ("how", "x"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM trials", "can only be read"),
        ("UPDATE trials SET outcome = 'passed'", "can only be read"),
        ("CREATE TABLE x (y)", "can only be read"),
        ("ATTACH DATABASE 'made-by-a-question' AS x", "can only be read"),
        ("VACUUM INTO 'made-by-a-question'", "can only be read"),
        ("PRAGMA journal_mode = DELETE", "can only be read"),
        ("PRAGMA writable_schema = 1", "can only be read"),
        ("SELEC 1", "syntax error"),
        ("SELECT missing FROM trials", "no such column"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT load_extension('x')", ""),
        ("SELECT CAST(x'80' AS TEXT)", "decode"),
        ("SELECT '\ud800'", ""),
        ("SELECT 1 \0", ""),
        ("", "asks nothing"),
        ("-- only a comment", "asks nothing"),
    ],
)
def test_what_cannot_be_answered_is_the_users_error(sql, said, stored, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="SQL: ") as caught:
        ask(sql, stored)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2
    assert caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_columns_keep_their_order_and_their_names_even_twice(stored):
    answer = ask("SELECT 1 AS a, 2 AS a, study FROM trials ORDER BY id LIMIT 1", stored)
    assert answer.columns == ("a", "a", "study")
    assert answer.rows == ((1, 2, "s"),)


def test_every_column_has_a_meaning_and_a_name_of_its_own():
    for columns in TABLES.values():
        assert len({column.name for column in columns}) == len(columns)
        assert all(
            column.meaning and column.type in {"TEXT", "INTEGER", "REAL"} for column in columns
        )
