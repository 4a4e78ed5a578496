"""``versect bisect``, ``explain`` and ``blame`` as a user types them: what is wrong is said."""

import json
import re
import shutil
import sys

import pytest

from tests.support.command import command
from tests.support.wheels import index_pages, make_wheel, served

PYTHON = f"3.{sys.version_info.minor}"
R = ("--", "python", "repro.py")
"""Fails with lib 1.5 and newer."""

FILES = {
    "repro.py": "import lib\n\nassert lib.ANSWER == 42, f'the answer is {lib.ANSWER}'\n",
    "mended.py": "import lib\n\nassert lib.ANSWER == 41, f'the answer is {lib.ANSWER}'\n",
    "fine.py": "import lib\n",
    "old.txt": "lib==1.3\ndep==1.0\n",
    "new.txt": "lib==1.6\ndep==2.0\n",
    "gone.txt": "lib==1.99\ndep==1.0\n",
    "loose.txt": "lib>=1.3\ndep==1.0\n",
    "empty.txt": "# nothing\n",
    "pylock.broken.toml": "[[[",
    "pylock.other.toml": 'lock-version = "1.0"\ncreated-by = "us"\n',
    "lock.json": "{}",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Make an index of ``lib`` and ``dep``, and a folder to work in."""
    folder = tmp_path_factory.mktemp("bisect")
    files = folder / "files"
    for minor in range(8):
        works = minor < 5
        make_wheel(
            files,
            "lib",
            f"1.{minor}",
            files={"lib.py": f"ANSWER = {42 if works else 41}\n"},
            data={"scripts/libtool": "#!python\nimport lib\n"} if works else {},
        )
    make_wheel(files, "lib", "2.0rc1")
    make_wheel(files, "lib", "1.8")
    make_wheel(files, "dep", "1.0")
    make_wheel(files, "dep", "2.0")
    make_wheel(files, "lonely", "1.0")
    work = folder / "work"
    work.mkdir()
    for name, content in FILES.items():
        (work / name).write_text(content)
    (work / "binary.txt").write_bytes(b"\x80\x81\n")
    url = index_pages(files, yanked={"lib-1.8-py3-none-any.whl": "it was wrong"})
    return work, url, files


@pytest.fixture
def versect(place, monkeypatch, capsys):
    """Give the command line in that folder; returns status, stdout, stderr.

    Trials are kept from test to test: they are the same facts.
    """
    work, url, _ = place
    return command(monkeypatch, capsys, work, url)


BISECT = ("bisect", "--project", "lib")
BLAME = ("blame", "--require", "lib")


@pytest.mark.parametrize(
    ("words", "said", "remedy"),
    [
        # ends
        (
            (*BISECT, "--good", "1.6", "--bad", "1.3", *R),
            "lib 1.6 (good) is newer than 1.3 (bad) in version order",
            "to find the release that mended it, add --find-fix",
        ),
        (
            (*BISECT, "--find-fix", "--bad", "1.6", "--good", "1.3", *R),
            "--find-fix goes from a failing release to a newer passing one",
            "leave --find-fix away",
        ),
        ((*BISECT, "--good", "1.3", "--bad", "1.3", *R), "1.3 is both ends", "two releases"),
        ((*BISECT, "--good", "1.7", *R), "1.7 is both ends", "leave one end away"),
        ((*BISECT, "--good", "1.4.1", *R), "--good: lib has no release 1.4.1", "nearest: 1.4, 1.5"),
        ((*BISECT, "--bad", "9", *R), "--bad: lib has no release 9", "nearest: 1.7"),
        ((*BISECT, "--bad", "newest", *R), "--bad: 'newest' is no release", ""),
        ((*BISECT, "--good", "", *R), "--good: '' is no release", ""),
        ((*BISECT, "--bad", "2.0rc1", *R), "2.0rc1 takes no part: pre-release", "--pre"),
        ((*BISECT, "--bad", "1.8", *R), "1.8 takes no part: yanked (it was wrong)", "--yanked"),
        # the project
        (("bisect", *R), "which project's releases are searched?", "--project"),
        (
            ("bisect", "--axis", "lib=>=1", "--axis", "dep=>=1", *R),
            "which project's releases are searched?",
            "the study has lib, dep",
        ),
        ((*BISECT, "--project", "lib", *R), "--project lib is given twice", "once"),
        ((*BISECT, "--project", "Lib", *R), "--project lib is given twice", "once"),
        (("bisect", "--project", "nolib", *R), "no index has a project 'nolib'", "spelling"),
        (("bisect", "--project", "lonely", *R), "a search needs two", "versect releases lonely"),
        ((*BISECT, "--axis", "lib=>=9", *R), "no release is left", "versect releases"),
        # several projects, interpreters
        ((*BISECT, "--project", "python", *R), "interpreters are searched alone", "--python"),
        ((*BISECT, "--project", "dep", "--find-fix", *R), "search one project", "--axis NAME="),
        ((*BISECT, "--project", "dep", "--flaky", *R), "search one project", "--axis NAME="),
        (
            (*BISECT, "--project", "dep", "--good", "1.3", *R),
            "'1.3' does not say which project's release it is",
            "--good NAME=RELEASE,NAME=RELEASE",
        ),
        (
            (*BISECT, "--project", "dep", "--good", "other=1.3", *R),
            "--good: other is not searched",
            "searched: lib, dep",
        ),
        (
            (*BISECT, "--project", "dep", "--bad", "lib=1.77", *R),
            "--bad: lib has no release 1.77",
            "versect releases lib",
        ),
        # the reproduction
        (BISECT, "neither a study nor a command is given", "-- python repro.py"),
        ((*BISECT, "study.toml", *R), "both a study (study.toml) and a command", "one of them"),
        ((*BISECT, "nonsense"), "there is no study 'nonsense'", "built-in studies"),
        ((*BISECT, "--", "python", "gone.py"), "there is no file gone.py", ""),
        ((*BISECT, "--", "nosuchtool", "x"), "could not be started: nosuchtool", "--require"),
        ((*BISECT, "--python", "3.77", *R), "no Python 3.77 on this machine", "--python"),
        # options
        ((*BISECT, "--order", "date", *R), "does not say when lib 1.0 was uploaded", "--order"),
        ((*BISECT, "--order", "size", *R), "'size' is not one of 'version', 'date'", ""),
        ((*BISECT, "--confidence", "2", *R), "--confidence", ""),
        ((*BISECT, "--confirm", "-1", *R), "--confirm", ""),
        ((*BISECT, "-j", "0", *R), "-j", ""),
        # explain
        (("explain", "--project", "python", *R), "the lines of one project's release", "--project"),
        (
            ("explain", "--project", "lib", "--project", "dep", *R),
            "the lines of one project's release are explained",
            "name that project with --project",
        ),
        (("explain", *R), "which project's releases are searched?", "--project"),
        # sides
        (("blame", "--good", "old.txt", *R), "Missing option '--bad'", ""),
        (
            ("blame", "--good", "old.txt", "--bad", "old.txt", *R),
            "old.txt and old.txt install the same releases",
            "the interpreter, the platform, the data",
        ),
        (("blame", "--good", "nowhere", "--bad", "new.txt", *R), "cannot read nowhere", "a date"),
        (
            ("blame", "--good", "loose.txt", "--bad", "new.txt", *R),
            "loose.txt:1: 'lib>=1.3' does not name one release; pin it with ==",
            "",
        ),
        (
            ("blame", "--good", "empty.txt", "--bad", "new.txt", *R),
            "there is no release in empty.txt",
            "understood are a pylock.toml",
        ),
        (
            ("blame", "--good", "pylock.broken.toml", "--bad", "new.txt", *R),
            "pylock.broken.toml: not TOML",
            "",
        ),
        (
            ("blame", "--good", "pylock.other.toml", "--bad", "new.txt", *R),
            "pylock.other.toml",
            "",
        ),
        (
            ("blame", "--good", "lock.json", "--bad", "new.txt", *R),
            "lock.json is no list of releases",
            "requirements file",
        ),
        (("blame", "--good", "binary.txt", "--bad", "new.txt", *R), "binary.txt: not UTF-8", ""),
        # dates
        (
            (*BLAME, "--good", "2999-01-01", "--bad", "today", *R),
            "2999-01-01 is in the future",
            "for the newest releases say today",
        ),
        (
            (*BLAME, "--good", "2024-02-30", "--bad", "today", *R),
            "'2024-02-30' is not a date such as",
            "",
        ),
        (
            (*BLAME, "--good", "2025-02-01", "--bad", "2025-01-01", *R),
            "--good 2025-02-01 is not before --bad 2025-01-01",
            "comes first",
        ),
        (
            ("blame", "--good", "2025-01-01", "--bad", "today", *R),
            "the study requires nothing of it",
            "--require",
        ),
        (
            (*BLAME, "--good", "2025-01-01", "--bad", "today", *R),
            "does not say when any release of lib was uploaded",
            "upload times",
        ),
        (
            ("blame", "--require", "nolib", "--good", "2025-01-01", "--bad", "today", *R),
            "no index has a project 'nolib'",
            "spelling",
        ),
    ],
)
def test_a_wrong_request_is_refused_with_words_a_remedy_and_code_2(versect, words, said, remedy):
    status, out, err = versect(*words)
    assert (status, out) == (2, ""), err
    assert said in err
    assert not remedy or remedy in err.partition(said)[2]


def test_a_good_end_that_fails_is_named_with_its_failure_and_a_way_out(versect):
    status, out, err = versect(*BISECT, "--good", "1.6", "--bad", "1.7", *R)
    assert status == 11
    assert out.splitlines()[:2] == [
        "lib 1.6 was said to be one that passes, and fails: lib fails 1.6-1.7",
        "  lib 1.6: ✗ failed: AssertionError: the answer is 41",
    ]
    assert "hint: leave --good away: a passing release is then searched for backwards" in err


def test_a_bad_end_that_passes_is_named_and_a_scan_is_offered(versect):
    status, out, err = versect(*BISECT, "--good", "1.0", "--bad", "1.3", *R)
    assert status == 10
    assert out.startswith("lib 1.3 was said to be one that fails, and passes: lib passes 1.0-1.3\n")
    assert "--scan" in err


def test_ends_that_stand_the_wrong_way_round_are_told_by_their_answers(versect):
    status, out, err = versect(
        *BISECT, "--good", "1.0", "--bad", "1.7", "--", "python", "mended.py"
    )  # fmt: skip
    assert status == 11
    assert "lib 1.0 was said to be one that passes, and fails" in out
    assert "lib 1.7 was said to be one that fails, and passes" in out
    assert "hint: the ends stand the other way round: add --find-fix" in err


def test_for_a_fix_each_end_is_called_by_its_own_name(versect):
    turned = ("--find-fix", "--bad", "1.0", "--good", "1.7")
    status, out, err = versect(*BISECT, *turned, *R)
    assert status == 10
    assert "lib 1.0 was said to be one that fails, and passes" in out
    assert "the ends stand the other way round: leave --find-fix away" in err
    status, out, err = versect(*BISECT, "--find-fix", "--bad", "1.5", "--good", "1.7", *R)
    assert status == 11
    assert "lib 1.7 was said to be one that passes, and fails" in out
    assert "leave --good away" in err
    status, out, err = versect(*BISECT, "--find-fix", "--bad", "1.2", "--good", "1.3", *R)
    assert status == 10
    assert "lib 1.2 was said to be one that fails, and passes" in out
    assert "leave --bad away" in err


def test_the_release_that_mended_it_is_found(versect):
    status, out, _ = versect(*BISECT, "--find-fix", "--", "python", "mended.py")
    assert status == 0
    assert out.startswith("lib 1.5 is the first release that passes; lib 1.4 fails\n")


def test_what_passes_everywhere_says_what_was_asked_and_offers_a_scan(versect):
    status, out, err = versect(*BISECT, "--", "python", "fine.py")
    assert status == 10
    assert re.match(r"none of the \d+ releases asked fails: lib ", out)
    assert "lib passes 1.0-1.7" in out
    assert "--scan" in err


def test_what_fails_everywhere_shows_the_failure_since_it_may_be_another_one(versect):
    status, out, err = versect(*BISECT, "--", "python", "-m", "nomodule")
    assert status == 11
    assert out.startswith("none of the 8 releases asked passes: lib fails ")
    assert "No module named nomodule" in out
    assert "versect blame" in err


def test_a_project_that_is_never_imported_is_said_to_play_no_part(versect):
    status, out, _ = versect("bisect", "--project", "dep", "--require", "lib", *R)
    assert status == 11
    assert "dep was installed and never imported" in out


def test_a_program_that_is_not_there_at_some_releases_is_not_the_failure(versect):
    status, out, err = versect(*BISECT, "--", "libtool")
    assert status == 12, out
    assert "first release that fails" not in out
    assert out.startswith("the failure was not seen where it could be decided: ")
    assert "lib passes 1.0-1.4, cannot be decided 1.5-1.7" in out
    assert "unresolved, not-started" in err
    document = json.loads(versect(*BISECT, "--json", "--", "libtool")[1])
    assert document["verdict"] == "inconclusive"
    assert (document["before"], document["after"], document["suspects"]) == (None, None, [])


def test_json_is_the_only_thing_on_standard_output(versect):
    for words in (
        (*BISECT, "--json", *R),
        (*BISECT, "--json", "--good", "1.6", "--bad", "1.7", *R),
        ("explain", "--project", "lib", "--json", *R),
        ("blame", "--good", "old.txt", "--bad", "new.txt", "--json", *R),
    ):
        _, out, _ = versect(*words)
        assert json.loads(out)["schema_version"] == 1


def test_a_dry_run_makes_no_trial_and_says_what_is_known(versect, place):
    record = place[0] / "results" / "fresh" / "trials.jsonl"
    named = ("--name", "fresh")
    status, out, _ = versect(*BISECT, *named, "--dry-run", *R)
    assert status == 0
    assert out.startswith("lib: 8 releases, 1.0 to 1.7\nknown: 0 of them\ntrials: at most ")
    assert versect("explain", "--project", "lib", *named, "--dry-run", *R)[0] == 0
    assert not record.exists()
    assert versect(*BISECT, *named, *R)[0] == 0
    status, out, _ = versect(*BISECT, *named, "--dry-run", *R)
    assert "trials: at most 0, 0.0 on average" in out


def test_sides_that_are_not_as_said_are_told_with_their_failure(versect):
    status, out, err = versect("blame", "--good", "new.txt", "--bad", "old.txt", *R)
    assert status == 11
    assert "the side that should pass fails: ✗ failed: AssertionError: the answer is 41" in out
    assert "hint: name a side that passes" in err
    fine = ("--", "python", "fine.py")
    status, out, err = versect("blame", "--good", "old.txt", "--bad", "new.txt", *fine)
    assert status == 10
    assert "the side that should fail passes" in out
    assert "the interpreter, the platform or the data" in err


def test_a_side_that_cannot_be_had_as_it_says_is_no_evidence(versect):
    status, out, _ = versect("blame", "--good", "gone.txt", "--bad", "new.txt", *R)
    assert status == 12
    assert "gone.txt cannot be had as it says: lib 1.99 -> 1.7" in out
    status, out, _ = versect("blame", "--good", "old.txt", "--bad", "gone.txt", *R)
    assert status == 12
    assert "the failing side ? unresolved, unsatisfiable: " in out


def test_a_date_on_which_nothing_was_there_is_told(versect, place, monkeypatch, tmp_path):
    files = tmp_path / "files"
    shutil.copytree(place[2], files)
    uploaded = {
        f"lib-1.{minor}-py3-none-any.whl": f"2025-03-0{minor + 1}T00:00:00Z" for minor in range(8)
    }
    index_pages(files, uploaded=uploaded)
    with served(files) as server:
        monkeypatch.setenv("UV_DEFAULT_INDEX", server.url)
        early = (*BLAME, "--name", "days", "--good", "2024-01-01", "--bad", "2024-03-01", *R)
        status, out, err = versect(*early)
        assert status == 12
        assert "none of the 8 days asked can be decided" in out
        day = (*BLAME, "--name", "days", "--good", "2025-03-02", "--bad", "2025-03-08", *R)
        status, out, err = versect(*day)
        late = (*BLAME, "--name", "days", "--good", "2025-03-07", "--bad", "2025-03-08", *R)
        assert "hint: name an earlier date with --good" in versect(*late)[2]
    assert status == 0, err
    assert "2025-03-06 is the first day that fails; 2025-03-05 passes" in out
    assert "lib 1.4 -> 1.5: of 1 difference this one brings the failure" in out


def test_an_index_that_does_not_answer_is_code_3(versect, monkeypatch, tmp_path):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("VERSECT_CACHE", str(tmp_path))
    status, out, err = versect(*BISECT, *R)
    assert (status, out) == (3, "")
    assert "127.0.0.1:9" in err


def test_results_that_cannot_be_written_are_code_7(versect, tmp_path):
    (tmp_path / "results").write_text("")
    status, out, err = versect(*BISECT, "--results", str(tmp_path / "results"), *R)
    assert (status, out) == (7, "")
    assert "hint: " in err


def test_too_few_trials_are_said_to_be_too_few(versect):
    status, out, err = versect(*BISECT, "--flaky", "--budget", "3", *R)
    assert status == 12, err
    assert "3 trials are too few to tell: " in out
    assert "hint: the same command with a larger --budget goes on from here" in out + err


def test_a_dry_run_under_noise_says_what_failures_that_are_rarer_cost(versect):
    status, out, _ = versect(*BISECT, "--flaky", "--budget", "200", "--dry-run", *R)
    assert status == 0
    assert "trials: at most 200 (--budget); a search asks about " in out
    costs = [int(found) for found in re.findall(r"about (\d+) trials each where", out)]
    assert costs == sorted(costs)
    assert len(costs) == 4


@pytest.mark.parametrize("more", [(), ("--project", "dep")], ids=["series", "region"])
def test_a_release_picked_for_the_project_searched_must_exist(versect, more):
    picked = ("--axis", "lib=1.9,1.3")
    status, _, err = versect(*BISECT, *more, *picked, "--dry-run", *R)
    assert (status, "lib has no release 1.9" in err) == (2, True)
    assert "versect releases lib" in err
