"""A pull request that bumps dependencies: real locks, real uv, real containers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.published import validator
from tests.support.wheels import index_pages, make_wheel, served

pytestmark = pytest.mark.timeout(600)

PROGRAM = str(Path(sys.executable).with_name("versect"))
PYTHON = f"3.{sys.version_info.minor}"
ENGINES = ["local", pytest.param("docker", marks=pytest.mark.docker)]

STUDY = f"""\
name = "sums"
reproduction = "repro.py"
python = ["{PYTHON}"]
requires = ["helper==1.0"]

[projects.planted]
versions = ">=1"

[parameters]
size = [0, 1, 2]

[[exclude]]
size = [0]
planted = ">=1.2"
"""
REPRODUCTION = """\
import os, planted

size = int(os.environ["VERSECT_SIZE"])
found = planted.total([1] * size)
if size == 2:
    assert found == size, f"the total is off by {found - size}"
"""
CODE = "def total(numbers):\n    return sum(numbers) + {off}\n"
LOCKS = {
    "old.txt": ("planted==1.1", "helper==1.0", "idle==1.0"),
    "new.txt": ("planted==1.5", "helper==2.0", "idle==2.0", "added==1.0"),
    "fine.txt": ("planted==1.2", "helper==2.0", "idle==2.0"),
    "newer.txt": ("planted==1.6", "helper==1.0", "idle==1.0"),
    "reordered.txt": ("idle==1.0", "helper==1.0", "planted==1.1"),
    "gone.txt": ("planted==1.99", "helper==1.0", "idle==1.0"),
    "loose.txt": ("planted>=1",),
}
"""``planted`` is off by one from 1.3 on."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Make the index, the study and the locks."""
    folder = tmp_path_factory.mktemp("changed")
    files, work = folder / "files", folder / "work"
    work.mkdir()
    for minor in range(7):
        make_wheel(
            files, "planted", f"1.{minor}", files={"planted.py": CODE.format(off=int(minor > 2))}
        )
    for name in ("helper", "idle", "added"):
        for version in ("1.0", "2.0"):
            make_wheel(files, name, version)
    index_pages(files)
    (work / "study.toml").write_text(STUDY)
    (work / "repro.py").write_text(REPRODUCTION)
    (work / "locks").mkdir()
    for name, lines in LOCKS.items():
        (work / "locks" / name).write_text("\n".join(lines) + "\n")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "VERSECT_C"))}
    with served(files, cache="no-cache") as server:
        environment = {
            **kept,
            "PIP_CONFIG_FILE": os.devnull,
            "XDG_CONFIG_HOME": str(folder / "no-settings"),
            "UV_CACHE_DIR": str(folder / "uv"),
            "UV_DEFAULT_INDEX": server.url,
            "VERSECT_CACHE": str(folder / "cache"),
        }
        yield SimpleNamespace(work=work, environment=environment)


