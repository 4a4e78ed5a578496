"""What is written is what the published schemas say, no more and no less."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.matrices import study_in, views
from tests.support.published import REFERENCE, validator
from tests.support.strategies import trials
from versect.report.json import matrix
from versect.store import codec


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


@settings(max_examples=40)
@given(st.data())
def test_every_matrix_is_of_its_schema(study, data):
    validator("matrix").validate(json.loads(matrix(data.draw(views(study)), made="now")))


@settings(max_examples=60)
@given(trials())
def test_every_line_of_trials_is_of_its_schema(trial):
    document = json.loads(codec.encode(trial))
    lines = validator("trials")
    lines.validate(document)
    for key in document:
        assert not lines.is_valid({name: document[name] for name in document if name != key})


def test_a_line_of_a_later_schema_is_not():
    assert validator("trials").is_valid({"schema": codec.SCHEMA, "study": "s"})
    assert not validator("trials").is_valid({"schema": codec.SCHEMA + 1, "study": "s"})


def test_every_schema_is_named_in_the_reference():
    pages = (REFERENCE / "formats.md").read_text()
    names = [path.name for path in REFERENCE.glob("*.schema.json")]
    assert len(names) == 9
    assert all(name in pages for name in names)


def test_a_study_that_is_read_is_of_its_schema_and_no_key_is_missing():
    studies = Path(__file__).parents[2] / "src" / "versect" / "studies"
    table = tomllib.loads((studies / "event_loop" / "study.toml").read_text())
    validator("study").validate(table)
    assert not validator("study").is_valid({**table, "pythons": ["3.12"]})
    page = (REFERENCE / "study.md").read_text()
    assert all(f"| `{key}` |" in page for key in (*table, "every", "exit-codes", "repeats"))
