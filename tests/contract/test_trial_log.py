"""What every record of trials must do, the one on disk and the one in memory."""

import threading

import pytest

from tests.support.literal import trial_of
from versect.store.jsonl import JsonLines
from versect.store.memory import MemoryLog


@pytest.fixture(params=["jsonl", "memory"])
def log(request, tmp_path):
    return JsonLines(tmp_path / "s", "s") if request.param == "jsonl" else MemoryLog()


def test_a_new_log_is_empty(log):
    assert log.trials() == ()


def test_trials_come_back_in_the_order_written(log):
    trial = trial_of("3.12")
    for _ in range(3):
        log.append(trial)
    assert log.trials() == (trial,) * 3


def test_threads_may_append_side_by_side(log):
    trial = trial_of("3.12")
    threads = [threading.Thread(target=log.append, args=(trial,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.trials() == (trial,) * 8
