"""What a program needs, read from its files."""

import textwrap

import pytest

from versect.errors import StudyError
from versect.source.modules import guessed, installed, is_standard
from versect.source.program import of_code, of_script


@pytest.fixture
def write(tmp_path):
    def make(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        return tmp_path / "app.py"

    return make


def read(path):
    return of_script(path, path.parent)


def test_imports_of_others_are_told_and_pythons_own_are_not(write):
    found = read(
        write(app="import os, httpx\nfrom google.protobuf import message\nimport numpy as np")
    )
    assert found.modules == ("httpx", "google.protobuf.message", "numpy")
    assert found.files == ("app.py",)


def test_modules_beside_it_are_its_own_files_and_their_imports_count(write):
    script = write(
        app="import helper\nfrom tools.deep import dig\nfrom local_name import thing",
        helper="import httpx",
        tools__deep="from . import shallow\nfrom .shallow import x\nimport openai",
        tools__shallow="x = 1",
    )
    (script.parent / "tools" / "__init__.py").write_text("")
    found = read(script)
    assert set(found.files) >= {"app.py", "helper.py", "tools/deep.py", "tools/shallow.py"}
    assert set(found.modules) == {"httpx", "openai", "local_name.thing"}


def test_what_is_imported_for_types_only_is_left_out(write):
    script = write(
        app="""
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            import pandas
        else:
            import httpx
        """
    )
    assert read(script).modules == ("httpx",)


def test_what_the_program_can_do_without_is_optional(write):
    script = write(
        app="""
        import httpx
        try:
            import orjson as json
        except ImportError:
            import json
        def later():
            import rich
        """
    )
    found = read(script)
    assert found.modules == ("httpx", "orjson", "rich")
    assert found.optional == {"orjson"}


def test_what_is_imported_by_name_counts(write):
    script = write(app="import importlib\nimportlib.import_module('httpx')\n")
    assert read(script).modules == ("httpx",)


def test_circles_end(write):
    script = write(app="import other", other="import app")
    assert set(read(script).files) == {"app.py", "other.py"}


def test_a_script_that_is_not_python_is_said_with_its_line(write):
    with pytest.raises(StudyError, match="line 2"):
        read(write(app="x = 1\nprint 'two'\n"))


def test_code_is_read_as_a_script_is(tmp_path):
    assert of_code("import httpx; httpx.get('x')", tmp_path).modules == ("httpx",)
    assert of_code("not python at all", tmp_path).modules == ()


def test_names_that_differ_from_their_modules_are_known():
    assert guessed("yaml") == "pyyaml"
    assert guessed("google.protobuf.message") == "protobuf"
    assert guessed("some_thing.else") == "some-thing"
    assert is_standard("distutils.core")
    assert not is_standard("httpx")


def test_an_environment_tells_names_and_releases(tmp_path):
    site = tmp_path / "lib" / "python3.12" / "site-packages"
    for name, version, files in (
        ("PyYAML", "6.0", ("yaml/__init__.py", "_yaml/__init__.py")),
        ("one", "1.0", ("shared/one.py",)),
        ("two", "2.0", ("shared/two.py", "single.py")),
    ):
        info = site / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    (site / "broken-1.dist-info").mkdir()
    found = installed([site, tmp_path / "absent"])
    assert found.python == "3.12"
    assert {name: str(version) for name, version in found.versions.items()} == {
        "pyyaml": "6.0",
        "one": "1.0",
        "two": "2.0",
    }
    assert found.project("yaml.reader") == "pyyaml"
    assert found.project("shared.two") is None
    assert found.project("shared.two", "shared/two.py") == "two"
    assert found.project("single") == "two"
