"""Copies of environments in which some files are others."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.environments import Workshop, target_here
from tests.support.wheels import make_wheel
from versect.env import layout
from versect.env.inject import PTH_NAME
from versect.env.prune import prune
from versect.forensics.changes import applied, changes
from versect.model.environment import Environment
from versect.model.outcome import Cause

CONTAINER = "/versect/environment"
FILES = {
    "pkg/__init__.py": "NAME = 'old'\nfrom pkg.sub import DEEP\n",
    "pkg/sub/__init__.py": "DEEP = 1\n",
    "pkg/gone.py": "",
    "single.py": "X = 1\n",
}
NEWER = {
    "pkg/__init__.py": "NAME = 'new'\nfrom pkg.sub import DEEP\n",
    "pkg/sub/__init__.py": "DEEP = 2\n",
    "pkg/more/__init__.py": "def main():\n    print('more')\n",
    "single.py": "X = 1\n",
}
CHANGED = {"pkg/__init__.py": b"NAME = 'patched'\n"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store and an environment that stays as it is."""
    return _made(tmp_path_factory.mktemp("made"))[1:]


@pytest.fixture
def store(made):
    return made[0]


@pytest.fixture
def base(made):
    return made[1]


def _workshop(folder, home=None):
    workshop = Workshop(folder, home=home)
    make_wheel(workshop.files, "other", "1.0")
    for version, files, script in (("1.0", FILES, "old"), ("2.0", NEWER, "new")):
        make_wheel(
            workshop.files,
            "pkg",
            version,
            files=files,
            requires=["other"],
            entry_points=f"[console_scripts]\n{script} = pkg.more:main\n",
            data={"scripts/where": "#!python\nimport sys\nprint(sys.prefix)\n"},
        )
    return workshop


def _made(folder, home=None):
    workshop = _workshop(folder, home)
    store = workshop.store()
    return workshop, store, _build(workshop, store, "1.0")


def _build(workshop, store, version):
    return store.build(workshop.lock(Requirement(f"pkg=={version}")), target_here())


def _site(environment):
    return environment.root / layout.site_packages(environment.target.python)


def _said(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True, env={}).stdout.strip()


def _name(environment):
    return _said(environment.python, "-B", "-c", "import pkg; print(pkg.NAME)")


def test_the_copy_runs_the_changed_file_and_the_base_its_own(store, base):
    copy = store.derive(base, CHANGED)
    assert (_name(base), _name(copy)) == ("old", "patched")


def test_files_can_be_removed_and_added(store, base):
    files = {"pkg/gone.py": None, "pkg/more/__init__.py": b"Y = 2\n", "top.py": b"Z = 3\n"}
    copy = store.derive(base, files)
    code = "import importlib.util as u, pkg.more, top; print(u.find_spec('pkg.gone'), top.Z)"
    assert _said(copy.python, "-c", code) == "None 3"


def test_bytecode_goes_with_its_source_and_stays_with_any_other(store, base):
    copy = store.derive(base, {"pkg/sub/__init__.py": b"DEEP = 2\n", "pkg/gone.py": None})
    compiled = {path.relative_to(_site(copy)).parts for path in _site(copy).rglob("*.pyc")}
    tag = base.target.cache_tag
    assert compiled == {
        ("__pycache__", f"single.{tag}.pyc"),
        ("__pycache__", f"other.{tag}.pyc"),
        ("pkg", "__pycache__", f"__init__.{tag}.pyc"),
    }
    assert _said(copy.python, "-c", "import pkg; print(pkg.DEEP)") == "2"


def test_a_folder_that_nothing_is_left_in_is_not_there(store, base):
    copy = store.derive(base, {"pkg/sub/__init__.py": None})
    assert (_site(base) / "pkg/sub/__pycache__").is_dir()
    assert not (_site(copy) / "pkg/sub").exists()


def test_with_nothing_to_change_it_is_the_base_itself(store, base):
    assert store.derive(base, {}) == base


def test_what_differs_names_the_copy(store, base):
    versions = [CHANGED, {"pkg/__init__.py": None}, {"single.py": b"NAME = 'patched'\n"}, {}]
    assert len({store.derive(base, files).key for files in versions}) == 4
    assert store.derive(base, CHANGED) == store.derive(base, CHANGED)


def test_a_copy_can_be_copied(store, base):
    once = store.derive(base, CHANGED)
    twice = store.derive(once, {"single.py": b"X = 2\n"})
    code = "import pkg, single; print(pkg.NAME, single.X)"
    assert _said(twice.python, "-c", code) == "patched 2"


def test_everything_else_is_a_link_to_the_base(store, base):
    copy = store.derive(base, CHANGED)
    for path in _site(copy).rglob("*.py"):
        original = _site(base) / path.relative_to(_site(copy))
        assert path.samefile(original) == (path.parent.name != "pkg" or path.name == "gone.py")
    python = copy.root / "bin/python"
    assert python.is_symlink()
    assert python.readlink() == Path(base.target.executable)


def test_base_and_copy_are_intact(store, base):
    copy = store.derive(base, {**CHANGED, "pkg/gone.py": None, "new/a.py": b""})
    assert store.intact(base)
    assert store.intact(copy)
    _name(copy)
    assert store.intact(copy)


@pytest.mark.parametrize(("name", "first"), [("plain", "#!/"), ("with a blank", "#!/bin/sh\n")])
def test_scripts_start_the_copys_interpreter(name, first):
    with tempfile.TemporaryDirectory() as short:
        _, store, base = _made(Path(short, name))
        copy = store.derive(base, CHANGED)
        assert layout.shebang(copy.python).startswith(first)
        assert (copy.root / "bin/old").read_text().startswith(f"{layout.shebang(copy.python)}\n")
        assert _said(copy.root / "bin/where") == str(copy.root)
        assert _said(base.root / "bin/where") == str(base.root)


