"""The tutorial goes as it is written, from nothing, in less than the ten minutes it promises."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.console import follow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
PYTHON = f"3.{sys.version_info.minor}"


@pytest.mark.online
@pytest.mark.timeout(900)
def test_every_command_of_the_tutorial_does_what_the_page_shows(tmp_path, tmp_path_factory):
    tmp_path.chmod(0o755)  # as a folder of a user's is: cells run as somebody else
    (tmp_path / "versect").symlink_to(ROOT)
    page = re.sub(r"3\.12(?!\d)", PYTHON, PAGE.read_text(encoding="utf-8"))  # as the page says
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    cache = tmp_path_factory.mktemp("cache")
    environment = {**os.environ, "PATH": path, "VERSECT_CACHE": str(cache)}
    took = follow(page, tmp_path, environment)
    assert sum(seconds for seconds, _ in took) < 600, took
