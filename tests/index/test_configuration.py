"""Which indexes apply, from uv's and pip's settings, and that uv understands what it is told."""

import subprocess
import tomllib

import pytest
from uv import find_uv_bin

from tests.support.wheels import index_pages, make_wheel
from versect.errors import UsageError
from versect.index.configuration import configured, default_index
from versect.index.location import Source, bare, local_path, without_credentials

DEFAULT = "https://default.example/simple"


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def settle(environment=None, *, uv=(), pip=(), offline=False):
    """Configure from an environment and files."""
    return configured(
        environment=environment or {},
        uv_files=uv,
        pip_files=pip,
        default=DEFAULT,
        offline=offline,
    )


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def urls(found):
    return [source.url for source in found.indexes]


def links(found):
    return [source.url for source in found.find_links]


def test_with_no_settings_uv_s_default_applies(folder):
    found = settle(uv=[folder / "none.toml"], pip=[folder / "none.conf"])
    assert (urls(found), links(found), found.origin) == ([DEFAULT], [], "default")
    assert found.default == DEFAULT
    assert not found.union
    assert not found.offline


def test_further_indexes_come_before_the_default_one():
    found = settle(
        {
            "UV_DEFAULT_INDEX": "main=https://main.example",
            "UV_INDEX": "one=https://one.example https://two.example",
            "UV_EXTRA_INDEX_URL": "https://three.example",
            "UV_FIND_LINKS": "/a folder,https://links.example",
        }
    )
    assert urls(found) == [
        "https://one.example",
        "https://two.example",
        "https://three.example",
        "https://main.example",
    ]
    assert links(found) == ["/a folder", "https://links.example"]
    assert (found.origin, found.union) == ("uv", False)
    told = tomllib.loads(found.uv_toml)
    assert [index["url"] for index in told["index"]] == urls(found)
    assert told["index"][-1]["default"]
    assert told["find-links"] == ["file:///a%20folder", "https://links.example"]
    assert found.indexes[0].origin == "UV_INDEX"


def test_uv_s_files_are_laid_together_the_closest_first(folder):
    near = written(
        folder / "pyproject.toml",
        """
        [tool.uv]
        find-links = ["wheels"]
        [[tool.uv.index]]
        url = "https://near.example"
        [[tool.uv.index]]
        url = "https://explicit.example"
        explicit = true
        [[tool.uv.index]]
        url = "https://flat.example"
        format = "flat"
        """,
    )
    far = written(
        folder / "user" / "uv.toml",
        """
        extra-index-url = ["https://far.example"]
        [[index]]
        url = "https://main.example"
        default = true
        [pip]
        find-links = ["/far"]
        index-strategy = "unsafe-best-match"
        """,
    )
    found = settle({"UV_INDEX": "https://env.example"}, uv=[near, far])
    assert urls(found) == [
        "https://env.example",
        "https://near.example",
        "https://far.example",
        "https://main.example",
    ]
    assert links(found) == ["https://flat.example", str(folder / "wheels"), "/far"]
    assert found.union
    assert found.indexes[2].origin == str(far)


@pytest.mark.parametrize("text", ["pip = 3", "index = 3", "[[index]]\nname = 'x'"])
def test_a_file_that_uv_refuses_says_nothing(folder, text):
    assert settle(uv=[written(folder / "uv.toml", text)]).origin == "default"


@pytest.mark.parametrize("text", ["[", "\x00"])
def test_a_file_that_is_not_toml_is_named(folder, text):
    with pytest.raises(UsageError, match=r"uv\.toml says where packages come from"):
        settle(uv=[written(folder / "uv.toml", text)])


def test_what_else_a_folders_settings_say_does_not_reach_the_resolver(folder):
    text = 'exclude-newer = "2020-01-01"\nconstraint-dependencies = ["a<1"]\nnative-tls = true\n'
    text += '[[index]]\nurl = "https://one.example"\n'
    told = tomllib.loads(settle(uv=[written(folder / "uv.toml", text)]).uv_toml)
    assert told.keys() == {"native-tls", "index"}


def test_a_project_without_settings_for_uv_says_nothing(folder):
    path = written(folder / "pyproject.toml", "[tool]\nuv = 3\n")
    assert settle(uv=[path]).origin == "default"


def test_the_environment_may_name_another_file_or_none(folder):
    one = written(folder / "uv.toml", 'index-url = "https://one.example"')
    two = written(folder / "two.toml", 'index-url = "https://two.example"')
    assert urls(settle(uv=[one])) == ["https://one.example"]
    assert urls(settle({"UV_CONFIG_FILE": str(two)}, uv=[one])) == ["https://two.example"]
    assert urls(settle({"UV_NO_CONFIG": "1"}, uv=[one])) == [DEFAULT]


def test_settings_for_uv_hide_those_for_pip(folder):
    pip = written(folder / "pip.conf", "[global]\nextra-index-url = https://pip.example\n")
    assert settle({"UV_FIND_LINKS": "/x"}, pip=[pip]).origin == "uv"
    assert urls(settle({"UV_FIND_LINKS": "/x"}, pip=[pip])) == [DEFAULT]


