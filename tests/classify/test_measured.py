"""Numbers that a reproduction prints for versect to keep, whatever else it prints."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.literal import observation_of
from versect.classify.measured import PREFIX, measured
from versect.model.trial import Exited, Output


def printed(text, tail=""):
    size = len((text + tail).encode(errors="replace"))
    return observation_of(Exited(status=0), stdout=Output(head=text, tail=tail, size=size))


def test_lines_add_up_and_the_later_number_wins():
    text = 'hello\nversect: {"requests": 33, "calls": 32}\nversect: {"calls": 31, "raised": 0.5}\n'
    assert measured(printed(text)) == {"requests": 33.0, "calls": 31.0, "raised": 0.5}


@pytest.mark.parametrize(
    "line",
    [
        "versect: 3",
        "versect: [1]",
        "versect: {",
        'versect: {"a": true, "b": null, "c": "1", "d": [1], "e": {"f": 1}}',
        'versect: {"a": NaN, "b": Infinity, "c": 1e999}',
        'versect: {"a": 1' + "0" * 400 + "}",
        'versect: {"a": 1' + "0" * 5000 + "}",
        "versect: " + "[" * 3000,
        'versect: {"": 1}',
        f'versect: {{"{"n" * 65}": 1}}',
        ' versect: {"a": 1}',
        'versect:{"a": 1}',
        'x versect: {"a": 1}',
    ],
)
def test_what_is_no_number_under_a_name_is_passed_over(line):
    assert measured(printed(line)) == {}


def test_a_line_that_was_cut_with_the_output_is_no_number():
    assert measured(printed('versect: {"a": 1', tail='2}\nversect: {"b": 3}\n')) == {"b": 3.0}


def test_carriage_returns_of_a_windows_program_do_no_harm():
    assert measured(printed('versect: {"a": 1}\r\n')) == {"a": 1.0}


def test_a_flood_of_names_is_bounded_but_known_ones_still_change():
    lines = [f'versect: {{"n{number}": {number}}}' for number in range(500)]
    found = measured(printed("\n".join([*lines, 'versect: {"n0": 7}'])))
    assert len(found) == 64
    assert found["n0"] == 7


@given(st.text(st.characters(), max_size=200), st.text(st.characters(), max_size=50))
def test_nothing_that_a_program_prints_makes_it_fail(text, tail):
    found = measured(printed(f"{PREFIX}{text}", tail=tail))
    assert all(math.isfinite(number) for number in found.values())


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=10), st.floats(allow_nan=False, allow_infinity=False)
    )
)
def test_numbers_are_read_as_they_were_printed(numbers):
    text = f"{PREFIX}{json.dumps(numbers)}\n"
    expected = dict(list(numbers.items())[:64]) if len(text) <= 4096 else {}
    assert measured(printed(text)) == expected
