"""``versect releases`` over an index made on the spot, and over the real one."""

import json

import pytest

from tests.support.indexes import Answer, answering, page
from versect.cli.main import run

FILES = page(
    "thing-1.0-py3-none-any.whl",
    "thing-1.1-cp311-cp311-manylinux_2_17_x86_64.whl",
    "thing-1.2-cp311-cp311-manylinux_2_17_x86_64.whl",
    "thing-2.0rc1-py3-none-any.whl",
    "thing-2.0.tar.gz",
)
LINUX = ("--platform", "x86_64-manylinux_2_28")


@pytest.fixture
def versect(tmp_path, monkeypatch, capsys):
    """Give the command line with an index of one page; returns status, stdout, stderr."""
    for name in ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VERSECT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with answering(Answer(FILES, only="/simple/thing/")) as server:
        monkeypatch.setenv("UV_DEFAULT_INDEX", server.url)

        def call(*arguments):
            status = run(["releases", *arguments])
            said = capsys.readouterr()
            return status, said.out, said.err

        yield call


def test_series_that_are_equal_are_shown_once_with_all_their_interpreters(versect):
    status, out, err = versect("thing", *LINUX)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "thing on Python 3.11: 3 releases",
        "  1.0",
        "  1.1",
        "  1.2",
        "  1 dropped, pre-release: 2.0rc1",
        "  1 dropped, no wheel for this platform (only a source archive): 2.0",
        "thing on Python 3.12, 3.13: 1 release",
        "  1.0",
        "  1 dropped, pre-release: 2.0rc1",
        "  2 dropped, no wheel for this platform (only other wheels): 1.1, 1.2",
        "  1 dropped, no wheel for this platform (only a source archive): 2.0",
    ]


def test_what_thinning_leaves_out_is_told(versect):
    _, out, _ = versect("thing", "<2", "--python", "3.11", "--limit", "2", *LINUX)
    assert "  1 thinned out: 1.1\n" in out


def test_versions_may_be_named(versect):
    _, out, _ = versect("thing", "1.0,2.0rc1", "--python", "3.11", *LINUX)
    assert out.splitlines() == [
        "thing on Python 3.11: 2 releases",
        "  1.0",
        "  2.0rc1                       pre-release",
    ]


def test_json_has_a_schema_version_and_every_reason(versect):
    status, out, err = versect("thing", "--json", "--pre", "--python", "3.12", *LINUX)
    document = json.loads(out)
    assert (status, err, document["schema_version"]) == (0, "", 1)
    (series,) = document["series"]
    assert [one["version"] for one in series["releases"]] == ["1.0", "2.0rc1"]
    assert {(one["version"], one["reason"]) for one in series["dropped"]} == {
        ("1.1", "no wheel for this platform"),
        ("1.2", "no wheel for this platform"),
        ("2.0", "no wheel for this platform"),
    }


def test_a_range_that_admits_nothing_is_told(versect):
    status, out, _ = versect("thing", ">=99", "--python", "3.12")
    assert status == 0
    assert "no release in this range" in out


def test_extras_are_no_part_of_the_name(versect):
    assert versect("Thing[extra]", "1.0", *LINUX)[0] == 0


def test_indexes_are_told_when_asked_for(versect):
    _, out, err = versect("thing", "1.0", "-v", *LINUX)
    assert err.startswith("index http://127.0.0.1:")
    assert "(UV_DEFAULT_INDEX)" in err
    assert "index" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("thing", "9.9"), "thing has no release 9.9\nhint: next to 9.9 it has 2.0rc1, 2.0\n"),
        (("thing", "quite wrong"), "neither a version nor a specifier"),
        (("no-such-thing",), "no index has a project 'no-such-thing'"),
        (("thing", "--platform", "amiga"), "--platform: amiga is not of the form"),
        (("thing", "--cut-off", "someday"), "cut-off"),
        (("thing", "--python", "three"), "python"),
        (("thing", "--limit", "0"), "--limit"),
        (("no such [thing",), "projects"),
    ],
)
def test_a_wrong_request_is_explained(versect, arguments, words):
    status, out, err = versect(*arguments)
    assert (status, out) == (2, "")
    assert words in err


def test_offline_with_nothing_cached_is_explained(versect):
    status, out, err = versect("thing", "--offline")
    assert (status, out) == (3, "")
    assert "offline" in err


def test_offline_shows_what_was_seen_before(versect):
    _, before, _ = versect("thing", *LINUX)
    assert versect("thing", "--offline", *LINUX) == (0, before, "")


@pytest.mark.online
def test_the_real_index_knows_what_was_yanked(tmp_path, capsys):
    arguments = ["anyio", ">=4.5.2,<4.7", "--cache", str(tmp_path), "--json"]
    assert run(["releases", *arguments]) == 0
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert {"4.5.2", "4.6.0", "4.6.2.post1"} <= {one["version"] for one in series["releases"]}
    yanked = {one["version"]: one["reason"] for one in series["dropped"]}
    assert yanked["4.6.2"] == "yanked"


@pytest.mark.online
def test_the_real_index_knows_when_releases_appeared(tmp_path, capsys):
    arguments = ["openai", ">=1.3.7,<2", "--every", "minor-latest", "--limit", "5", "--json"]
    assert run(["releases", *arguments, "--cache", str(tmp_path)]) == 0
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert series["pythons"] == ["3.11", "3.12", "3.13"]
    versions = [one["version"] for one in series["releases"]]
    assert (len(versions), versions[0], versions[-1]) == (5, "1.3.9", "1.109.1")
    moments = [one["uploaded"] for one in series["releases"]]
    assert all(moments)
    assert moments == sorted(moments)