def test_pip_s_environment_wins_over_sections_and_those_over_files(folder):
    weak = written(
        folder / "weak.conf",
        "[global]\nindex-url = https://weak.example\n[install]\nextra_index_url = https://x\n",
    )
    strong = written(
        folder / "strong.conf",
        "[global]\nindex-url = https://strong.example\nextra-index-url = https://y\n",
    )
    found = settle(pip=[weak, strong])
    assert urls(found) == ["https://x", "https://strong.example"]
    assert (found.origin, found.union) == ("pip", True)
    found = settle({"PIP_EXTRA_INDEX_URL": "https://a\nhttps://b"}, pip=[weak, strong])
    assert urls(found) == ["https://a", "https://b", "https://strong.example"]
    assert found.indexes[0].origin == "PIP_EXTRA_INDEX_URL"


@pytest.mark.parametrize(
    "environment",
    [
        {"PIP_NO_INDEX": "1", "PIP_EXTRA_INDEX_URL": "https://x.example"},
        {"UV_NO_INDEX": "true", "UV_INDEX": "https://x.example"},
    ],
)
def test_no_index_switches_off_every_index(environment):
    found = settle(environment)
    assert (found.indexes, found.default) == ((), None)


def test_offline_is_said_by_the_user_or_by_uv(folder):
    assert settle(offline=True).offline
    assert settle({"UV_OFFLINE": "1"}).offline
    assert settle(uv=[written(folder / "uv.toml", "offline = true")]).offline
    assert not settle({"UV_OFFLINE": "0"}).offline


def test_folders_that_pip_passes_over_are_kept_from_uv_and_told(folder):
    (folder / "there").mkdir()
    found = settle({"PIP_FIND_LINKS": f"{folder}/there {folder}/gone https://links.example"})
    assert links(found) == [f"{folder}/there", "https://links.example"]
    assert found.absent == (
        f"passed over find-links {folder}/gone (PIP_FIND_LINKS): it does not exist",
    )


def test_credentials_are_used_and_never_shown():
    found = settle(
        {
            "UV_INDEX": "my-own=https://one.example https://me:s3cret@two.example/x@y",
            "UV_INDEX_MY_OWN_USERNAME": "me@work",
            "UV_INDEX_MY_OWN_PASSWORD": "s3cret",
        }
    )
    assert urls(found)[:2] == [
        "https://me%40work:s3cret@one.example",
        "https://me:s3cret@two.example/x@y",
    ]
    shown = "\n".join(found.words)
    assert "s3cret" not in shown
    assert "https://***@two.example/x@y" in shown


def test_what_uv_is_told_is_toml_and_keeps_its_network_settings(folder):
    uv = written(folder / "uv.toml", 'native-tls = true\nallow-insecure-host = ["a\\"ü"]\n')
    found = settle({"PIP_EXTRA_INDEX_URL": f"{folder}/simple https://x.example"}, uv=[uv])
    assert tomllib.loads(found.uv_toml) == {
        "native-tls": True,
        "allow-insecure-host": ['a"ü'],
        "index-strategy": "unsafe-best-match",
        "index": [
            {"url": (folder / "simple").as_uri()},
            {"url": "https://x.example", "cache-control": _CACHE},
            {"url": DEFAULT, "default": True, "cache-control": _CACHE},
        ],
    }


_CACHE = {"api": "max-age=600", "files": "max-age=31536000, immutable"}


def test_uv_names_its_default_index():
    helped = subprocess.run(
        [find_uv_bin(), "pip", "compile", "--help"], capture_output=True, text=True, check=True
    )
    assert default_index(helped.stdout).startswith("https://")
    assert default_index("some other program") is None


def test_uv_takes_the_settings_and_finds_what_they_name(folder):
    make_wheel(folder / "one", "thing", "1.0")
    make_wheel(folder / "two", "thing", "2.0")
    make_wheel(folder / "links", "thing", "3.0")
    index_pages(folder / "two")
    environment = {
        "PIP_INDEX_URL": index_pages(folder / "one"),
        "PIP_EXTRA_INDEX_URL": f"{folder}/two/simple {folder}/gone/simple",
        "PIP_FIND_LINKS": f"{folder}/links {folder}/nothing",
    }
    settings = written(folder / "cache" / "uv.toml", settle(environment).uv_toml)
    for wanted in ("1.0", "2.0", "3.0"):
        done = subprocess.run(
            [find_uv_bin(), "pip", "compile", "-", "--config-file", settings, "--no-header"],
            input=f"thing=={wanted}",
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "UV_PYTHON_DOWNLOADS": "never"},
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr
        assert f"thing=={wanted}" in done.stdout


@pytest.mark.parametrize(
    ("text", "shown", "naked"),
    [
        ("https://a.example/x", "https://a.example/x", "https://a.example/x"),
        ("https://me:pw@a.example/x", "https://***@a.example/x", "https://a.example/x"),
        ("https://tok/en@a.example", "https://tok/en@a.example", "https://tok/en@a.example"),
        ("git+https://tok@a.example", "git+https://***@a.example", "git+https://a.example"),
        ("/a/folder@x", "/a/folder@x", "/a/folder@x"),
    ],
)
def test_how_a_url_is_shown(text, shown, naked):
    assert without_credentials(text) == shown
    assert bare(text) == naked
    assert str(Source(url=text, origin="x")) == shown


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///a/b%20c", "/a/b c"),
        ("file://localhost/a", "/a"),
        ("/a/b", "/a/b"),
        ("wheels", "wheels"),
        ("https://a.example/b", None),
    ],
)
def test_what_lies_on_this_machine(url, path):
    found = local_path(url)
    assert (None if found is None else str(found)) == path
