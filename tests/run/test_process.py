"""Processes end in time, whole, with both pipes drained."""

import os
import threading
import time

import pytest

from versect.run.process import Processes

ENV = {"PATH": os.environ["PATH"]}


def test_both_pipes_are_drained_side_by_side():
    script = "head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero; cat; exit 3"
    done = Processes().run(["sh", "-c", script], env=ENV, timeout=60, keep=1000, stdin=b"x")
    assert (done.status, len(done.stdout), len(done.stderr)) == (3, 1000, 1000)


def test_a_timeout_kills_the_whole_group():
    script = "sleep 61.5 & sleep 61.5 & wait"
    done = Processes().run(["sh", "-c", script], env=ENV, timeout=0.5)
    assert done.timed_out
    assert done.status < 0
    left = Processes().run(["pgrep", "-f", "^sleep 61.5$"], env=ENV, timeout=10)
    assert left.status == 1, left.words


def test_a_stray_child_that_holds_the_pipe_does_not_hold_the_caller():
    started = time.monotonic()
    done = Processes().run(["sh", "-c", "setsid sleep 20 & echo done"], env=ENV, timeout=60)
    assert done.stdout == b"done\n"
    assert time.monotonic() - started < 15


def test_cancelling_ends_what_runs_and_what_comes_later():
    processes = Processes()
    threading.Timer(0.3, processes.cancel).start()
    started = time.monotonic()
    assert processes.run(["sleep", "60"], env=ENV, timeout=60).cancelled
    assert processes.run(["sleep", "60"], env=ENV, timeout=60).cancelled
    assert time.monotonic() - started < 10


def test_nothing_of_the_environment_is_inherited(monkeypatch):
    monkeypatch.setenv("SECRET", "1")
    done = Processes().run(["env"], env=ENV, timeout=10)
    assert b"SECRET" not in done.stdout


def test_a_program_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        Processes().run(["no-such-program-here"], env=ENV, timeout=10)