def test_in_a_container_scripts_are_links(tmp_path):
    _, store, base = _made(tmp_path, CONTAINER)
    copy = store.derive(base, CHANGED)
    assert copy.home == base.home == CONTAINER
    assert (copy.root / "bin/where").samefile(base.root / "bin/where")
    assert (_site(copy) / "pkg/__init__.py").read_bytes() == CHANGED["pkg/__init__.py"]
    assert store.intact(copy)


@pytest.mark.parametrize("home", [None, CONTAINER])
def test_all_changes_applied_make_the_newer_release(tmp_path, home):
    workshop, store, old = _made(tmp_path, home)
    new = _build(workshop, store, "2.0")
    before, after = (_files(store, environment, "pkg") for environment in (old, new))
    found = changes(before, after)
    copy = store.derive(old, applied(before, found, range(len(found))))
    assert _content(copy) == _content(new)
    assert set(store.owners(copy)) == set(store.owners(new)) - {"bin/new"} | {"bin/old"}
    if home is None:
        code = "import importlib.metadata as m; print(m.version('pkg'))"
        assert _said(copy.python, "-c", code) == "2.0"
        assert _said(copy.root / "bin/new") == "more"


def _files(store, environment, project):
    owned = [name for name, owner in store.owners(environment).items() if owner == project]
    paths = {name: _site(environment) / name for name in owned}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def _content(environment):
    site = _site(environment)
    paths = (path for path in site.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(site): path.read_bytes() for path in paths}


def test_a_new_file_belongs_to_whose_files_are_replaced_with_it(store, base):
    copy = store.derive(base, {**CHANGED, "pkg/gone.py": None, "pkg/more.py": b""})
    before, after = store.owners(base), store.owners(copy)
    assert after == {n: o for n, o in before.items() if n != "pkg/gone.py"} | {"pkg/more.py": "pkg"}
    alone = store.derive(base, {"pkg/more.py": b""})
    assert store.owners(alone) == before


def test_a_file_that_belongs_to_no_distribution_is_left_alone(store, base):
    copy = store.derive(base, {PTH_NAME: b"import evil\n"})
    assert (_site(copy) / PTH_NAME).samefile(_site(base) / PTH_NAME)


@pytest.mark.parametrize("path", ["../x.py", "pkg/../../x.py", "/x.py"])
def test_a_path_out_of_site_packages_is_refused(store, base, path):
    with pytest.raises(ValueError, match=r"not in site-packages: .*x\.py"):
        store.derive(base, {path: b""})
    assert list((base.root.parents[1] / "tmp").iterdir()) == []


def test_what_a_cell_wrote_into_a_copy_is_noticed_in_the_base_too(tmp_path):
    workshop, store, base = _made(tmp_path)
    copy = store.derive(base, CHANGED)
    (_site(copy) / "single.py").write_text("X = 666\n")
    assert not store.intact(copy)
    refused = store.derive(base, CHANGED)
    assert refused.cause is Cause.ENVIRONMENT_MODIFIED
    again = store.derive(_build(workshop, store, "1.0"), CHANGED)
    assert again == copy
    assert _said(again.python, "-c", "import single; print(single.X)") == "1"


def test_of_a_base_that_has_files_too_many_no_copy_is_made(tmp_path):
    _, store, base = _made(tmp_path)
    (_site(base) / "stray.py").write_text("")
    assert store.derive(base, CHANGED).cause is Cause.ENVIRONMENT_MODIFIED
    assert not base.root.exists()


def test_a_copy_in_use_stays_and_goes_when_it_is_old(tmp_path):
    workshop, store, base = _made(tmp_path)
    copy = store.derive(base, CHANGED)
    prune(workshop.places, before=time.time() + 1, dry_run=False)
    assert store.intact(copy)
    store.close()
    prune(workshop.places, before=time.time() + 1, dry_run=False)
    assert not copy.root.exists()


def test_threads_that_ask_side_by_side_get_one_copy(store, base):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: store.derive(base, CHANGED), range(8)))
    assert len(set(made)) == 1
    assert isinstance(made[0], Environment)


_KILLED = """
import os, pathlib, signal, sys
from packaging.requirements import Requirement
from tests.support.environments import Workshop, target_here
from versect.env import disk
workshop = Workshop(pathlib.Path(sys.argv[1]), url=sys.argv[2])
store, left, link = workshop.store(), int(sys.argv[3]), disk.link
base = store.build(workshop.lock(Requirement("pkg==1.0")), target_here())
def last(source, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    link(source, target)
disk.link = last
store.derive(base, {"pkg/__init__.py": b"NAME = 'patched'\\n"})
"""


def test_killed_while_copying_nothing_half_built_is_ever_used(tmp_path):
    workshop, store, base = _made(tmp_path)
    where = [str(workshop.places.root.parent), workshop.index()[-1]]
    for links in (0, 5, 10):
        argv = [sys.executable, "-c", _KILLED, *where, str(links)]
        killed = subprocess.run(argv, cwd=Path(__file__).parents[2], check=False)
        assert killed.returncode == -signal.SIGKILL
        left = list((workshop.places.environments / "tmp").iterdir())
        assert len(left) == 1
        copy = store.derive(base, CHANGED)
        assert not left[0].exists()
        assert _name(copy) == "patched"
        assert store.intact(copy)
        shutil.rmtree(copy.root)
