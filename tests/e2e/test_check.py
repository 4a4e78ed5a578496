"""A study checked every night while its index goes on: a release breaks it, one mends it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.published import validator
from tests.support.wheels import index_pages, make_wheel, served

pytestmark = pytest.mark.timeout(600)

PROGRAM = str(Path(sys.executable).with_name("versect"))
PYTHON = f"3.{sys.version_info.minor}"

STUDY = f"""\
name = "sums"
reproduction = "repro.py"
python = ["{PYTHON}"]

[projects.planted]
versions = ">=1"

[parameters]
size = [1, 2]
"""
REPRODUCTION = """\
import os, planted

size = int(os.environ["VERSECT_SIZE"])
found = planted.total([1] * size)
assert found == size, f"the total is off by {found - size}"
"""
CODE = '''\
"""Sums, release {minor}."""

AUTHOR = "somebody {minor}"


def total(numbers):
    result = {start}
    for number in numbers:
        result += number
    return result


def largest(numbers):
    return max(numbers{default})
'''


class Index:
    """Releases of ``planted`` that come one after another; 1.3 brings a fault, 1.5 mends it."""

    def __init__(self, folder):
        self.folder = folder
        self.uploaded = {}

    def publish(self, *minors):
        for minor in minors:
            code = CODE.format(
                minor=minor,
                start=1 if minor in (3, 4) else 0,
                default=", default=0" if minor > 2 else "",
            )
            path = make_wheel(
                self.folder, "planted", f"1.{minor}", files={"planted/__init__.py": code}
            )
            moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=minor)
            self.uploaded[path.name] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        index_pages(self.folder, uploaded=self.uploaded)


ENGINES = ["local", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.fixture
def night(request, tmp_path):
    """Give a study, an index with three good releases, and the command line."""
    engine = getattr(request, "param", "local")
    work, files = tmp_path / "work", tmp_path / "files"
    work.mkdir()
    (work / "study.toml").write_text(STUDY)
    (work / "repro.py").write_text(REPRODUCTION)
    index = Index(files)
    index.publish(0, 1, 2)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "VERSECT_C"))}
    with served(files, cache="no-cache") as server:
        environment = {
            **kept,
            "PIP_CONFIG_FILE": os.devnull,
            "XDG_CONFIG_HOME": str(tmp_path / "no-settings"),
            "UV_CACHE_DIR": str(tmp_path / "uv"),
            "UV_DEFAULT_INDEX": server.url,
            "VERSECT_ENGINE": engine,
            "VERSECT_CACHE": str(tmp_path / "cache"),
        }

        def versect(*words, **changes):
            return subprocess.run(
                [PROGRAM, *words], cwd=work, env={**environment, **changes}, capture_output=True,
                text=True, timeout=280, check=False,
            )  # fmt: skip

        yield SimpleNamespace(
            versect=versect, work=work, index=index, server=server, environment=environment
        )


def results(night, *path):
    return night.work.joinpath("results", "sums", *path)


def checked(night, *words, status):
    """Check, and give what was written."""
    done = night.versect("check", "study.toml", *words)
    assert done.returncode == status, done.stdout + done.stderr
    written = json.loads(results(night, "check.json").read_text())
    validator("check").validate(written)
    return written


def cell(minor, size):
    return f"py{PYTHON}-planted1.{minor}-size={size}"


def trials(night):
    return results(night, "trials.jsonl").read_text().splitlines()


@pytest.mark.parametrize("night", ENGINES, indirect=True)
def test_a_release_that_breaks_is_found_with_its_lines_and_one_that_mends_turns_it_green(night):
    without = night.versect("check", "study.toml")
    assert without.returncode == 2
    assert "versect accept sums" in without.stderr
    assert not results(night, "trials.jsonl").exists()

    assert night.versect("run", "study.toml").returncode == 0
    accepted = night.versect("accept", "sums")
    assert accepted.returncode == 0, accepted.stderr
    assert "accepted 6 cells" in accepted.stderr
    baseline = results(night, "baseline.json").read_bytes()

    quiet = checked(night, status=0)
    assert (quiet["verdict"], quiet["asked"], quiet["changed"]) == ("nothing-new-broke", [], [])

    night.index.publish(3)
    broken = checked(night, status=20)
    assert broken["asked"] == [cell(3, 1), cell(3, 2)]
    (one,) = broken["regressions"]
    assert (one["culprit"], one["suspects"], one["verdict"]) == ("planted 1.3", ["1.3"], "found")
    assert one["cells"] == broken["asked"]
    assert "published on 2025-01-04" in "\n".join(one["sentences"])
    assert "-    result = 0\n+    result = 1\n" in one["diff"]
    assert "max" not in "".join(line for line in one["diff"].splitlines() if line[0] in "+-")
    text = results(night, "check.md").read_text()
    assert text.startswith("# sums: planted 1.3 breaks it\n")
    assert results(night, one["issue"]).read_text().startswith(f"Identity: `{one['identity']}`\n")

    night.index.publish(4)
    again = checked(night, status=20)
    assert again["asked"] == [cell(4, 1), cell(4, 2)]
    (same,) = again["regressions"]
    assert same["identity"] == one["identity"]
    assert len(same["cells"]) == 4

    before = trials(night)
    assert [r["identity"] for r in checked(night, status=20)["regressions"]] == [one["identity"]]
    assert trials(night) == before

    night.index.publish(5)
    mended = checked(night, status=0)
    assert mended["asked"] == [cell(5, 1), cell(5, 2)]
    assert mended["counts"] == {"broke-and-mended": 4, "fixed": 2}
    assert results(night, "baseline.json").read_bytes() == baseline


def accepted(night, reproduction=REPRODUCTION, more=""):
    """Accept the study with its good releases."""
    (night.work / "repro.py").write_text(reproduction)
    (night.work / "study.toml").write_text(STUDY + more)
    assert night.versect("run", "study.toml").returncode == 0
    assert night.versect("accept", "sums").returncode == 0


def test_without_a_network_nothing_is_told_and_no_baseline_changes(night):
    accepted(night)
    baseline = results(night, "baseline.json").read_bytes()
    night.index.publish(3)
    night.server.shutdown()
    night.server.server_close()
    stale = checked(night, status=22)
    assert stale["asked"] == []
    assert any("gave no answer" in note for note in stale["notes"])
    gone = night.versect("check", "study.toml", VERSECT_CACHE=str(night.work / "empty"))
    assert gone.returncode == 22, gone.stderr
    assert results(night, "check.md").read_text().startswith("# sums: not checked\n")
    assert results(night, "baseline.json").read_bytes() == baseline


def test_an_index_that_is_in_trouble_for_a_while_is_no_regression(night):
    accepted(night)
    baseline = results(night, "baseline.json").read_bytes()
    night.index.publish(3)
    whole = night.server.RequestHandlerClass

    class WithoutFiles(whole):
        def do_GET(self):  # noqa: N802 - the standard library's name
            if self.path.endswith(".whl"):
                self.send_error(503)
            else:
                super().do_GET()

    night.server.RequestHandlerClass = WithoutFiles
    lost = checked(night, status=22)
    assert (lost["counts"], lost["regressions"]) == ({"infrastructure": 2}, [])
    night.server.RequestHandlerClass = whole
    found = checked(night, status=20)
    assert found["asked"] == lost["asked"] == [cell(3, 1), cell(3, 2)]
    assert results(night, "baseline.json").read_bytes() == baseline


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_check_that_is_ended_changes_no_baseline_and_goes_on_later(night, name):
    slow = "import os, time\ntime.sleep(float(os.environ['VERSECT_SIZE']))\n"
    accepted(night, slow + REPRODUCTION)
    baseline, before = results(night, "baseline.json").read_bytes(), len(trials(night))
    night.index.publish(3)
    checking = subprocess.Popen(
        [PROGRAM, "check", "study.toml", "-j", "1"], cwd=night.work, env=night.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while len(trials(night)) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    checking.send_signal(getattr(signal, name))
    _, said = checking.communicate(timeout=60)
    assert checking.returncode == (130 if name == "SIGINT" else -signal.SIGKILL), said
    assert len(trials(night)) > before
    assert not results(night, "check.json").exists()
    found = checked(night, "-j", "1", status=20)
    assert found["asked"] == [cell(3, 2)]
    assert [one["culprit"] for one in found["regressions"]] == ["planted 1.3"]
    assert results(night, "baseline.json").read_bytes() == baseline


def test_a_cell_that_fails_at_times_is_kept_apart(night):
    fails_once = f"""\
