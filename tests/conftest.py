"""What the machine can do decides which tests run; where all must run, nothing is skipped."""

from __future__ import annotations

import functools
import os
import shutil
import socket
import subprocess
from urllib.parse import urlsplit

import hypothesis
import pytest

# An example may take as long as it takes: machines that run tests are busy with other things too.
hypothesis.settings.register_profile("versect", deadline=None)
hypothesis.settings.load_profile("versect")


@functools.cache
def missing(need: str) -> str:
    """Say what is missing for a need, or nothing."""
    if need == "browser":
        return "" if shutil.which("chromium") else "needs Chromium: the command is not there"
    if need == "docker":
        argv = ["docker", "version", "--format", "{{.Server.Version}}"]
        try:
            answers = subprocess.run(argv, capture_output=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return "needs a Docker engine: none answers (sh docker/engine-up starts one)"
        return "" if answers.returncode == 0 else "needs a Docker engine: none answers"
    from pathlib import Path

    from versect.cli.wiring import Wiring

    wiring = Wiring(results=Path("results"), cache=None, offline=False)
    address = urlsplit(wiring.configuration.default or "").hostname
    try:
        socket.create_connection((address or "", 443), timeout=5).close()
    except OSError:
        return "needs a package index: none answers"
    return ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose needs are missing, unless this run must not skip."""
    required = os.environ.get("VERSECT_REQUIRE", "").split(",")
    for need in ("browser", "docker", "online"):
        if item.get_closest_marker(need) and (reason := missing(need)):
            if need in required:
                pytest.fail(f"{reason}, and VERSECT_REQUIRE names it")
            pytest.skip(reason)
