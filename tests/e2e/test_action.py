"""``action.yml``: its form, and its scripts run in a clean folder as a runner would run them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
import yaml

from tests.support.wheels import index_pages, make_wheel, served

pytestmark = pytest.mark.timeout(600)

HOME = Path(__file__).parents[2]
ACTION = yaml.safe_load((HOME / "action.yml").read_text())
PYTHON = f"3.{sys.version_info.minor}"

TEXT = {"type": "string", "minLength": 1}
STEP = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("id", "if", "name", "run", "shell", "uses", "working-directory"), TEXT),
        "env": {"type": "object", "additionalProperties": {"type": "string"}},
        "with": {"type": "object", "additionalProperties": {"type": "string"}},
        "continue-on-error": {"type": ["boolean", "string"]},
    },
    "additionalProperties": False,
    "oneOf": [
        {"required": ["run", "shell"], "not": {"anyOf": [{"required": ["uses"]}]}},
        {"required": ["uses"], "not": {"anyOf": [{"required": ["run"]}, {"required": ["shell"]}]}},
    ],
}


def named(properties, *required):
    """Give the schema of a mapping of identifiers to records of these fields."""
    return {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z_][a-z0-9_-]*$"},
        "additionalProperties": {
            "type": "object",
            "properties": properties,
            "required": list(required),
            "additionalProperties": False,
        },
    }


SCHEMA = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "author", "description"), TEXT),
        "inputs": named(
            {
                "description": TEXT,
                "required": {"type": "boolean"},
                "default": {"type": "string"},
                "deprecationMessage": TEXT,
            },
            "description",
        ),
        "outputs": named({"description": TEXT, "value": TEXT}, "description", "value"),
        "runs": {
            "type": "object",
            "properties": {
                "using": {"const": "composite"},
                "steps": {"type": "array", "items": STEP, "minItems": 1},
            },
            "required": ["using", "steps"],
            "additionalProperties": False,
        },
        "branding": {
            "type": "object",
            "properties": {
                "icon": TEXT,
                "color": {
                    "enum": [
                        "white", "black", "yellow", "blue", "green", "orange", "red", "purple",
                        "gray-dark",
                    ]
                },
            },
            "additionalProperties": False,
        },
    },
    "required": ["name", "description", "runs"],
    "additionalProperties": False,
}  # fmt: skip
"""What GitHub's reference of the metadata syntax says of composite actions."""

STEPS = ACTION["runs"]["steps"]
KNOWN = {
    "actions/setup-python": {"python-version"},
    "actions/cache/restore": {"path", "key", "restore-keys"},
    "actions/cache/save": {"path", "key"},
    "actions/upload-artifact": {"name", "path", "if-no-files-found"},
}
"""The actions that are used, and the inputs of theirs."""


def test_the_action_has_the_form_of_a_composite_action():
    jsonschema.validate(ACTION, SCHEMA)
    for step in STEPS:
        if "uses" in step:
            name, _, version = step["uses"].partition("@")
            assert re.fullmatch(r"v\d+|[0-9a-f]{40}", version)
            assert step.get("with", {}).keys() <= KNOWN[name]


def test_what_users_write_reaches_scripts_only_through_the_environment():
    for step in STEPS:
        assert "${{" not in step.get("run", "")


def test_every_expression_names_something_that_is_there():
    text = (HOME / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == ACTION["inputs"].keys()
    ids = {step["id"] for step in STEPS if "id" in step}
    for step, output in re.findall(r"steps\.([a-z]+)\.outputs\.([a-z-]+)", text):
        assert step in ids
        script = next(one["run"] for one in STEPS if one.get("id") == step)
        assert f"{output}=" in script


def filled(text, said):
    """Put values in the place of expressions."""
    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda m: str(said.get(m[1], "")), text)


def holds(condition, said):
    """Whether a step takes place, nothing before it having failed."""
    if condition is None:
        return True
    python = re.sub(r"[a-z]+(?:\.[a-z-]+)+", lambda m: repr(str(said.get(m[0], ""))), condition)
    python = python.replace("&&", "and").replace("||", "or").replace("always()", "True")
    return eval(python)


