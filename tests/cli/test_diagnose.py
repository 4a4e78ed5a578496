"""``versect diagnose`` from an empty folder to its last sentence, with a planted fault."""

import json
import re
import sys

import pytest

from tests.support.command import command
from tests.support.published import validator
from tests.support.wheels import index_pages, make_wheel

PYTHON = f"3.{sys.version_info.minor}"

STUDY = f"""\
name = "made-up"
reproduction = "repro.py"
python = ["{PYTHON}"]

[projects.lib]
versions = ["1.2", "1.3"]

[failure]
exception = "RuntimeError"
message = "sought"

[sweeps.size]
about = "does the size matter?"
part = "when"
vary = "size"
repeats = 2
[sweeps.size.parameters]
size = [1, 10]
[sweeps.size.projects.lib]
versions = ["1.3"]

[sweeps.causes]
about = "what takes it away?"
part = "why"
vary = "do"
words = {{ hold = "hold the thing" }}
[sweeps.causes.parameters]
do = ["nothing", "hold"]
[sweeps.causes.projects.lib]
versions = ["1.3"]

[sweeps.remedies]
about = "what cures it?"
part = "how"
vary = "remedy"
words = {{ cover = "fix A: cover it", cure = "fix B: close it" }}
[sweeps.remedies.parameters]
remedy = ["none", "cover", "cure"]
[sweeps.remedies.projects.lib]
versions = ["1.3"]

[sweeps.later]
about = "does a large size matter?"
part = "when"
vary = "size"
full = true
[sweeps.later.parameters]
size = [1000]
[sweeps.later.projects.lib]
versions = ["1.3"]

[[searches]]
about = "Which release of lib first fails?"
project = "lib"
good = "1.0"
bad = "1.4"
requires = ["lib<2"]
"""
REPRODUCTION = """\
import json, os, lib

do, remedy = (os.environ.get(f"VERSECT_{name}", "") for name in ("DO", "REMEDY"))
broken = lib.BROKEN and do != "hold" and remedy not in ("cover", "cure")
print("versect: " + json.dumps({"calls": 2, "requests": 2, "unclosed": int(remedy == "cover")}))
if broken:
    raise RuntimeError("sought")
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("diagnose")
    for minor in range(5):
        code = f"BROKEN = {minor >= 3}\n"
        make_wheel(folder / "files", "lib", f"1.{minor}", files={"lib.py": code})
    work = folder / "work"
    work.mkdir()
    (work / "study.toml").write_text(STUDY)
    (work / "repro.py").write_text(REPRODUCTION)
    (work / "plain.toml").write_text(STUDY.partition("[sweeps")[0].replace("made-up", "plain"))
    return work, index_pages(folder / "files")


@pytest.fixture
def versect(place, monkeypatch, capsys):
    work, url = place
    return command(monkeypatch, capsys, work, url)


def test_a_study_is_diagnosed_from_nothing(versect, place):
    status, out, err = versect("diagnose", "study.toml", "-j", "2")
    assert status == 0, err
    assert "Which release of lib first fails? lib 1.3 is the first release that fails" in out
    assert "All 4 trials, at size 1 and 10, fail" in out
    assert "2 cells were asked more than once; 2 of them answered alike each time" in out
    assert "With do=hold (hold the thing) the outcome flips: failed → passed in 1 of 1 cell" in out
    assert "Recommended: remedy=cure (fix B: close it). It cures 1 of 1 cell" in out
    assert "Fix A, remedy=cover (cover it), does not hold: hidden (1 unclosed)" in out
    assert 'at repro.py:7 in <module> “raise RuntimeError("sought")”' in out
    assert "later: does a large size matter?: `versect diagnose made-up --full`" in out
    folder = place[0] / "results" / "made-up"
    validator("diagnosis").validate(json.loads((folder / "diagnosis.json").read_text()))


def test_nothing_is_asked_twice_and_full_asks_the_rest(versect):
    versect("diagnose", "study.toml")
    status, _, err = versect("diagnose", "study.toml")
    assert status == 0
    assert "0 to make" in err
    status, out, _ = versect("diagnose", "study.toml", "--full")
    assert status == 0
    assert "later: does" not in out


def test_the_record_alone_gives_the_same_diagnosis(versect):
    _, asked, _ = versect("diagnose", "study.toml")
    _, stored, err = versect("diagnose", "study.toml", "--no-run")
    assert "trials, " not in err
    table = re.compile(r"- \d+ cells of the table.*\n")  # how many it has, only the index knows
    assert table.sub("", stored) == table.sub("", asked)


def test_every_cell_that_is_named_can_be_repeated(versect):
    versect("diagnose", "study.toml")
    _, out, _ = versect("diagnose", "study.toml", "--no-run", "--json")
    document = json.loads(out)
    statements = [
        *document["summary"], *document["when"]["statements"],
        *(s for part in document["why"] + document["how"] for s in part["statements"]),
    ]  # fmt: skip
    cells = {cell for statement in statements for cell in statement["cells"]}
    assert len(cells) > 6
    for cell in cells:
        status, command, err = versect("reproduce", cell)
        assert status == 0, err
        assert "repro.py" in command


def test_a_study_without_sweeps_gets_what_can_be_said_and_is_told_how_to_add_the_rest(versect):
    versect("run", "plain.toml")
    status, out, _ = versect("diagnose", "plain.toml")
    assert status == 0
    assert "In the table, lib 1.2 -> 1.3: passed -> failed" in out
    assert "why it fails: the study has no sweep for it" in out
    assert "`versect bisect plain`" in out


def test_without_any_trial_there_is_nothing_to_say(versect, place):
    (place[0] / "fresh.toml").write_text(STUDY.replace("made-up", "fresh"))
    status, _, err = versect("diagnose", "fresh.toml", "--no-run")
    assert status == 2
    assert "no trial of fresh is stored" in err
    assert "versect diagnose fresh" in err


def test_a_verdict_of_the_study_as_it_was_before_counts_as_not_asked(versect, place):
    folder = place[0] / "changed"
    folder.mkdir()
    (folder / "study.toml").write_text(STUDY.replace("made-up", "changed"))
    (folder / "repro.py").write_text(REPRODUCTION)
    _, out, _ = versect("diagnose", str(folder / "study.toml"))
    assert "first fails? lib 1.3 is the first release that fails" in out
    (folder / "repro.py").write_text(f"{REPRODUCTION}# another one\n")
    _, out, err = versect("diagnose", str(folder / "study.toml"), "--no-run")
    assert "as it was before it was changed" in err
    assert "first fails? lib 1.3" not in out
    assert "Which release of lib first fails?: `versect diagnose changed" in out


def test_a_verdict_that_cannot_be_read_counts_as_not_asked_and_is_said(versect, place):
    verdict = next(place[0].glob("results/changed/bisect/*/verdict.json"))
    for text in ("{", "[]"):
        verdict.write_text(text)
        status, out, err = versect("diagnose", str(place[0] / "changed/study.toml"), "--no-run")
        assert status == 0
        assert f"{verdict.name} cannot be read and counts as not asked" in err
        assert "Which release of lib first fails?: `versect diagnose changed" in out


def test_a_sweep_that_has_no_cells_is_said(versect, place):
    folder = place[0] / "emptied"
    folder.mkdir()
    (folder / "repro.py").write_text("")
    (folder / "study.toml").write_text(f"""\
name = "emptied"
reproduction = "repro.py"
python = ["{PYTHON}"]
[parameters]
size = [1, 10]
[sweeps.none]
about = "does the size matter?"
exclude = [{{ size = [1, 10] }}]
""")
    status, _, err = versect("diagnose", str(folder / "study.toml"))
    assert status == 0
    assert "sweep none is not asked: include and exclude leave no cell of it" in err
