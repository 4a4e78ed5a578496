"""A baseline is read back as it was written, and nothing else is taken for one."""

from datetime import UTC, datetime

import pytest

from versect.errors import StoreMismatch
from versect.model.baseline import Baseline, Stand
from versect.model.outcome import Word
from versect.store.baseline import document, read

BASELINE = Baseline(
    engine="docker",
    fingerprint="f",
    accepted=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    cells={
        str(word): Stand(
            word=word,
            face="" if word is Word.PASSED else "ValueError: \udce4 \u2028",
            fingerprint="f",
            version=None if word is Word.UNRESOLVED else "3.12.1",
            interpreter=None,
            lock=None,
            packages=(("a", "1"), ("b", "2")),
        )
        for word in Word
    },
)


def test_every_kind_of_outcome_comes_back(tmp_path):
    path = tmp_path / "baseline.json"
    path.write_text(document(BASELINE))
    assert read(path) == BASELINE


def test_there_may_be_none(tmp_path):
    assert read(tmp_path / "baseline.json") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        document(BASELINE)[:-40],
        document(BASELINE).replace('"passed"', '"fine"'),
        document(BASELINE).replace('"schema_version": 1', '"schema_version": 2'),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path, text):
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(StoreMismatch):
        read(path)
