"""The how-tos that can be followed on any machine do what they show, from top to bottom."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.support.console import follow
from tests.support.wheels import index_pages, make_wheel, served

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
WHO = ("", "reader:secret@")
PYTHON = f"3.{sys.version_info.minor}"

pytestmark = [pytest.mark.online, pytest.mark.timeout(600)]


@pytest.fixture
def shell(tmp_path, tmp_path_factory):
    """Follow a page in an empty folder, with a cache and a home of its own."""
    tmp_path.chmod(0o755)  # as a folder of a user's is: cells run as somebody else
    home = tmp_path_factory.mktemp("home")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "VERSECT_CACHE": str(home / "cache"),
    }

    def shell(name, *changes):
        page = (PAGES / name).read_text(encoding="utf-8")
        for old, new in changes:
            page = page.replace(old, new)
        page = re.sub(r"3\.12(?!\d)", PYTHON, page)
        have = () if missing("docker") else ("docker",)
        return follow(page, tmp_path, environment, have=have)

    return shell


@pytest.mark.parametrize("name", ["test-suite.md", "air-gapped.md", "flaky.md"])
def test_every_command_of_the_page_does_what_it_shows(shell, name):
    assert shell(name)


def test_a_private_index_with_a_password_is_reached_as_the_page_says(shell, tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    for minor in range(4):
        code = f"def total(numbers):\n    return sum(numbers{', 1' if minor > 1 else ''})\n"
        make_wheel(folder, "acme-sums", f"1.{minor}", files={"acme_sums.py": code})
    index_pages(folder)
    with served(folder, credentials="reader:secret") as server:
        host = server.root.removeprefix("http://")
        urls = [(f"https://{who}packages.example", f"http://{who}{host}") for who in WHO]
        assert shell("private-index.md", *urls, ("packages.example", "127.0.0.1"))
        assert len(server.requests) > 10