import os, pathlib, planted

seen = pathlib.Path({str(night.work.parent)!r}, "seen" + os.environ["VERSECT_SIZE"])
if planted.AUTHOR == "somebody 3" and not seen.exists():
    seen.touch()
    raise SystemExit(1)
"""
    accepted(night, fails_once)
    night.index.publish(3)
    flaky = checked(night, status=21)
    assert (flaky["counts"], flaky["regressions"]) == ({"flaky": 2}, [])
    assert checked(night, status=21)["asked"] == []


def test_a_spent_budget_leaves_the_regression_under_the_same_identity(night):
    accepted(night)
    night.index.publish(3)
    (plain,) = checked(night, "--budget", "0", status=20)["regressions"]
    assert (plain["verdict"], plain["diff"]) == (None, "")
    assert "the budget has 0 left" in plain["finding"]
    (found,) = checked(night, status=20)["regressions"]
    assert found["identity"] == plain["identity"]
    assert found["verdict"] == "found"


def test_what_breaks_in_another_way_than_the_study_seeks_is_searched_too(night):
    accepted(night, more='\n[failure]\nexception = "KeyError"\n')
    night.index.publish(3)
    (one,) = checked(night, status=20)["regressions"]
    assert one["signature"].startswith("failed-otherwise: AssertionError")
    assert (one["verdict"], one["suspects"]) == ("found", ["1.3"])
    assert "+    result = 1\n" in one["diff"]


def test_what_cannot_be_told_is_no_regression(night):
    accepted(night, more="\n")
    (night.work / "repro.py").write_text("raise SystemExit(125)\n")
    untold = checked(night, status=21)
    assert untold["counts"] == {"could-not-be-told": 6}
    assert len(untold["asked"]) == 6


def test_history_and_diff_say_when_it_broke(night):
    accepted(night)
    night.index.publish(3)
    checked(night, "--budget", "0", status=20)
    told = json.loads(night.versect("history", "sums", "--json").stdout)["changes"]
    assert {one["cell"] for one in told} == {cell(3, 1), cell(3, 2)}
    assert {one["beside"] for one in told} == {cell(2, 1), cell(2, 2)}
    assert all(one["because"] == ["planted 1.2 -> 1.3"] for one in told)
    runs = [
        line.split()[0] for line in night.versect("history", "sums", "--runs").stdout.splitlines()
    ]
    done = night.versect("diff", runs[0], runs[1])
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


GH = """\
#!{python}
import json, pathlib, sys

