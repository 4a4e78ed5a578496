"""Trials survive being written and read, whatever is in them."""

import json

import pytest
from hypothesis import given

from tests.support.strategies import trials
from versect.model.outcome import Cause
from versect.store import codec


@given(trials())
def test_a_trial_read_back_is_the_trial_written(trial):
    line = codec.encode(trial)
    assert "\n" not in line
    assert codec.decode(line) == trial


def test_every_cause_has_a_word_of_its_own():
    assert len({str(cause) for cause in Cause}) == len(Cause)


@given(trials())
def test_no_beginning_of_a_line_is_taken_for_a_trial(trial):
    line = codec.encode(trial)
    for end in (0, 1, len(line) // 2, len(line) - 1):
        with pytest.raises(codec.UnreadableLineError):
            codec.decode(line[:end])


@given(trials())
def test_a_line_of_a_newer_versect_is_refused_as_such(trial):
    document = {**json.loads(codec.encode(trial)), "schema": codec.SCHEMA + 1}
    with pytest.raises(codec.NewerSchemaError):
        codec.decode(json.dumps(document))


@given(trials())
def test_lines_from_before_there_were_needs_are_still_read(trial):
    document = json.loads(codec.encode(trial))
    needs = document["probe"]["cell"]["pins"].pop("needs")
    if not needs:
        assert codec.decode(json.dumps(document)) == trial


@given(trials())
def test_an_older_versect_refuses_a_line_with_needs_instead_of_taking_it_for_another_cell(trial):
    document = json.loads(codec.encode(trial))
    assert document["schema"] == (2 if trial.probe.cell.pins.needs else 1)
