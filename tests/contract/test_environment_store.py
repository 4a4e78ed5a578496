"""What every store of environments must do: the real one, for cells here and in containers, and
the fake.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from packaging.requirements import Requirement

from tests.support.environments import Workshop, request_of, target_here
from tests.support.wheels import make_wheel
from versect.env.fake import FakeEnvironments, FakeResolver
from versect.model.environment import Environment


@pytest.fixture(params=["local", "container", "fake"])
def made(request, tmp_path):
    """A store and a function that locks a release of ``plain``."""
    if request.param == "fake":
        resolver, store = FakeResolver(), FakeEnvironments(tmp_path)
    else:
        home = "/versect/environment" if request.param == "container" else None
        workshop = Workshop(tmp_path, home=home)
        for version in ("1.0", "2.0"):
            make_wheel(workshop.files, "plain", version)
        resolver, store = workshop.resolver(), workshop.store()
    return store, lambda version: resolver.lock(request_of(Requirement(f"plain=={version}")))


def test_a_lock_becomes_an_environment_for_its_target(made):
    store, lock = made
    environment = store.build(lock("1.0"), target_here())
    assert isinstance(environment, Environment)
    assert environment.target == target_here()
    assert environment.python.endswith("/bin/python")


def test_the_same_lock_and_target_are_the_same_environment(made):
    store, lock = made
    assert store.build(lock("1.0"), target_here()) == store.build(lock("1.0"), target_here())


def test_another_lock_is_another_environment(made):
    store, lock = made
    one, two = (store.build(lock(version), target_here()) for version in ("1.0", "2.0"))
    assert one.key != two.key
    assert one.root != two.root


def test_another_target_is_another_environment(made):
    store, lock = made
    one = store.build(lock("1.0"), target_here())
    two = store.build(lock("1.0"), target_here(image="sha256:0"))
    assert one.key != two.key


def test_a_new_environment_is_intact(made):
    store, lock = made
    assert store.intact(store.build(lock("1.0"), target_here()))


def test_owners_are_distributions_of_the_lock(made):
    store, lock = made
    owners = store.owners(store.build(lock("1.0"), target_here()))
    assert set(owners.values()) <= {"plain"}


def test_threads_that_ask_side_by_side_get_one_environment(made):
    store, lock = made
    locked = lock("1.0")
    with ThreadPoolExecutor(8) as pool:
        built = list(pool.map(lambda _: store.build(locked, target_here()), range(8)))
    assert len(set(built)) == 1