@pytest.fixture
def changed(place, request):
    """Give ``versect check --changed`` there: the finished process and what was written."""
    engine = getattr(request, "param", "local")

    def call(old, new, *words, status, study="study.toml", **changes):
        done = subprocess.run(
            [PROGRAM, "check", study, "--changed", f"locks/{old}", f"locks/{new}", *words],
            cwd=place.work,
            env={**place.environment, "VERSECT_ENGINE": engine, **changes},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        path = place.work / "results" / "sums" / "changed.json"
        told = json.loads(path.read_text()) if path.exists() else None
        if told is not None:
            validator("changed").validate(told)
        return done, told

    return call


@pytest.mark.parametrize("changed", ENGINES, indirect=True)
def test_the_bump_that_breaks_is_found_with_its_first_failing_release(changed, place):
    done, told = changed("old.txt", "new.txt", status=20)
    assert told["verdict"] == "regression"
    assert told["headline"] == "sums: planted 1.1 -> 1.5 breaks it"
    assert {one["project"] for one in told["bumps"]} == {"added", "helper", "idle", "planted"}
    assert [(one["cell"][-6:], one["effect"]) for one in told["cells"]] == [
        ("size=1", "passes-with-both"),
        ("size=2", "broke"),
    ]
    (one,) = told["broken"]
    assert one["culprits"] == [{"project": "planted", "old": "1.1", "new": "1.5"}]
    assert [(s["verdict"], s["suspects"]) for s in one["series"]] == [("found", ["1.3"])]
    comment = (place.work / "results" / "sums" / "changed.md").read_text()
    assert done.stdout == comment
    assert comment.startswith(f"<!-- {told['identity']} -->\n## sums: planted 1.1 -&gt; 1.5 breaks")
    assert "planted 1.3 is the first release that fails" in comment


def test_the_comment_keeps_its_identity_and_nothing_is_tried_twice(changed):
    _, first = changed("old.txt", "new.txt", status=20)
    done, again = changed("old.txt", "new.txt", "--json", status=20)
    assert json.loads(done.stdout) == again
    assert (again["identity"], again["trials"]) == (first["identity"], 0)
    _, fine = changed("old.txt", "fine.txt", status=0)
    assert fine["identity"] == first["identity"]


@pytest.mark.parametrize(
    ("old", "new", "status", "says"),
    [
        ("old.txt", "reordered.txt", 0, "both locks install the same releases"),
        ("old.txt", "fine.txt", 0, "passes with both locks"),
        ("newer.txt", "old.txt", 0, "breaks nothing"),
        ("old.txt", "gone.txt", 21, "some cells could not"),
    ],
)
def test_what_breaks_nothing_is_told_too(changed, old, new, status, says):
    done, told = changed(old, new, status=status)
    assert says in told["headline"]
    assert told["broken"] == []
    assert says in done.stdout


def test_what_fails_with_both_locks_is_no_regression(changed):
    done, told = changed("new.txt", "newer.txt", "--axis", "size=2", status=0)
    assert [one["effect"] for one in told["cells"]] == ["fails-with-both"]
    assert "fails with the old lock too" in told["headline"]
    assert "off by 1" in done.stdout


def test_what_breaks_in_another_way_than_the_study_seeks_is_searched_too(changed):
    _, told = changed("old.txt", "new.txt", "--exception", "KeyError", status=20)
    (one,) = told["broken"]
    assert "AssertionError" in one["signature"]
    assert [change["project"] for change in one["culprits"]] == ["planted"]


def test_a_spent_budget_is_said(changed):
    done, told = changed("old.txt", "newer.txt", "--budget", "0", status=20)
    assert "the budget is spent" in done.stdout
    assert told["broken"][0]["culprits"] == []


def test_what_fails_by_chance_is_kept_apart(changed, place):
    place.work.joinpath("chance").mkdir()
    place.work.joinpath("chance", "chance.py").write_text(f"""\
import importlib.metadata, pathlib

seen = pathlib.Path({str(place.work.parent)!r}, "seen")
if importlib.metadata.version("planted") == "1.2" and not seen.exists():
    seen.touch()
    raise SystemExit(1)
""")
    study = place.work / "chance" / "study.toml"
    study.write_text(
        f'name = "sums"\nreproduction = "chance.py"\n'
        f'python = ["{PYTHON}"]\nrequires = ["planted"]\n'
    )
    _, told = changed("old.txt", "fine.txt", status=21, study="chance/study.toml")
    assert [one["effect"] for one in told["cells"]] == ["flaky"]


def test_without_an_index_nothing_is_told(changed, place):
    _, told = changed(
        "old.txt", "new.txt", status=22, VERSECT_CACHE=str(place.work.parent / "empty"),
        UV_DEFAULT_INDEX="http://127.0.0.1:9/simple",
    )  # fmt: skip
    assert told["verdict"] == "infrastructure"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("old.txt", "absent.txt", "cannot read"),
        ("old.txt", "loose.txt", "loose.txt"),
        ("old.txt", "../2026-01-01", "cannot read"),
    ],
)
def test_what_is_no_lock_is_refused(changed, old, new, says):
    done, _ = changed(old, new, status=2)
    assert says in done.stderr


def test_the_table_of_the_study_is_untouched(changed, place):
    changed("old.txt", "new.txt", status=20)
    stored = json.loads((place.work / "results" / "sums" / "study.json").read_text())
    assert stored["table"]["projects"] == {"planted": {"versions": ">=1"}}
