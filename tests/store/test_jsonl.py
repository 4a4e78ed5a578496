"""The record on disk under kills, full disks, foreign files and newer versions."""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.literal import trial_of
from versect.errors import StorageError, StoreMismatch
from versect.store import codec
from versect.store.jsonl import JsonLines, study_of


def test_a_line_cut_short_is_dropped_and_the_next_trial_is_whole(tmp_path):
    log = JsonLines(tmp_path, "s")
    log.append(trial_of("3.11"))
    log.append(trial_of("3.12"))
    log.path.write_bytes(log.path.read_bytes()[:-20])
    assert [t.probe.cell.id for t in log.trials()] == ["py3.11"]
    log.append(trial_of("3.13"))
    assert [t.probe.cell.id for t in log.trials()] == ["py3.11", "py3.13"]


def test_a_header_cut_short_is_written_again(tmp_path):
    log = JsonLines(tmp_path, "s")
    log.path.write_bytes(b'{"schema"')
    log.append(trial_of("3.11"))
    assert len(log.trials()) == 1


def test_the_trials_of_another_study_are_refused_with_both_names(tmp_path):
    JsonLines(tmp_path, "theirs").append(trial_of("3.11"))
    with pytest.raises(StoreMismatch, match=r"'theirs'.*'ours'"):
        JsonLines(tmp_path, "ours").trials()


def test_a_file_that_is_no_record_is_refused(tmp_path):
    (tmp_path / "trials.jsonl").write_text("hello\nworld\n")
    with pytest.raises(StoreMismatch, match="not a record"):
        JsonLines(tmp_path, "s").trials()


@pytest.mark.parametrize("line", [0, 1])
def test_a_newer_schema_is_refused_with_a_remedy(tmp_path, line):
    log = JsonLines(tmp_path, "s")
    log.append(trial_of("3.11"))
    lines = log.path.read_text().splitlines()
    lines[line] = json.dumps({**json.loads(lines[line]), "schema": codec.SCHEMA + 1})
    log.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(StoreMismatch, match="newer") as caught:
        log.trials()
    assert "upgrade" in caught.value.remedy


def test_a_full_disk_leaves_the_trials_before_it_readable(tmp_path):
    log = JsonLines(tmp_path, "s")
    log.append(trial_of("3.11"))
    size = log.path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
    try:
        with pytest.raises(StorageError) as caught:
            log.append(trial_of("3.12"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    assert str(log.path) in str(caught.value)
    assert log.path.stat().st_size == size
    log.append(trial_of("3.13"))
    assert [t.probe.cell.id for t in log.trials()] == ["py3.11", "py3.13"]


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "s").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        JsonLines(tmp_path / "s", "s").append(trial_of("3.11"))


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.support.literal import trial_of
from versect.store.jsonl import JsonLines, study_of
log = JsonLines(Path(sys.argv[1]), "s")
while True:
    log.append(trial_of("3.11"))
    print("told", flush=True)
"""


def test_every_trial_that_was_told_survives_a_kill_of_two_writers(tmp_path):
    argv = [sys.executable, "-c", WRITER, str(tmp_path), str(Path.cwd())]
    writers = [subprocess.Popen(argv, stdout=subprocess.PIPE) for _ in range(2)]
    for writer in writers:
        for _ in range(20):
            writer.stdout.readline()
    told = 40
    for writer in writers:
        writer.kill()
        told += writer.stdout.read().count(b"told\n")
        writer.wait()
        writer.stdout.close()
    assert len(JsonLines(tmp_path, "s").trials()) >= told


def test_a_record_is_rewritten_whole_or_not_at_all(tmp_path):
    log = JsonLines(tmp_path, "s")
    log.append(trial_of("3.11"))
    log.rewrite(lambda old: (trial_of("3.12"), *old))
    assert [t.probe.cell.id for t in log.trials()] == ["py3.12", "py3.11"]
    before = log.path.read_bytes(), log.path.stat().st_ino
    log.rewrite(lambda old: old)
    assert (log.path.read_bytes(), log.path.stat().st_ino) == before

    def fails(_):
        raise StoreMismatch("no")

    with pytest.raises(StoreMismatch):
        log.rewrite(fails)
    assert log.path.read_bytes() == before[0]
    log.append(trial_of("3.13"))
    assert len(log.trials()) == 3
    assert [path.name for path in tmp_path.iterdir() if "jsonl." in path.name[1:]] == [
        ".trials.jsonl.lock"
    ]


def test_a_record_says_whose_it_is(tmp_path):
    JsonLines(tmp_path, "sums").append(trial_of("3.11"))
    assert study_of(tmp_path) == "sums"
    (tmp_path / "trials.jsonl").write_text("hello\n")
    with pytest.raises(StoreMismatch, match="not a record"):
        study_of(tmp_path)
    with pytest.raises(StorageError, match="cannot read"):
        study_of(tmp_path / "nowhere")