state = pathlib.Path({state!r})
issues = json.loads(state.read_text()) if state.exists() else []
words = sys.argv[1:]
option = lambda name: words[words.index(name) + 1]
if words[:2] == ["issue", "list"]:
    print(json.dumps([one for one in issues if one["open"]]))
elif words[:2] == ["issue", "create"]:
    body = pathlib.Path(option("--body-file")).read_text()
    number = len(issues) + 1
    issues.append(dict(number=number, title=option("--title"), body=body, open=True, edits=0))
elif words[:2] == ["issue", "edit"]:
    one = issues[int(words[2]) - 1]
    one["edits"] += 1
    one["body"] = pathlib.Path(option("--body-file")).read_text()
elif words[:2] == ["issue", "close"]:
    issues[int(words[2]) - 1]["open"] = False
state.write_text(json.dumps(issues))
"""


def steps():
    """Give the scripts of the workflow in the how-to, by the name of their step."""
    page = Path(__file__).parents[2].joinpath("docs", "how-to", "scheduled-check.md").read_text()
    workflow = page.partition("```yaml\n")[2].partition("```\n")[0]
    found = {}
    for step in re.split(r"^      - ", workflow, flags=re.MULTILINE)[1:]:
        name, script = re.match("name: (.*)", step), step.partition("run: |\n")[2]
        if name and script:
            found[name[1]] = textwrap.dedent(script)
    return found


@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq, as the workflow does")
def test_the_workflow_of_the_how_to_keeps_one_issue_and_closes_it(night):
    accepted(night)
    tools, state = night.work.parent / "tools", night.work.parent / "issues.json"
    tools.mkdir()
    gh = tools / "gh"
    gh.write_text(GH.format(python=sys.executable, state=str(state)))
    gh.chmod(0o755)
    output, summary = night.work.parent / "output", night.work.parent / "summary"
    path = os.pathsep.join([str(tools), str(Path(PROGRAM).parent), os.environ["PATH"]])
    environment = {
        **night.environment,
        "PATH": path,
        "NAME": "sums",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
    }

    def went(name, code=""):
        script = steps()[name].replace("${{ steps.check.outputs.code }}", code)
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script], cwd=night.work, env=environment,
            capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        return done.returncode

    def tonight():
        assert went("Check") == 0
        code = output.read_text().split("=")[-1].strip()
        assert went("One issue a regression") == 0
        assert went("Say it with the job's colour", code) == int(code)
        return code, [(one["open"], one["edits"]) for one in json.loads(state.read_text())]

    assert tonight() == ("0", [])
    night.index.publish(3)
    assert tonight() == ("20", [(True, 0)])
    night.index.publish(4)
    assert tonight() == ("20", [(True, 1)])
    night.index.publish(5)
    assert tonight() == ("0", [(False, 1)])
    (issue,) = json.loads(state.read_text())
    assert issue["title"] == (
        "sums: planted 1.3 breaks it: failed: AssertionError: the total is off by 1"
    )
    assert "# sums: planted 1.3 breaks it" in summary.read_text()
