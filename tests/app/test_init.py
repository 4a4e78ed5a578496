"""Suspects ranked, and sketches that load whatever stands in them."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from versect.app.sketch import Axis, Face, Sketch
from versect.app.suspects import suspects
from versect.source.build import build
from versect.source.knowledge import Knowledge
from versect.source.modules import Installed, installed
from versect.source.tracebacks import read

SITE = "/srv/lib/python3.11/site-packages"
NOTHING = Installed(folders=(), versions={}, owners={}, needs={})


def known(*, locked=(), failing=NOTHING):
    return Knowledge(
        locked={name: Version("1.0") for name in locked}, told={}, failing=failing, here=NOTHING
    )


def traceback(error, *files):
    frames = "".join(f'  File "{file}", line 7, in f\n    {text}\n' for file, text in files)
    return f"Traceback (most recent call last):\n{frames}{error}\n"


def ranked(error, *files, modules=(), **what):
    (chain,) = read(traceback(error, *files)).chains
    return [one.name for one in suspects(chain, chain[-1], modules, known(**what))]


OWN = ("/srv/app.py", "go()")
FLASK = (f"{SITE}/flask/app.py", "from werkzeug.urls import url_quote")


@pytest.mark.parametrize(
    ("error", "files", "names"),
    [
        ("ImportError: cannot import name 'x' from 'werkzeug.urls' (/x/urls.py)", [OWN, FLASK],
         ["werkzeug", "flask"]),
        ("AttributeError: module 'numpy' has no attribute 'float'", [OWN], ["numpy"]),
        ("AttributeError: module 'pkgutil' has no attribute 'ImpImporter'",
         [OWN, (f"{SITE}/pkg_resources/__init__.py", "x")], ["python", "setuptools"]),
        ("ModuleNotFoundError: No module named 'distutils'",
         [OWN, (f"{SITE}/thing/a.py", "x")], ["python", "thing"]),
        ("ModuleNotFoundError: No module named 'tenacity.asyncio'", [OWN], ["tenacity"]),
        ("ModuleNotFoundError: No module named 'pkg_resources'",
         [OWN, (f"{SITE}/thing/a.py", "x")], ["setuptools", "thing"]),
        ("ModuleNotFoundError: No module named 'nobody_knows'",
         [OWN, (f"{SITE}/thing/a.py", "x")], ["thing"]),
        ("TypeError: f() takes 1", [OWN, (f"{SITE}/outer/a.py", "x"), (f"{SITE}/inner/a.py", "x")],
         ["inner", "outer"]),
        ("TypeError: f() takes 1",
         [OWN, (f"{SITE}/outer/a.py", "x"), ("/usr/lib/python3.11/json/decoder.py", "x")],
         ["outer"]),
    ],
)  # fmt: skip
def test_what_the_message_names_comes_before_what_raised_it(error, files, names):
    assert ranked(error, *files) == names


def test_where_only_own_lines_failed_the_imports_are_suspect():
    assert ranked("TypeError: no", OWN, modules=["httpx.get", "yaml"]) == ["httpx", "pyyaml"]


def test_an_installed_name_in_a_failing_line_is_suspect():
    files = (OWN, (f"{SITE}/openai/_base.py", "SyncHttpxClientWrapper(**kwargs)"))
    assert ranked("TypeError: no", *files, locked=["httpx", "anyio"]) == ["openai", "httpx"]


def test_who_defines_the_class_that_the_message_names_comes_first(tmp_path):
    for name, text in (
        ("openai", "import httpx\nclass Wrapper(httpx.Client): ...\n"),
        ("httpx", "class Client:\n    ...\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n")
    site = tmp_path / "site-packages"
    site.mkdir()
    for path in tmp_path.iterdir():
        if path != site:
            path.rename(site / path.name)
    error = "TypeError: Client.__init__() got an unexpected keyword argument 'proxies'"
    files = (OWN, (f"{site}/openai/__init__.py", "super().__init__(**kwargs)"))
    assert ranked(error, *files, failing=installed([site])) == ["httpx", "openai"]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@st.composite
def sketches(draw):
    failed = draw(st.none() | st.just(Version("1.5")))
    axis = Axis(
        name=draw(st.sampled_from(["httpx", "openai[aiohttp]"])),
        reason=draw(WORDS),
        versions=draw(st.sampled_from(["", "<=1.5", ("1.5",)])),
        limit=draw(st.none() | st.integers(1, 9)),
        failed=failed,
    )
    return Sketch(
        name="a-b",
        made_from=draw(WORDS),
        reproduction="",
        command=("python", "-c", draw(WORDS)),
        arguments=(),
        files=(),
        pythons=("3.11",),
        pythons_here=("3.11", "3.12"),
        failed_on=None,
        requires=("numpy==1.26.4",),
        axes=(axis,),
        face=Face(
            exception=draw(st.sampled_from(["", "TypeError"])),
            message=draw(st.sampled_from(["", r"a\(\) '", r"\d+ 'x' y", "'''", 'q"', r"\\"])),
            others=((draw(WORDS), draw(WORDS)),),
        ),
        notes=(draw(WORDS),),
    )


@given(sketches())
def test_whatever_stands_in_a_sketch_its_text_loads_and_says_the_same(sketch):
    table = tomllib.loads(sketch.text)
    study = build("sketch", Path(__file__).parent, table, default_name="x")
    assert study.name == sketch.name
    assert study.command == sketch.command
    assert (study.symptom.exception or "") == sketch.face.exception
    assert (study.symptom.message or "") == sketch.face.message
    assert [str(axis.project) for axis in study.projects] == [sketch.axes[0].name.split("[")[0]]