class Runner:
    """Does what a runner does with a composite action; uploads go into a folder."""

    def __init__(self, folder, environment):
        self.work = folder / "work"
        self.artifacts = folder / "artifacts"
        self.temp = folder / "temp"
        self.summary = folder / "summary.md"
        self.temp.mkdir()
        self.environment = environment

    def uses(self, **inputs):
        """Run the action; give its outputs and the exit code of the step that failed, or 0."""
        given = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | inputs
        said = {f"inputs.{name}": value for name, value in given.items()}
        said |= {"runner.temp": self.temp, "runner.os": "Linux", "github.action_path": HOME}
        runner = {"RUNNER_TEMP": str(self.temp), "GITHUB_STEP_SUMMARY": str(self.summary)}
        code, log = 0, ""
        for step in STEPS:
            if (code and "always()" not in step.get("if", "")) or not holds(step.get("if"), said):
                continue
            if "uses" in step:
                self._other(step, said)
                continue
            files = {name: self.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV")}
            for path in files.values():
                path.write_text("")
            own = {name: filled(text, said) for name, text in step.get("env", {}).items()}
            base = os.environ if step["name"] == "Install versect" else self.environment
            script = self.temp / "script.sh"
            script.write_text(step["run"])
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=self.work,
                env={**base, **runner, **own, **{k: str(v) for k, v in files.items()}},
                capture_output=True,
                text=True,
                timeout=500,
                check=False,
            )
            log += done.stdout + done.stderr
            code = code or done.returncode
            runner |= self._lines(files["GITHUB_ENV"])
            for name, value in self._lines(files["GITHUB_OUTPUT"]).items():
                said[f"steps.{step['id']}.outputs.{name}"] = value
        outputs = {name: filled(one["value"], said) for name, one in ACTION["outputs"].items()}
        named = {name.replace("-", "_"): value for name, value in outputs.items()}
        return SimpleNamespace(code=code, log=log, **named)

    @staticmethod
    def _lines(path):
        return dict(line.split("=", 1) for line in path.read_text().splitlines())

    def _other(self, step, said):
        """Stand in for the action that uploads: as it does, without hidden files."""
        given = {name: filled(text, said) for name, text in step["with"].items()}
        assert "${{" not in str(given)
        if step["uses"].startswith("actions/upload-artifact"):
            assert not re.search(r'[":<>|*?\\/]', given["name"])
            source = self.work / given["path"]
            if source.is_dir():
                ignored = shutil.ignore_patterns(".*")
                shutil.copytree(source, self.artifacts / given["name"], ignore=ignored)


STUDY = f"""\
name = "sums"
reproduction = "repro.py"
python = ["{PYTHON}"]

[projects.lib]
versions = ">=1"
"""


@pytest.fixture
def github(tmp_path):
    """Give a checkout with a study, an index with three releases of ``lib``, and runners."""
    files, work = tmp_path / "files", tmp_path / "work"
    work.mkdir()

    def publish(*minors):
        for minor in minors:
            code = f"ANSWER = {41 if minor == 3 else 42}\n"
            make_wheel(files, "lib", f"1.{minor}", files={"lib.py": code})
        index_pages(files)

    publish(0, 1, 2)
    (work / "study.toml").write_text(STUDY)
    (work / "repro.py").write_text("import lib\n\nassert lib.ANSWER == 42, lib.ANSWER\n")
    with served(files, cache="no-cache") as server:
        prefixes = ("UV_", "PIP_", "VERSECT_")
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(prefixes)},
            "PIP_CONFIG_FILE": os.devnull,
            "XDG_CONFIG_HOME": str(tmp_path / "no-settings"),
            "UV_CACHE_DIR": str(tmp_path / "uv"),
            "UV_DEFAULT_INDEX": server.url,
        }

        def runner(name):
            folder = tmp_path / name
            shutil.copytree(work, folder / "work")
            return Runner(folder, environment)

        yield SimpleNamespace(work=work, publish=publish, runner=runner)


def accept(github, done, runner):
    """Take the results of a run as what is accepted, into the checkout."""
    tool = runner.temp / "versect" / "bin" / "versect"
    subprocess.run([tool, "accept", done.study], cwd=runner.work, check=True, capture_output=True)
    target = github.work / "results" / "sums"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(runner.work / "results" / "sums" / "baseline.json", target)


@pytest.mark.online
def test_a_night_of_shards_merged_and_checked_gives_one_verdict(github):
    first = github.runner("first")
    ran = first.uses(study="study.toml", command="run", engine="local")
    assert (ran.code, ran.exit_code) == (0, "0"), ran.log
    assert (ran.verdict, ran.study, ran.folder) == ("complete", "sums", "results/sums")
    assert (first.artifacts / "versect" / "trials.jsonl").exists()
    assert "3 passed" in first.summary.read_text()
    accept(github, ran, first)

    github.publish(3)
    planning = github.runner("planning")
    planned = planning.uses(study="study.toml", command="plan", shards="2", engine="local")
    assert planned.code == 0, planned.log
    parts = json.loads(planned.matrix)["include"]
    assert [one["shard"] for one in parts] == ["1/2", "2/2"]
    assert not planning.artifacts.exists()

    gathered = github.work.parent / "gathered"
    for one in parts:
        machine = github.runner(f"machine-{one['number']}")
        done = machine.uses(study="study.toml", shard=one["shard"], engine="local", fail="false")
        assert done.code == 0, done.log
        (artifact,) = machine.artifacts.iterdir()
        assert artifact.name == f"versect-{one['number']}-of-2"
        shutil.copytree(artifact, gathered / artifact.name)

    last = github.runner("last")
    done = last.uses(study="study.toml", merge=str(gathered), engine="local", args="--budget '40'")
    assert (done.code, done.exit_code, done.verdict) == (20, "20", "regression"), done.log
    assert "::error::versect: regression" in done.log
    told = json.loads((last.work / done.check).read_text())
    assert (told["asked"], told["budget"]) == ([], 40)
    assert [one["culprit"] for one in told["regressions"]] == ["lib 1.3"]
    assert "lib 1.3 breaks it" in last.summary.read_text()
    assert (last.artifacts / "versect" / told["regressions"][0]["issue"]).exists()


