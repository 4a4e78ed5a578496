"""Environments as they lie on disk, and what happens to them when somebody misbehaves."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.environments import Workshop, target_here
from tests.support.wheels import make_wheel
from versect.env.places import Places
from versect.env.prune import prune
from versect.errors import EngineUnavailable
from versect.model.environment import Environment
from versect.model.outcome import Cause
from versect.model.trial import NotRun

PLAIN = Requirement("plain==1.0")


@pytest.fixture
def workshop(tmp_path):
    workshop = Workshop(tmp_path)
    make_wheel(workshop.files, "plain", "1.0")
    return workshop


@pytest.fixture
def environment(workshop):
    return workshop.store().build(workshop.lock(PLAIN), target_here())


def _site(environment):
    return environment.root / f"lib/python{environment.target.python}/site-packages"


def _run(environment, *argv):
    done = subprocess.run(
        [environment.python, *argv], capture_output=True, text=True, check=True, env={}
    )
    return done.stdout.strip()


def test_an_environment_runs_what_was_locked(environment):
    assert _run(environment, "-c", "import plain; print(plain.VERSION)") == "1.0"


def test_its_interpreter_knows_that_it_is_a_virtual_environment(environment):
    code = "import sys; print(sys.prefix != sys.base_prefix, sys.prefix)"
    assert _run(environment, "-c", code) == f"True {environment.root}"


def test_nothing_of_the_harness_is_visible_in_it(environment):
    code = "import importlib.metadata as m; print(sorted(d.name for d in m.distributions()))"
    assert _run(environment, "-c", code) == "['plain']"


def test_the_cache_may_be_named_relative_to_the_working_directory(tmp_path, monkeypatch):
    make_wheel(tmp_path / "files", "plain", "1.0")
    monkeypatch.chdir(tmp_path)
    workshop = Workshop(tmp_path)
    workshop.places = Places(root=Path("cache"))
    environment = workshop.store().build(workshop.lock(PLAIN), target_here())
    monkeypatch.chdir("/")
    assert _run(environment, "-c", "import plain; print(plain.VERSION)") == "1.0"


def test_an_environment_may_hold_nothing(workshop):
    environment = workshop.store().build(workshop.lock(), target_here())
    assert _run(environment, "-c", "print(1)") == "1"


def test_bytecode_is_there_and_used(environment):
    code = "import plain; print(plain.__cached__)"
    cached = Path(_run(environment, "-B", "-c", code))
    assert cached.parent == _site(environment) / "__pycache__"
    assert cached.read_bytes()[4:8] == b"\1\0\0\0"  # by hash, unchecked (PEP 552)
    verbose = [environment.python, "-v", "-B", "-c", "import plain"]
    done = subprocess.run(verbose, capture_output=True, text=True, check=True, env={})
    assert f"code object from '{cached}'" in done.stderr


def test_bytecode_is_compiled_once_for_each_wheel_and_interpreter(workshop):
    make_wheel(workshop.files, "more", "1.0", requires=["plain"])
    workshop.store().build(workshop.lock(PLAIN), target_here())
    workshop.store().build(workshop.lock(PLAIN), target_here(image="sha256:0"))
    assert len(workshop.compiled) == 1
    workshop.store().build(workshop.lock(Requirement("more")), target_here())
    assert len(workshop.compiled) == 2


def test_what_does_not_compile_is_left_alone(workshop):
    files = {"odd/__init__.py": "X = 1\n", "odd/old.py": "print 'python 2'\n", "odd/n.py": "\0"}
    make_wheel(workshop.files, "odd", "1.0", files=files)
    environment = workshop.store().build(workshop.lock(Requirement("odd")), target_here())
    assert _run(environment, "-c", "import odd; print(odd.X)") == "1"
    assert len(list((_site(environment) / "odd/__pycache__").iterdir())) == 1


def test_tests_of_a_package_are_not_compiled(workshop):
    files = {"big/__init__.py": "", "big/tests/test_a.py": "X = 1\n", "big/test/b.py": ""}
    make_wheel(workshop.files, "big", "1.0", files=files)
    environment = workshop.store().build(workshop.lock(Requirement("big")), target_here())
    assert [path.parent.parent.name for path in _site(environment).rglob("*.pyc")] == ["big"]
    assert _run(environment, "-B", "-c", "import big.tests.test_a as t; print(t.X)") == "1"


def test_no_code_of_a_package_runs_while_it_is_built(workshop, tmp_path):
    trap = tmp_path / "sprung"
    code = f"open({str(trap)!r}, 'w')\n"
    make_wheel(
        workshop.files, "trap", "1.0", files={"trap.py": code, "trap.pth": f"import os; {code}"}
    )
    environment = workshop.store().build(workshop.lock(Requirement("trap")), target_here())
    assert isinstance(environment, Environment)
    assert not trap.exists()


def test_scripts_start_the_environments_interpreter(workshop):
    make_wheel(
        workshop.files,
        "tool",
        "1.0",
        files={"tool/__init__.py": "def main():\n    print('entry')\n"},
        entry_points="[console_scripts]\ntool = tool:main\n",
        data={"scripts/other": "#!python\nimport sys\nprint(sys.prefix)\n"},
    )
    environment = workshop.store().build(workshop.lock(Requirement("tool")), target_here())
    for name, said in (("tool", "entry"), ("other", str(environment.root))):
        script = environment.root / "bin" / name
        done = subprocess.run([script], capture_output=True, text=True, check=True, env={})
        assert done.stdout.strip() == said
    assert not (_site(environment) / "bin").exists()


def test_in_a_container_scripts_name_the_interpreter_as_the_cell_sees_it(tmp_path):
    workshop = Workshop(tmp_path, home="/versect/environment")
    make_wheel(workshop.files, "tool", "1.0", entry_points="[console_scripts]\ntool = tool:main\n")
    environment = workshop.store().build(workshop.lock(Requirement("tool")), target_here())
    text = (environment.root / "bin/tool").read_text()
    assert text.startswith("#!/versect/environment/bin/python\n")
    assert environment.python == "/versect/environment/bin/python"


def test_a_package_called_bin_is_not_taken_for_scripts(workshop):
    make_wheel(workshop.files, "bin", "1.0", files={"bin/__init__.py": "X = 1\n"})
    environment = workshop.store().build(workshop.lock(Requirement("bin")), target_here())
    assert _run(environment, "-c", "import bin; print(bin.X)") == "1"


def test_wheels_that_share_a_file_do_not_spoil_one_another(workshop):
    for name in ("first", "second"):
        files = {"shared/__init__.py": f"# {name}\n", f"shared/{name}.py": ""}
        make_wheel(workshop.files, name, "1.0", files=files)
    store = workshop.store()
    both = workshop.lock(Requirement("first"), Requirement("second"))
    environment = store.build(both, target_here())
    assert _run(environment, "-c", "import shared.first, shared.second; print(1)") == "1"
    for name in ("first", "second"):
        alone = store.build(workshop.lock(Requirement(name)), target_here())
        assert (_site(alone) / "shared/__init__.py").read_text() == f"# {name}\n"


def test_files_are_mapped_to_their_distributions(workshop):
    make_wheel(workshop.files, "my-tool", "1.0", requires=["plain"])
    store = workshop.store()
    owners = store.owners(store.build(workshop.lock(Requirement("my-tool")), target_here()))
    assert owners["my_tool.py"] == "my-tool"
    assert owners["plain.py"] == "plain"


def _write_in_place(site):
    (site / "plain.py").write_text("VERSION = 'x'\n")


def _write_bytecode(site):
    (cached,) = (site / "__pycache__").glob("plain.*.pyc")
    cached.write_bytes(cached.read_bytes().replace(b"1.0", b"6.6") + b" ")


def _add(site):
    (site / "new.py").write_text("")


def _add_a_link(site):
    (site / "linked").symlink_to("/tmp", target_is_directory=True)


def _remove(site):
    (site / "plain.py").unlink()


@pytest.mark.parametrize(
    "poison",
    [_write_in_place, _write_bytecode, _add, _add_a_link, _remove],
)
def test_a_poisoned_environment_is_noticed_and_built_anew(workshop, environment, poison):
    store = workshop.store()
    poison(_site(environment))
    assert not store.intact(environment)
    again = store.build(workshop.lock(PLAIN), target_here())
    assert again == environment
    assert store.intact(again)
    assert _run(again, "-c", "import plain; print(plain.VERSION)") == "1.0"


def test_running_in_an_environment_does_not_modify_it(workshop, environment):
    _run(environment, "-c", "import plain, json, asyncio")
    assert workshop.store().intact(environment)


def test_an_environment_here_shares_no_file_with_the_download_cache(workshop, environment):
    cache = Path(workshop.host["UV_CACHE_DIR"])
    downloaded = {path.stat().st_ino for path in cache.rglob("*") if path.is_file()}
    files = [path for path in _site(environment).rglob("*") if path.is_file()]
    assert downloaded
    assert not downloaded & {path.stat().st_ino for path in files}


def test_what_environments_share_is_made_anew_when_a_cell_wrote_into_it(workshop, environment):
    make_wheel(workshop.files, "more", "1.0", requires=["plain"])
    store = workshop.store()
    other = store.build(workshop.lock(Requirement("more")), target_here())
    _write_in_place(_site(environment))
    assert not store.intact(environment)
    assert not store.intact(other), "it links the same file"
    again = store.build(workshop.lock(Requirement("more")), target_here())
    assert _run(again, "-c", "import plain; print(plain.VERSION)") == "1.0"


def test_only_what_a_study_imports_is_compiled_and_more_of_it_later(workshop):
    files = {"big/__init__.py": "from .a import X\n", "big/a.py": "X = 1\n", "big/b.py": "Y = 2\n"}
    make_wheel(workshop.files, "big", "1.0", files=files)
    make_wheel(workshop.files, "more", "1.0", requires=["big"])
    workshop.roots = frozenset({"big"})
    first = workshop.store().build(workshop.lock(Requirement("big")), target_here())
    assert {p.name.split(".")[0] for p in _site(first).rglob("*.pyc")} == {"__init__", "a"}
    assert _run(first, "-B", "-c", "import big.b; print(big.b.Y)") == "2"
    workshop.roots = frozenset({"big.b"})
    later = workshop.store().build(workshop.lock(Requirement("more")), target_here())
    assert {p.name.split(".")[0] for p in _site(later).rglob("*.pyc")} == {"__init__", "a", "b"}


def test_what_was_written_before_an_environment_was_made_from_it_is_noticed(workshop, environment):
    make_wheel(workshop.files, "more", "1.0", requires=["plain"])
    store = workshop.store()
    _write_in_place(_site(environment))
    other = store.build(workshop.lock(Requirement("more")), target_here())
    assert not store.intact(other), "it was made of a file that was spoilt already"
    again = store.build(workshop.lock(Requirement("more")), target_here())
    assert store.intact(again)
    assert _run(again, "-c", "import plain; print(plain.VERSION)") == "1.0"


def test_a_cache_that_comes_back_from_a_backup_heals(workshop, environment):
    layers = workshop.places.layers(linked=False)
    for folder in (workshop.places.environments, layers):
        shutil.copytree(folder, f"{folder}.copy", symlinks=True)
        shutil.rmtree(folder)
        Path(f"{folder}.copy").rename(folder)
    store = workshop.store()
    assert not store.intact(environment), "its files have other numbers"
    again = store.build(workshop.lock(PLAIN), target_here())
    assert store.intact(again)
    assert _run(again, "-c", "import plain; print(plain.VERSION)") == "1.0"


def test_releases_share_the_bytecode_of_equal_files(workshop):
    for version in ("1.0", "2.0"):
        files = {"big/__init__.py": "", "big/same.py": "X = 1\n", "big/v.py": f"V = '{version}'\n"}
        make_wheel(workshop.files, "big", version, files=files)
    one, two = _both_releases_of_big(workshop)
    shared = {name for name in one if one[name].samefile(two[name])}
    assert shared == {"__init__", "same"}
    assert one.keys() == two.keys() == shared | {"v"}


def test_bytecode_that_somebody_wrote_into_is_not_shared(workshop):
    for version in ("1.0", "2.0"):
        files = {"big/__init__.py": "", "big/same.py": "X = 1.0\n"}
        make_wheel(workshop.files, "big", version, files=files)

    def poison(cached):
        cached["same"].write_bytes(cached["same"].read_bytes() + b" ")

    one, two = _both_releases_of_big(workshop, poison)
    assert {name for name in one if one[name].samefile(two[name])} == {"__init__"}
    assert two["same"].read_bytes() != one["same"].read_bytes()


def _both_releases_of_big(workshop, between=lambda cached: None):
    """Give the bytecode of two releases by module; ``between`` meets that of the first one."""
    store, found = workshop.store(), []
    for version in ("1.0", "2.0"):
        lock = workshop.lock(Requirement(f"big=={version}"))
        environment = store.build(lock, target_here())
        assert _run(environment, "-B", "-c", "import big.same; print(1)") == "1"
        found.append({p.name.split(".")[0]: p for p in _site(environment).rglob("*.pyc")})
        between(found[0])
    return found


def test_an_environment_for_containers_is_hard_links(tmp_path):
    workshop = Workshop(tmp_path, home="/versect/environment")
    make_wheel(workshop.files, "plain", "1.0")
    environment = workshop.store().build(workshop.lock(PLAIN), target_here())
    assert (_site(environment) / "plain.py").stat().st_nlink == 3  # uv's cache, layer, environment


def test_a_wrong_hash_is_an_outcome_and_leaves_nothing(workshop):
    lock = workshop.lock(PLAIN)
    make_wheel(workshop.files, "plain", "1.0", files={"plain.py": "EVIL = 1\n"})
    refused = workshop.store().build(lock, target_here())
    assert isinstance(refused, NotRun)
    assert refused.cause is Cause.INSTALL_FAILED
    assert _leftovers(workshop) == []


def test_a_compiler_that_cannot_run_is_an_outcome(workshop):
    def broken(*_):
        raise EngineUnavailable("docker went away")

    workshop._trusted = broken
    refused = workshop.store().build(workshop.lock(PLAIN), target_here())
    assert refused.cause is Cause.ENGINE_ERROR
    assert _leftovers(workshop) == []


def test_a_folder_that_cannot_be_written_is_an_outcome(workshop):
    workshop.places.root.mkdir()
    workshop.places.environments.write_text("a file where a folder should be")
    refused = workshop.store().build(workshop.lock(PLAIN), target_here())
    assert refused.cause is Cause.STORAGE_ERROR


def test_two_processes_build_one_environment(workshop):
    processes = [_builder(workshop) for _ in range(2)]
    keys = {json.loads(process.communicate(timeout=60)[0])["key"] for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    ready = list((workshop.places.environments / "ready").iterdir())
    assert {path.name for path in ready} == keys
    assert len(keys) == 1


def test_killed_at_any_instant_nothing_half_built_is_ever_used(workshop):
    for number in range(30):
        make_wheel(workshop.files, f"many{number}", "1.0")
    names = ",".join(f"many{number}" for number in range(30))
    whole = _timed(workshop, names)
    killed = 0
    for step in range(12):
        _forget(workshop)
        process = _builder(workshop, names)
        time.sleep(whole * step / 12)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        lock = workshop.lock(*(Requirement(name) for name in names.split(",")))
        environment = workshop.store().build(lock, target_here())
        code = "".join(f"import many{number};" for number in range(30))
        assert _run(environment, "-c", code + "print(1)") == "1"
        assert workshop.store().intact(environment)
    assert killed >= 3  # the rest came after the end, on a machine that was quicker this time
    prune(workshop.places, before=0.0, dry_run=False)  # an orphaned uv may have written on
    assert _leftovers(workshop) == []


_BUILDER = """
import json, sys, pathlib
from packaging.requirements import Requirement
from tests.support.environments import Workshop, target_here
workshop = Workshop(pathlib.Path(sys.argv[1]), url=sys.argv[2])
lock = workshop.lock(*(Requirement(name) for name in sys.argv[3].split(",")))
environment = workshop.store().build(lock, target_here())
print(json.dumps({"key": environment.key}))
"""


def _builder(workshop, names="plain"):
    url = workshop.index()[-1]
    argv = [sys.executable, "-c", _BUILDER, str(workshop.places.root.parent), url, names]
    root = Path(__file__).parents[2]
    return subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _timed(workshop, names):
    started = time.monotonic()
    process = _builder(workshop, names)
    process.communicate(timeout=60)
    assert process.returncode == 0
    return time.monotonic() - started


def _forget(workshop):
    layers = workshop.places.layers(linked=False)
    for folder in (workshop.places.environments / "ready", layers / "wheels", layers / "bytecode"):
        if folder.is_dir():
            folder.rename(workshop.places.root / f"old-{time.monotonic_ns()}")


def _leftovers(workshop):
    folders = (workshop.places.environments / "tmp", workshop.places.layers(linked=False) / "tmp")
    return [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
