"""Pruning: what is old goes, what is in use stays, and what was half made is swept up."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.environments import Workshop, target_here
from tests.support.wheels import make_wheel
from versect.env.leases import BusyError, Leases
from versect.env.places import Kind, Places
from versect.env.prune import entries, prune
from versect.model.environment import Environment

PLAIN = Requirement("plain==1.0")
DAY = 86400.0


@pytest.fixture
def workshop(tmp_path):
    workshop = Workshop(tmp_path)
    make_wheel(workshop.files, "plain", "1.0")
    return workshop


@pytest.fixture
def built(workshop):
    """An environment that no living process uses."""
    store = workshop.store()
    environment = store.build(workshop.lock(PLAIN), target_here())
    store.close()
    return environment


def _age(workshop, days):
    """Make everything look as if it had last been used so many days ago."""
    then = time.time() - days * DAY
    for kind in Kind:
        for path in workshop.places.entries(kind):
            os.utime(path, (then, then))


def test_everything_that_is_kept_is_counted(workshop, built):
    assert isinstance(built, Environment)
    counts = dict.fromkeys(Kind, 0)
    for entry in entries(workshop.places):
        counts[entry.kind] += 1
        assert entry.size > 0
        assert abs(entry.used - time.time()) < 60
    assert counts == {
        Kind.WHEELS: 1,
        Kind.BYTECODE: 1,
        Kind.BUILT: 0,
        Kind.ENVIRONMENTS: 1,
        Kind.LOCKS: 1,
        Kind.INDEX: 0,
    }


def test_a_file_with_two_names_is_counted_once(tmp_path):
    workshop = Workshop(tmp_path, home="/versect/environment")
    make_wheel(workshop.files, "big", "1.0", files={"big.py": "#" * 1_000_000})
    workshop.store().build(workshop.lock(Requirement("big")), target_here())
    assert sum(entry.size for entry in entries(workshop.places)) < 1_500_000


def test_what_was_used_lately_stays(workshop, built):
    assert prune(workshop.places, before=time.time() - 30 * DAY, dry_run=False).removed == ()
    assert built.root.is_dir()


def test_what_nobody_used_for_long_goes(workshop, built):
    _age(workshop, 31)
    removed = prune(workshop.places, before=time.time() - 30 * DAY, dry_run=False).removed
    assert {entry.kind for entry in removed} == set(Kind) - {Kind.INDEX, Kind.BUILT}
    assert not built.root.exists()
    assert list(entries(workshop.places)) == []


def test_using_an_environment_makes_it_and_its_layers_young_again(workshop, built):
    _age(workshop, 31)
    store = workshop.store()
    assert store.build(workshop.lock(PLAIN), target_here()) == built
    store.close()
    removed = prune(workshop.places, before=time.time() - 30 * DAY, dry_run=False).removed
    assert Kind.ENVIRONMENTS not in {entry.kind for entry in removed}


def test_a_dry_run_removes_nothing(workshop, built):
    pruned = prune(workshop.places, before=time.time() + 1, dry_run=True)
    assert len(pruned.removed) == 4
    assert built.root.is_dir()


def test_what_a_running_process_uses_stays(workshop):
    store = workshop.store()
    environment = store.build(workshop.lock(PLAIN), target_here())
    pruned = prune(workshop.places, before=time.time() + 1, dry_run=False)
    assert [entry.path for entry in pruned.in_use] == [environment.root]
    assert store.intact(environment)
    store.close()
    assert prune(workshop.places, before=time.time() + 1, dry_run=False).in_use == ()
    assert not environment.root.exists()


def test_what_a_killed_process_used_does_not_stay(workshop, built):
    code = (
        "import sys, pathlib, os, signal\n"
        "from versect.env.leases import Leases\n"
        "with Leases(pathlib.Path(sys.argv[1])).using(sys.argv[2]):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    argv = [sys.executable, "-c", code, str(workshop.places.leases), built.key]
    assert subprocess.run(argv, check=False).returncode == -9
    assert prune(workshop.places, before=time.time() + 1, dry_run=False).in_use == ()
    assert list(workshop.places.leases.glob("*.lease")) == []


def test_after_everything_is_pruned_it_is_built_again(workshop, built):
    prune(workshop.places, before=time.time() + 1, dry_run=False)
    again = workshop.store().build(workshop.lock(PLAIN), target_here())
    assert again == built
    assert again.root.is_dir()


def test_what_dead_processes_left_half_made_is_swept_up(workshop):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    half = workshop.places.layers(linked=True) / "tmp" / f"{dead.pid}-00"
    half.mkdir(parents=True)
    (half / "file").write_text("")
    mine = workshop.places.layers(linked=True) / "tmp" / f"{os.getpid()}-00"
    mine.mkdir()
    prune(workshop.places, before=0.0, dry_run=False)
    assert not half.exists()
    assert mine.exists()


def test_an_absent_cache_is_an_empty_one(tmp_path):
    places = Places(root=tmp_path / "absent")
    assert list(entries(places)) == []
    assert prune(places, before=time.time(), dry_run=False).removed == ()
    assert not places.root.exists()


def test_nothing_is_removed_while_somebody_builds(tmp_path: Path):
    with (
        Leases(tmp_path).using("key"),
        pytest.raises(BusyError),
        Leases(tmp_path).removing(patience=0.0),
    ):
        pass


def test_builders_do_not_wait_for_one_another(tmp_path: Path):
    with Leases(tmp_path).using("key"), Leases(tmp_path).using("key"):
        pass


def test_leases_are_seen_until_they_are_given_up(tmp_path: Path):
    mine = Leases(tmp_path)
    with mine.using("one"), mine.using("two"):
        pass
    with Leases(tmp_path).removing(patience=0.0) as leased:
        assert leased == {"one", "two"}
    mine.close()
    mine.close()
    with Leases(tmp_path).removing(patience=0.0) as leased:
        assert leased == set()