@pytest.mark.online
def test_a_pull_request_gets_its_answer_and_what_is_wrong_is_said(github):
    github.publish(3)
    machine = github.runner("machine")
    (machine.work / "old.txt").write_text("lib==1.1\n")
    (machine.work / "new.txt").write_text("lib==1.3\n")
    locks = {"old-lock": "old.txt", "new-lock": "new.txt"}
    done = machine.uses(study="study.toml", engine="local", artifact="", fail="false", **locks)
    assert (done.code, done.exit_code, done.verdict) == (0, "20", "regression"), done.log
    assert done.check == "results/sums/changed.json"
    assert "lib 1.1 -&gt; 1.3 breaks it" in machine.summary.read_text()
    assert not machine.artifacts.exists()

    without = machine.uses(study="study.toml", engine="local")
    assert (without.code, without.exit_code, without.verdict) == (2, "2", "")
    assert "no baseline" in without.log
    assert machine.uses(study="study.toml", command="explode", artifact="").code == 2


PAGE = (HOME / "docs" / "how-to" / "ci.md").read_text()
WORKFLOWS = [
    yaml.safe_load(text) for text in re.findall(r"```yaml\n(name: .*?)```", PAGE, re.DOTALL)
]


def scripts():
    """Give the scripts of the workflows in the how-to, by the name of their step."""
    jobs = [job for workflow in WORKFLOWS for job in workflow["jobs"].values()]
    return {s["name"]: s["run"] for job in jobs for s in job["steps"] if "run" in s}


def test_the_workflows_of_the_how_to_use_what_the_action_has():
    assert len(WORKFLOWS) == 2
    for workflow in WORKFLOWS:
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                if "/versect@" in step.get("uses", ""):
                    assert step["with"].keys() <= ACTION["inputs"].keys()
                assert "${{" not in step.get("run", "")
    used = set(re.findall(r"steps\.versect\.outputs\.([a-z-]+)", PAGE))
    assert used <= ACTION["outputs"].keys()
    table = re.findall(r"^\| (`[^|]*`) \|", PAGE, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", " ".join(table))) == ACTION["inputs"].keys()


GH = """\
#!{python}
import json, pathlib, sys

state = pathlib.Path({state!r})
comments = json.loads(state.read_text()) if state.exists() else []
words = sys.argv[1:]
if "PATCH" in words:
    body = next(word for word in words if word.startswith("body=@"))[6:]
    number = int(next(word for word in words if "comments/" in word).rpartition("/")[2])
    comments[number - 1] = pathlib.Path(body).read_text()
elif words[:2] == ["pr", "comment"]:
    comments.append(pathlib.Path(words[words.index("--body-file") + 1]).read_text())
elif words[0] == "api":
    wanted = words[words.index("--jq") + 1].split('"')[1]
    print(*[n for n, body in enumerate(comments, 1) if wanted in body], sep="\\n")
state.write_text(json.dumps(comments))
"""


@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq, as the workflow does")
def test_a_pull_request_keeps_one_comment(tmp_path):
    gh, state, folder = tmp_path / "gh", tmp_path / "comments.json", tmp_path / "results"
    gh.write_text(GH.format(python=sys.executable, state=str(state)))
    gh.chmod(0o755)
    folder.mkdir()
    (folder / "changed.json").write_text('{"identity": "versect-0123456789ab"}')
    state.write_text(json.dumps(["somebody else's"]))
    for words in ("it breaks", "it breaks no more"):
        (folder / "changed.md").write_text(f"<!-- versect-0123456789ab -->\n{words}\n")
        subprocess.run(
            ["bash", "-eo", "pipefail", "-c", scripts()["One comment"]],
            env={
                **os.environ,
                "PATH": f"{tmp_path}:{os.environ['PATH']}",
                "NUMBER": "7",
                "CHECK": str(folder / "changed.json"),
                "FOLDER": str(folder),
            },
            check=True,
        )
    assert json.loads(state.read_text()) == [
        "somebody else's",
        "<!-- versect-0123456789ab -->\nit breaks no more\n",
    ]


def test_the_issues_are_kept_by_the_script_that_is_tested_with_the_check():
    other = (HOME / "docs" / "how-to" / "scheduled-check.md").read_text()
    script = scripts()["One issue a regression"].replace("$FOLDER", "results/$NAME")
    assert [line.strip() for line in script.splitlines()] == [
        line.strip() for line in other.partition("gh label")[2].join(["gh label", ""]).splitlines()
    ][: len(script.splitlines())]
