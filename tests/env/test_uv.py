"""uv's command lines and environment."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.environments import request_of
from versect.env import uv


def _compile(**changes):
    return uv.compile_argv(
        "uv",
        request_of(Requirement("httpx==0.27.2"), **changes),
        source=Path("in.txt"),
        target=Path("pylock.toml"),
        index=("--offline",),
    )


def _after(argv, option):
    return argv[argv.index(option) + 1]


def test_everything_must_have_a_wheel():
    assert _after(_compile(), "--only-binary") == ":all:"


def test_uv_is_given_an_interpreter_so_that_it_looks_for_none():
    assert _after(_compile(), "--python") == sys.executable


def test_version_and_platform_are_the_targets():
    argv = _compile(version="3.12.1", platform="x86_64-manylinux_2_36")
    assert _after(argv, "--python-version") == "3.12.1"
    assert _after(argv, "--python-platform") == "x86_64-manylinux_2_36"
    assert "--python-platform" not in _compile(platform=None)


def test_the_cut_off_becomes_exclude_newer():
    argv = _compile(cut_off=datetime(2024, 5, 1, 12, tzinfo=UTC))
    assert _after(argv, "--exclude-newer") == "2024-05-01T12:00:00+00:00"
    assert "--exclude-newer" not in _compile(cut_off=None)


def test_index_arguments_come_last():
    assert _compile()[-1] == "--offline"


@pytest.mark.parametrize(
    "name",
    [
        "UV_DEFAULT_INDEX",
        "UV_INDEX",
        "UV_INDEX_INTERNAL_PASSWORD",
        "UV_EXTRA_INDEX_URL",
        "UV_CACHE_DIR",
        "UV_HTTP_TIMEOUT",
        "SSL_CERT_FILE",
        "HTTPS_PROXY",
        "no_proxy",
        "NETRC",
        "HOME",
        "PATH",
    ],
)
def test_where_indexes_are_is_passed_on(name):
    assert uv.environment({name: "x"})[name] == "x"


@pytest.mark.parametrize(
    "name",
    [
        "UV_EXCLUDE_NEWER",
        "UV_FIND_LINKS",
        "UV_CONSTRAINT",
        "UV_OVERRIDE",
        "UV_PRERELEASE",
        "UV_RESOLUTION",
        "UV_FORK_STRATEGY",
        "UV_NO_BINARY_PACKAGE",
        "UV_PROJECT",
        "UV_PYTHON",
        "PYTHONPATH",
        "OPENAI_API_KEY",
    ],
)
def test_what_would_change_an_answer_or_leak_a_secret_is_not(name):
    assert name not in uv.environment({name: "x"})


def test_uv_never_downloads_an_interpreter():
    assert uv.environment({"UV_PYTHON_DOWNLOADS": "automatic"})["UV_PYTHON_DOWNLOADS"] == "never"
