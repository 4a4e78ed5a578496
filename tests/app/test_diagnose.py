"""What a diagnosis rests on: trials of the study as it is, and timelines that tell of it."""

from dataclasses import replace

import pytest

from tests.support.literal import cell_of, trial_of
from tests.support.timelines import collected
from versect.app.diagnose import newest, read_timelines
from versect.forensics.timeline_codec import encode, timeline_file
from versect.model.trial import Probe
from versect.source.build import build

SEARCHED = Probe(cell=cell_of("3.13", lib="1.0"), repeat=0)
TRIALS = [
    replace(trial_of("3.11"), fingerprint="f"),
    replace(trial_of("3.12"), fingerprint="f"),
    replace(trial_of("3.13"), fingerprint="narrower", probe=SEARCHED),
]


@pytest.mark.parametrize(
    ("fingerprint", "engine", "python"),
    [
        ("f", None, "3.12"),  # the last one was made for something else
        ("f", "local", "3.12"),
        ("changed since", None, "3.12"),
        ("f", "docker", None),
    ],
)
def test_the_newest_trial_of_the_study_as_it_is_counts(tmp_path, fingerprint, engine, python):
    (tmp_path / "r.py").write_text("")
    table = {"reproduction": "r.py", "python": ["3.11", "3.12"]}
    study = build("s", tmp_path, table, default_name="s")
    found = newest(study, TRIALS, fingerprint, engine)
    assert (found and found.probe.cell.pins.python) == python


def test_timelines_of_another_program_and_unreadable_ones_are_left_out(tmp_path):
    for cell, text in (
        ("mine", encode(collected(), fingerprint="f")),
        ("older", encode(collected(), fingerprint="e")),
        ("broken", "{"),
        ("unasked", encode(collected(), fingerprint="f")),
    ):
        path = timeline_file(tmp_path, cell)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    said = []
    cells = ["mine", "older", "broken", "none"]
    found = read_timelines(tmp_path, cells, of="f", say=said.append)
    assert found == {"mine": collected()}
    assert len(said) == 1
    assert "broken.json" in said[0]
