"""``versect show``: which page is opened, and what is said where there is none."""

import os
import subprocess
import sys


def show(results, *words, browser="false"):
    code = "from versect.cli.main import main; main()"
    environment = {**os.environ, "BROWSER": browser}
    return subprocess.run(
        [sys.executable, "-c", code, "show", *words, "--results", str(results)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def page_of(results, study, at):
    path = results / study / "report.html"
    path.parent.mkdir(parents=True)
    path.write_text("")
    os.utime(path, (at, at))
    return path


def test_the_newest_page_is_opened_or_the_one_named(tmp_path):
    old, new = page_of(tmp_path, "old one", 1000), page_of(tmp_path, "new", 2000)
    opener, told = tmp_path / "open", tmp_path / "told"
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > "{told}"\n')
    opener.chmod(0o755)
    for words, path in (((), new), (("old one",), old)):
        done = show(tmp_path, *words, browser=f"{opener} %s")
        assert (done.returncode, done.stdout) == (0, f"{path}\n"), done.stderr
        assert told.read_text() == path.as_uri()


def test_where_no_browser_starts_the_path_is_still_printed(tmp_path):
    path = page_of(tmp_path, "s", 1000)
    done = show(tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{path}\n")
    assert "no browser" in done.stderr


def test_a_study_without_a_page_is_told_how_to_get_one(tmp_path):
    done = show(tmp_path, "s")
    assert done.returncode == 2
    assert "versect report s" in done.stderr
