"""Whether the harness behind a container still lives."""

import os
import subprocess
import sys
import time

from versect.engine import owner

CODE = "from versect.engine import owner; print(owner.mine(), flush=True); input()"


def test_a_living_harness_is_not_gone():
    assert not owner.is_gone(owner.mine())


def test_a_killed_harness_is_gone_even_while_nobody_has_reaped_it():
    with subprocess.Popen(
        [sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        name = process.stdout.readline().strip()
        assert not owner.is_gone(name)
        process.kill()
        time.sleep(0.3)  # a zombie until it is waited for
        assert owner.is_gone(name)
    assert owner.is_gone(name)


def test_of_other_machines_nobody_knows():
    assert not owner.is_gone(f"elsewhere:{os.getpid()}:1")
    assert not owner.is_gone("")
