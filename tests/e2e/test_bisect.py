"""The way a user goes from "it broke" to the lines, over a small index with planted culprits."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.wheels import index_pages, make_wheel, served

pytestmark = pytest.mark.timeout(600)

PROGRAM = str(Path(sys.executable).with_name("versect"))
PYTHON = f"3.{sys.version_info.minor}"

# planted 1.7 brings the fault, among changes that have nothing to do with it; from 1.15 on it looks
# different. 1.3 is for no Python of today, 1.13 has no wheel for this platform, 1.8 was withdrawn,
# and 1.6 requires what nobody has.

CORE = '''\
"""{title}"""

LIMIT = 10


def double(number):
    return 2 * number


def halve(number):
    return number / 2


def total(numbers):
    result = {start}
    for number in numbers:
        result += number
    return result


def largest(numbers):
    return max(numbers{default})
'''
REPRODUCTIONS = {
    "repro.py": "import planted\n\nfound = planted.total([1, 2])\n"
    "assert found == 3, f'total is {found}'\n",
    "uses_parent.py": "import parent\n\nparent.work()\n",
    "uses_window.py": "import window\n\nassert window.FINE\n",
    "region.py": "import left, right\n\nassert left.MINOR >= 4 or right.MINOR < 3, 'clash'\n",
    "slow.py": "import time\n\ntime.sleep(0.4)\nimport planted\n\nassert planted.total([1]) == 1\n",
    "uses_murky.py": "import murky\n\nassert murky.FINE\n",
}
RECORD = "trials.jsonl"


def planted(minor):
    """Give the files of a release of ``planted``."""
    broken = minor >= 7
    start = 0 if not broken else "[]" if minor >= 15 else 1
    core = CORE.format(
        title="Numbers." if broken else "Arithmetic.",
        start=start,
        default=", default=0" if broken else "",
    )
    files = {
        "planted/__init__.py": f"from planted.core import total\n\nVERSION = '1.{minor}'\n",
        "planted/core.py": core,
        "planted/names.py": f"AUTHOR = 'somebody {minor}'\n",
        "planted/data.bin": bytes(range(128, 140 + minor)),
    }
    return files | ({"planted/extra.py": "MORE = True\n"} if broken else {})


def publish(folder):
    """Make the files of the index; give when each was uploaded and what was withdrawn."""
    uploaded, yanked = {}, {}

    def add(name, version, day, **options):
        path = make_wheel(folder, name, version, **options)
        moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)
        uploaded[path.name] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        return path.name

    for minor in range(20):
        options = {3: {"requires_python": "<3.9"}, 13: {"tag": "cp39-cp39-win_amd64"}}
        broken = {"requires": ["absent>=1"]} if minor == 10 else {}
        name = add(
            "planted", f"1.{minor}", minor,
            files=planted(minor), **options.get(minor, {}), **broken,
        )  # fmt: skip
        if minor == 8:
            yanked[name] = "it was wrong"
        fine = minor not in (8, 9)
        add("window", f"1.{minor}", minor, files={"window.py": f"FINE = {fine}\n"})
    for minor in range(10):
        uses = "import child\n\n\ndef work():\n    assert child.VERSION != '2.0', 'child is new'\n"
        add("parent", f"1.{minor}", 10 * minor, files={"parent.py": uses}, requires=["child"])
        more = {"requires": ["absent>=1"]} if minor in (5, 6) else {}
        add("murky", f"1.{minor}", minor, files={"murky.py": f"FINE = {minor < 6}\n"}, **more)
    for version, day in (("1.0", 0), ("1.1", 25), ("2.0", 55)):
        add("child", version, day)
    for name in ("left", "right"):
        for minor in range(8):
            add(name, f"1.{minor}", minor, files={f"{name}.py": f"MINOR = {minor}\n"})
    for version in ("1.0", "1.1"):
        add("other", version, 1)
    return uploaded, yanked


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def user(request, tmp_path_factory):
    """Give somebody with an index, a folder of reproductions and an engine; trials are kept."""
    folder = tmp_path_factory.mktemp(request.param)
    files, work = folder / "files", folder / "work"
    uploaded, yanked = publish(files)
    index_pages(
        files,
        uploaded=uploaded,
        yanked=yanked,
        requires_python={"planted-1.3-py3-none-any.whl": "<3.9"},
    )
    work.mkdir()
    for name, content in REPRODUCTIONS.items():
        (work / name).write_text(content)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "VERSECT_C"))}
    with served(files) as server:
        environment = {
            **kept,
            "PIP_CONFIG_FILE": os.devnull,
            "XDG_CONFIG_HOME": str(folder / "no-settings"),
            "UV_CACHE_DIR": str(folder / "uv"),
            "UV_DEFAULT_INDEX": server.url,
            "VERSECT_ENGINE": request.param,
            "VERSECT_CACHE": str(folder / "cache"),
        }

        def versect(*words):
            return subprocess.run(
                [PROGRAM, *words], cwd=work, env=environment, capture_output=True, text=True,
                timeout=280, check=False,
            )  # fmt: skip

        yield SimpleNamespace(
            versect=versect, work=work, environment=environment, engine=request.param
        )


def call(*words, script):
    """Give the words of a command line on the interpreter that runs the tests."""
    return (*words, "--python", PYTHON, "--", "python", script)


def results(user, study, *path):
    return user.work.joinpath("results", study, *path)


def verdict(user, study, axis):
    return json.loads(results(user, study, "bisect", axis, "verdict.json").read_text())


def probes(user, study):
    """Give every question of a record, in the order answered."""
    lines = results(user, study, RECORD).read_text().splitlines()[1:]
    return [json.dumps(json.loads(line)["probe"], sort_keys=True) for line in lines]


@pytest.fixture(scope="module")
def bisected(user):
    """Bisect ``planted`` once for all that looks at the verdict."""
    done = user.versect(*call("bisect", "--project", "planted", script="repro.py"))
    assert done.returncode == 0, done.stderr
    return done


def test_the_first_failing_release_is_named_with_its_day(bisected):
    assert bisected.stdout.splitlines()[:2] == [
        "planted 1.7 is the first release that fails; planted 1.6 passes",
        "  planted 1.7 was published on 2025-01-08",
    ]


def test_what_is_left_out_and_where_the_failure_looks_different_is_said(bisected):
    assert "the failure looks different from planted 1.15 on" in bisected.stdout
    assert "total is 4" in bisected.stdout
    left_out = bisected.stdout.partition("left out of the series: ")[2].partition("\n")[0]
    assert sorted(left_out.split(", ")) == [
        "1 no wheel for this platform",
        "1 requires-python",
        "1 yanked",
    ]


def test_the_verdict_is_kept_in_both_formats_with_both_locks(user, bisected):
    found = verdict(user, "repro", "planted")
    assert (found["verdict"], found["exit_code"], found["suspects"]) == ("found", 0, ["1.7"])
    assert found["before"]["packages"] == {"planted": "1.6"}
    assert found["after"]["packages"] == {"planted": "1.7"}
    assert found["after"]["engine"] == user.engine
    assert found["confirmed"] == 1
    assert len(found["series"]["releases"]) == 17
    folder = results(user, "repro", "bisect", "planted")
    for name, version in (("last-passing", "1.6"), ("first-failing", "1.7")):
        lock = (folder / f"pylock.{name}.toml").read_text()
        assert f'version = "{version}"' in lock
        assert "sha256" in lock
    text = (folder / "verdict.md").read_text()
    assert text.startswith("# planted 1.7 is the first release that fails; planted 1.6 passes\n")
    for side in ("before", "after"):
        assert f"versect reproduce repro {found[side]['cell']} --run" in text
    assert len(found["steps"]) == len({(s["cell"], s["repeat"]) for s in found["steps"]})


def test_no_question_is_asked_twice(user, bisected):
    asked = probes(user, "repro")
    assert len(asked) == len(set(asked))


def test_both_sides_can_be_repeated(user, bisected):
    found = verdict(user, "repro", "planted")
    for side, said in (("before", "passed"), ("after", "failed")):
        done = user.versect("reproduce", found[side]["cell"], "--run")
        assert done.returncode == 0, done.stderr
        assert f"{said} (rule " in done.stderr
        assert ("total is 4" in done.stderr) == (side == "after")
        by_hand = subprocess.run(
            found[side]["command"], capture_output=True, text=True, check=False, timeout=100
        )
        assert by_hand.returncode == (side == "after"), by_hand.stderr


def test_a_second_run_makes_no_trial(user, bisected):
    record = results(user, "repro", RECORD)
    before = record.read_bytes()
    done = user.versect(*call("bisect", "--project", "planted", "-j", "2", script="repro.py"))
    assert (done.returncode, done.stdout) == (0, bisected.stdout), done.stderr
    assert record.read_bytes() == before


def test_the_trials_of_a_matrix_serve_a_bisection(user, bisected):
    axis = ("--axis", "planted=>=1.5,<1.10")
    done = user.versect(*call("run", *axis, script="repro.py"))
    assert done.returncode == 0, done.stderr
    asked = len(probes(user, "repro"))
    ends = ("--good", "1.5", "--bad", "1.9")
    again = user.versect(*call("bisect", "--project", "planted", *ends, script="repro.py"))
    assert again.returncode == 0, again.stderr
    assert len(probes(user, "repro")) == asked


def test_the_planted_lines_are_found_among_the_changes_of_the_release(user, bisected):
    done = user.versect(*call("explain", "--project", "planted", script="repro.py"))
    assert done.returncode == 0, done.stderr
    found = json.loads(results(user, "repro", "bisect", "planted", "explanation.json").read_text())
    assert found["changes"] >= 6
    assert (found["explained"], found["proven"]) == (True, True)
    (only,) = found["minimal"]
    assert (only["file"], only["kind"], only["new"]) == ("planted/core.py", "edited", [15, 15])
    assert found["diff"] == (
        "--- planted-1.6/planted/core.py\n"
        "+++ planted-1.7/planted/core.py\n"
        "@@ -12,7 +12,7 @@\n"
        " \n"
        " \n"
        " def total(numbers):\n"
        "-    result = 0\n"
        "+    result = 1\n"
        "     for number in numbers:\n"
        "         result += number\n"
        "     return result\n"
    )
    assert f"1 of {found['changes']} changes from planted 1.6 to 1.7 brings" in done.stdout
    assert "planted/core.py:15" in done.stdout
    assert found["diff"] in done.stdout


def test_releases_that_cannot_be_installed_at_the_boundary_are_suspects(user):
    done = user.versect(*call("bisect", "--project", "murky", script="uses_murky.py"))
    assert done.returncode == 13, done.stderr
    assert done.stdout.startswith("3 suspects: murky 1.5, 1.6, 1.7; 1.4 passes, 1.7 fails")
    assert "murky 1.5: ? unresolved, unsatisfiable: Because absent was not found" in done.stdout
    assert verdict(user, "uses_murky", "murky")["suspects"] == ["1.5", "1.6", "1.7"]


@pytest.fixture(scope="module")
def parent(user):
    """Bisect ``parent``, whose dependency is the culprit."""
    return user.versect(*call("bisect", "--project", "parent", script="uses_parent.py"))


def test_a_dependency_that_came_with_the_release_is_told_from_it(parent):
    assert parent.returncode == 0, parent.stderr
    lines = parent.stdout.splitlines()
    assert lines[0] == "parent 1.6 is the first release that fails; parent 1.5 passes"
    assert "  the two sides also differ in child 1.1 -> 2.0" in lines
    assert "  with parent 1.5 -> 1.6 alone, it passes: this does not suffice" in lines
    assert "  child 1.1 -> 2.0 suffices: it fails with parent as on the other side, too" in lines


def test_blame_names_the_dependency_and_not_what_asks_for_it(user, parent):
    locks = results(user, "uses_parent", "bisect", "parent")
    sides = (
        *("--good", str(locks / "pylock.last-passing.toml")),
        *("--bad", str(locks / "pylock.first-failing.toml")),
    )
    done = user.versect(*call("blame", *sides, script="uses_parent.py"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "child 1.1 -> 2.0: of 2 differences this one brings the failure",
        "  child 2.0 is the first release that fails; child 1.1 passes",
    ]
    found = json.loads(results(user, "uses_parent", "bisect", "blame", "blame.json").read_text())
    assert [row["project"] for row in found["guilty"]] == ["child"]
    assert found["proven"]


def test_with_dates_the_day_is_found_and_then_the_release(user):
    dates = ("--good", "2025-01-15", "--bad", "2025-06-01", "--require", "parent")
    done = user.versect(*call("blame", "--name", "days", *dates, script="uses_parent.py"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "2025-02-25 is the first day that fails; 2025-02-24 passes"
    assert "child 1.1 -> 2.0: of 1 difference this one brings the failure" in lines


def test_a_window_is_found_by_a_scan_with_both_edges(user):
    words = ("bisect", "--project", "window", "--scan")
    done = user.versect(*call(*words, script="uses_window.py"))
    assert done.returncode == 14, done.stderr
    first = done.stdout.splitlines()[0]
    assert first == (
        "the failure comes and goes: window fails from 1.8 on (1.7 passes); "
        "window passes from 1.10 on (1.9 fails)"
    )
    found = verdict(user, "uses_window", "window")
    assert [t["first"] for t in found["transitions"]] == ["1.8", "1.10"]


def test_two_projects_that_fail_together_are_a_constraint_to_paste(user):
    both = ("--project", "left", "--project", "right")
    done = user.versect(*call("bisect", *both, script="region.py"))
    assert done.returncode == 0, done.stderr
    assert "fails with left<1.4 and right>=1.3" in done.stdout
    found = verdict(user, "region", "left+right")
    assert found["constraint"] == "left<1.4 and right>=1.3"
    assert set(found["safe_pins"]) == {"left>=1.4", "right<1.3"}
    assert found["trials"]["asked"] < 64 / 2


def test_a_region_whose_projects_only_carry_the_culprit_along_says_so(user):
    wanted = ("--project", "left", "--project", "right", "--good", "left=1.0,right=1.0")
    done = user.versect(
        *call("bisect", *wanted, "--name", "carried", "--require", "planted", script="repro.py")
    )
    assert "the two sides of the edge also differ in planted 1.6 -> 1.7" in done.stdout, done.stderr
    assert "left was installed and never imported" in done.stdout


def test_killed_in_the_middle_a_bisection_goes_on_where_it_was(user):
    words = call("bisect", "--project", "planted", "-j", "2", script="slow.py")
    record = results(user, "slow", RECORD)
    with subprocess.Popen(
        [PROGRAM, *words], cwd=user.work, env=user.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if record.exists() and record.read_text().count("\n") > 3:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    kept = probes(user, "slow")
    assert len(kept) >= 3
    done = user.versect(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("planted 1.7 is the first release that fails")
    after = probes(user, "slow")
    assert after[: len(kept)] == kept
    assert len(after) == len(set(after))
    known = [step["known"] for step in verdict(user, "slow", "planted")["steps"]]
    assert 0 < sum(known) < len(known)
