"""``versect doctor`` as a person types it."""

import json

import pytest

from versect.cli.main import run


@pytest.fixture
def doctor(tmp_path, monkeypatch, capsys):
    """Give the command without any engine; returns status, stdout, stderr."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("VERSECT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VERSECT_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        status = run(["doctor", "--offline", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_a_machine_without_an_engine_runs_cells_locally(doctor, tmp_path):
    status, out, err = doctor()
    assert (status, err) == (0, "")
    assert "missing  docker        not installed" in out
    assert "$ " in out
    assert out.splitlines()[-1] == "versect can run here, on the engine local"
    assert not (tmp_path / "results").exists()


def test_json_has_a_schema_version_and_every_topic(doctor):
    status, out, _ = doctor("--json")
    document = json.loads(out)
    assert (status, document["schema_version"], document["can_run"]) == (0, 1, True)
    assert [one["topic"] for one in document["findings"]] == [
        *("interpreters", "docker", "podman", "images", "uv", "index", "cache", "results"),
        "clock",
    ]


def test_where_nothing_can_run_the_code_says_why(doctor, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VERSECT_CACHE", str(tmp_path / "file" / "cache"))
    status, out, _ = doctor()
    assert status == 7
    assert out.splitlines()[-1].startswith("versect cannot run anything here")


@pytest.mark.docker
def test_an_engine_is_tried_with_one_container(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(["doctor", "--json"])
    document = json.loads(capsys.readouterr().out)
    docker = next(one for one in document["findings"] if one["topic"] == "docker")
    assert docker["state"] in {"ok", "note"}
    assert docker["facts"]["network_none_seen"] in {True, None}
