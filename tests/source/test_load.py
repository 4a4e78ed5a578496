"""Every source of a study gives the same kind of study."""

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from versect.errors import StudyError, UsageError
from versect.source.draft import Draft
from versect.source.files import fingerprint
from versect.source.flags import lay
from versect.source.load import builtins, find, from_command
from versect.source.remember import NAME, document

TABLE = """
reproduction = "repro.py"
python = ["3.12", "3.11"]
requires = ["numpy>=2"]
[projects.httpx]
versions = ">=0.27"
every = "minor-latest"
[parameters]
retries = [0, 2]
[failure]
exception = "RuntimeError"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "repro.py").write_text("print()\n")
    return tmp_path


def check(study):
    assert study.command == ("python", "repro.py")
    assert study.pythons == ("3.11", "3.12")
    assert [str(r) for r in study.requirements] == ["numpy>=2"]
    assert [(p.project, p.choices) for p in study.projects] == [
        ("httpx", (SpecifierSet(">=0.27"),))
    ]
    assert study.parameters[0].values == ("0", "2")
    assert study.symptom.exception == "RuntimeError"
    assert study.files == ("repro.py",)


def test_a_study_file(folder):
    (folder / "study.toml").write_text(TABLE)
    check(find("study.toml", folder, folder / "results").study())
    check(find(str(folder), folder, folder / "results").study())


def test_a_table_of_pyproject(folder):
    nested = TABLE.replace("[projects", "[tool.versect.projects")
    nested = nested.replace("[parameters]", "[tool.versect.parameters]")
    nested = nested.replace("[failure]", "[tool.versect.failure]")
    (folder / "pyproject.toml").write_text("[tool.versect]\n" + nested)
    check(find("pyproject.toml", folder, folder / "results").study())


HEADER = """\
requires-python = ">=3.11,<3.13"
dependencies = ["numpy>=2", "httpx"]

[tool.versect.projects.httpx]
versions = ">=0.27"
[tool.versect.parameters]
retries = [0, 2]
[tool.versect.failure]
exception = "RuntimeError"
"""


def test_a_script_with_a_pep_723_block(folder):
    header = "".join(f"# {line}".rstrip() + "\n" for line in HEADER.splitlines())
    (folder / "repro.py").write_text(f"# /// script\n{header}# ///\nprint()\n")
    check(find("repro.py", folder, folder / "results").study())


def test_flags_and_a_command(folder):
    draft = from_command(["python", "repro.py"], folder)
    table = lay(
        draft.table,
        keys={"python": ["3.12", "3.11"], "requires": ["numpy>=2"],
              "failure": {"exception": "RuntimeError"}},
        parameters=["retries=0,2"],
        axes=["httpx=>=0.27"],
        thinning={},
    )  # fmt: skip
    study = Draft(source="", root=folder, table=table, default_name=draft.default_name).study()
    check(study)
    assert study.name == "repro"


def test_a_study_run_before_is_found_by_its_name(folder):
    draft = from_command(["python", "repro.py"], folder)
    results = folder / "results"
    (results / "repro").mkdir(parents=True)
    (results / "repro" / NAME).write_text(document(draft))
    assert find("repro", folder / "elsewhere", results) == draft


def test_an_unknown_study_is_refused_with_those_there_are(folder):
    with pytest.raises(UsageError, match="no study 'event-lop'") as caught:
        find("event-lop", folder, folder / "results")
    assert all(name in caught.value.remedy for name, _ in builtins())


def test_what_is_not_toml_is_refused_with_its_place(folder):
    (folder / "study.toml").write_text("a = [\n")
    with pytest.raises(StudyError, match="not TOML"):
        find("study.toml", folder, folder / "results")


def test_a_list_of_versions_and_specifiers_keeps_its_order(folder):
    table = lay(
        {"reproduction": "repro.py", "python": ["3.12"]},
        keys={},
        parameters=[],
        axes=["httpx=0.27.2,0.25.0"],
        thinning={"limit": 1},
    )
    study = Draft(source="", root=folder, table=table, default_name="s").study()
    assert study.projects[0].choices == (Version("0.27.2"), Version("0.25.0"))


def test_the_fingerprint_changes_with_the_reproduction_and_not_with_the_axes(folder):
    def study(**changes):
        table = {"reproduction": "repro.py", "python": ["3.12"], **changes}
        return Draft(source="", root=folder, table=table, default_name="s").study()

    before = fingerprint(study())
    assert fingerprint(study(python=["3.11"], failure={"text": "x"})) == before
    assert fingerprint(study(requires=["numpy"])) != before
    assert fingerprint(study(limits={"timeout": 7})) != before
    (folder / "repro.py").write_text("print(1)\n")
    assert fingerprint(study()) != before


def test_braces_that_are_code_are_no_placeholders(folder):
    draft = from_command(["python", "-c", "print(f'{x}')"], folder)
    table = {**draft.table, "python": ["3.12"]}
    study = Draft(source="", root=folder, table=table, default_name="s").study()
    assert study.command[-1] == "print(f'{x}')"


def test_what_speaks_only_of_values_that_a_flag_took_away_is_left_out():
    table = {
        "parameters": {"mode": ["a", "b"], "s": ["x", "y"]},
        "exclude": [{"mode": "b", "s": "x"}, {"mode": ["a", "b"]}, {"mode": "typo"}],
    }
    laid = lay(table, keys={}, parameters=[], axes=["mode=a"], thinning={})
    assert laid["exclude"] == [{"mode": ["a"]}, {"mode": "typo"}]


def test_a_requirement_by_flag_comes_to_those_of_the_study_and_replaces_one_of_the_same_project():
    table = {"command": ["true"], "requires": ["numpy", "HTTPX>=0.27", "not a requirement"]}
    keys = {"requires": ["httpx==0.28.1", "anyio"]}
    laid = lay(table, keys=keys, parameters=(), axes=(), thinning={})
    assert laid["requires"] == ["numpy", "not a requirement", "httpx==0.28.1", "anyio"]


def test_a_virtual_environment_beside_the_reproduction_is_no_part_of_it(folder):
    (folder / "study.toml").write_text(TABLE)
    inside = folder / "venv" / "lib"
    inside.mkdir(parents=True)
    (folder / "venv" / "pyvenv.cfg").touch()
    (inside / "module.py").touch()
    check(find("study.toml", folder, folder / "results").study())
