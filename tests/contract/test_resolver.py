"""What every resolver must do: uv over a tiny index, and its fake."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.support.environments import Workshop, request_of
from tests.support.wheels import make_wheel
from versect.env.fake import FakeResolver
from versect.model.environment import Lock
from versect.model.outcome import Cause
from versect.model.trial import NotRun


def _impossible(request):
    names = [requirement.name for requirement in request.requirements]
    if len(names) != len(set(names)):
        return NotRun(cause=Cause.UNSATISFIABLE, detail="pinned twice")
    return None


@pytest.fixture(params=["uv", "fake"])
def resolver(request, tmp_path):
    if request.param == "fake":
        return FakeResolver(_impossible)
    workshop = Workshop(tmp_path)
    for version in ("1.0", "2.0"):
        make_wheel(workshop.files, "plain", version)
        make_wheel(workshop.files, "other", version)
    return workshop.resolver()


def test_pins_are_locked_as_they_are(resolver):
    lock = resolver.lock(request_of(Requirement("plain==1.0"), Requirement("other==2.0")))
    assert isinstance(lock, Lock)
    assert lock.version("plain") == Version("1.0")
    assert lock.version("other") == Version("2.0")
    assert lock.version("absent") is None


def test_packages_are_sorted_by_name(resolver):
    lock = resolver.lock(request_of(Requirement("plain==1.0"), Requirement("other==2.0")))
    assert [package.name for package in lock.packages] == ["other", "plain"]


def test_the_order_of_requirements_does_not_change_the_digest(resolver):
    one = resolver.lock(request_of(Requirement("plain==1.0"), Requirement("other==2.0")))
    two = resolver.lock(request_of(Requirement("other==2.0"), Requirement("plain==1.0")))
    assert one.digest == two.digest


def test_different_pins_have_different_digests(resolver):
    one = resolver.lock(request_of(Requirement("plain==1.0")))
    two = resolver.lock(request_of(Requirement("plain==2.0")))
    assert one.digest != two.digest


def test_what_cannot_be_met_is_an_outcome_with_a_reason(resolver):
    refused = resolver.lock(request_of(Requirement("plain==1.0"), Requirement("plain==2.0")))
    assert isinstance(refused, NotRun)
    assert refused.cause is Cause.UNSATISFIABLE
    assert refused.detail


def test_threads_may_ask_side_by_side(resolver):
    requests = [request_of(Requirement(f"plain=={v}")) for v in ("1.0", "2.0")] * 4
    with ThreadPoolExecutor(8) as pool:
        locks = list(pool.map(resolver.lock, requests))
    assert [str(lock.version("plain")) for lock in locks] == ["1.0", "2.0"] * 4
