"""Whose a line of a traceback is, and what its path tells by the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from versect.source.origins import Whose, origin, python_of, versions_in

SITE = "/srv/app/.venv/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("file", "whose", "module"),
    [
        (f"{SITE}/openai/_client.py", Whose.INSTALLED, "openai._client"),
        (f"{SITE}/six.py", Whose.INSTALLED, "six"),
        (f"{SITE}/google/protobuf/__init__.py", Whose.INSTALLED, "google.protobuf"),
        ("/usr/lib/python3/dist-packages/yaml/reader.py", Whose.INSTALLED, "yaml.reader"),
        ("C:\\env\\Lib\\site-packages\\httpx\\_api.py", Whose.INSTALLED, "httpx._api"),
        ("C:\\\\env\\\\Lib\\\\site-packages\\\\httpx\\\\_api.py", Whose.INSTALLED, "httpx._api"),
        ("../venv/lib/python3.12/site-packages/a/b.py", Whose.INSTALLED, "a.b"),
        ("pandas/_libs/interval.pyx", Whose.INSTALLED, "pandas._libs.interval"),
        ("/usr/lib/python3.11/asyncio/runners.py", Whose.PYTHON, ""),
        ("/home/me/.pyenv/versions/3.12.1/lib/python3.12/json/decoder.py", Whose.PYTHON, ""),
        ("C:\\Python311\\Lib\\asyncio\\runners.py", Whose.PYTHON, ""),
        ("/srv/app/.venv/bin/black", Whose.SCRIPT, "black"),
        ("C:\\env\\Scripts\\black.exe\\__main__.py", Whose.SCRIPT, "black"),
        ("/home/me/bin/tool.py", Whose.OWN, ""),
        ("/srv/app/app.py", Whose.OWN, ""),
        ("app.py", Whose.OWN, ""),
        ("<string>", Whose.NOBODY, ""),
        ("<frozen importlib._bootstrap>", Whose.NOBODY, ""),
    ],
)
def test_a_path_tells_whose_it_is(file, whose, module):
    found = origin(file)
    assert (found.whose, found.module) == (whose, module)


def test_the_path_of_an_archive_tells_the_release():
    found = origin("/x/site-packages/thing-1.2.3-py3.8.egg/thing/a.py")
    assert (found.module, found.version) == ("thing.a", "1.2.3")


@pytest.mark.parametrize(
    ("text", "python"),
    [
        (f'File "{SITE}/a.py"', "3.11"),
        ('File "C:\\Python39\\Lib\\json.py"', "3.9"),
        ("platform linux -- Python 3.13.0, pytest-8.3.5", "3.13"),
        ("nothing of the kind", None),
    ],
)
def test_the_interpreter_is_told_by_paths_and_by_pytest(text, python):
    assert python_of(text) == python


def test_releases_are_told_by_metadata_folders_and_by_pytest():
    text = (
        "platform linux -- Python 3.11.7, pytest-8.3.5, pluggy-1.5.0\n"
        "plugins: asyncio-0.26.0, anyio-4.6.2, html-3.1.1\n"
        f"OSError: {SITE}/openai-1.55.2.dist-info/METADATA\n"
    )
    assert versions_in(text) == {
        "openai": "1.55.2",
        "pytest": "8.3.5",
        "pytest-asyncio": "0.26.0",
        "anyio": "4.6.2",
        "pytest-html": "3.1.1",
    }


@given(st.text())
def test_no_path_and_no_text_makes_it_fail(text):
    origin(text)
    python_of(text)
    versions_in(text)
