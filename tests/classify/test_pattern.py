"""Regular expressions made of messages."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from versect.classify.pattern import pattern_of

CASES = [
    (
        "Client.__init__() got an unexpected keyword argument 'proxies'",
        "__init__() got an unexpected keyword argument 'proxies'",
    ),
    (
        "cannot import name 'url_quote' from 'werkzeug.urls' (/a/b/werkzeug/urls.py)",
        "cannot import name 'url_quote' from 'werkzeug.urls' (C:\\x\\werkzeug\\urls.py)",
    ),
    (
        "cannot import name 'x' from 'y' (unknown location)",
        "cannot import name 'x' from 'y' (/srv/app/y.py)",
    ),
    (
        "numpy.dtype size changed. Expected 96 from C header, got 88 from PyObject",
        "numpy.dtype size changed. Expected 16 from C header, got 80 from PyObject",
    ),
    ("<Task-17 at 0x7f3a> was lost", "<Task-17 at 0xdeadbeef> was lost"),
    (
        "f() takes 2 positional arguments but 3 were given",
        "C.f() takes 1 positional arguments but 9 were given",
    ),
    ("no such file: '/home/me/data/x.csv'", "no such file: '/tmp/y.csv'"),
    ("see https://errors.example/2.10/u/import", "see https://errors.example/2.0/u/import"),
    ("object 3b1f0a2c9d8e7f60 is gone", "object 0123456789abcdef is gone"),
]


@pytest.mark.parametrize(("message", "other"), CASES)
def test_what_changes_from_run_to_run_matches_another_of_its_kind(message, other):
    assert re.search(pattern_of(message), message)
    assert re.search(pattern_of(message), other)


@pytest.mark.parametrize(
    ("message", "other"),
    [
        ("got an unexpected keyword argument 'proxies'", "got an unexpected keyword argument 'x'"),
        ("cannot import name 'a' from 'b'", "cannot import name 'c' from 'b'"),
        ("module 'numpy' has no attribute 'float'", "module 'numpy' has no attribute 'int'"),
        ("'utf8' codec", "'utf16' codec"),
    ],
)
def test_what_names_the_fault_stays(message, other):
    assert not re.search(pattern_of(message), other)


@given(st.text())
def test_a_pattern_matches_the_message_that_it_is_made_of(message):
    assert re.search(pattern_of(message), message)


@given(st.text(alphabet="a1./\\()0x-: ", max_size=60))
def test_a_pattern_matches_messages_that_are_full_of_what_it_replaces(message):
    assert re.search(pattern_of(message), message)


def test_nothing_is_made_of_nothing():
    assert pattern_of(" \n ") == ""


def test_a_long_message_is_cut_at_a_word():
    pattern = pattern_of("word " * 100)
    assert len(pattern) <= 160
    assert pattern.endswith("word")
