"""uv as the resolver, over a tiny index: what it may not do, and what is remembered."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.support.environments import Workshop, request_of
from tests.support.wheels import index_pages, make_sdist, make_wheel, served
from versect.errors import ToolMissing
from versect.model.environment import Lock
from versect.model.outcome import Cause

PLAIN = Requirement("plain")
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def workshop(tmp_path):
    workshop = Workshop(tmp_path)
    make_wheel(workshop.files, "plain", "1.0")
    make_wheel(workshop.files, "plain", "2.0")
    return workshop


def test_dependencies_are_locked_too(workshop):
    make_wheel(workshop.files, "needs", "1.0", requires=["plain<2"])
    lock = workshop.lock(Requirement("needs"))
    assert [(p.name, str(p.version)) for p in lock.packages] == [("needs", "1.0"), ("plain", "1.0")]


def test_a_wheel_for_another_interpreter_is_none(workshop):
    make_wheel(workshop.files, "native", "1.0", tag="cp27-cp27m-manylinux_2_17_x86_64")
    assert workshop.lock(Requirement("native==1.0")).cause is Cause.NO_WHEEL


@pytest.mark.parametrize("static", [True, False])
def test_no_code_of_a_source_archive_is_run(workshop, tmp_path, static):
    trap = tmp_path / "sprung"
    code = f"open({str(trap)!r}, 'w')\n"
    make_sdist(workshop.files, "source", "1.0", static=static, backend=code)
    refused = workshop.lock(Requirement("source==1.0"), build=frozenset({"source"}))
    assert refused.cause is Cause.NO_WHEEL
    assert not trap.exists()


def test_an_unknown_project_is_an_outcome_in_uvs_words(workshop):
    refused = workshop.lock(Requirement("nowhere"))
    assert refused.cause is Cause.UNSATISFIABLE
    assert "nowhere was not found in the package registry" in refused.detail


def test_the_project_in_the_working_directory_has_no_say(workshop, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\n[tool.uv]\nconstraint-dependencies = ["plain<2"]\n'
    )
    monkeypatch.chdir(tmp_path)
    assert str(workshop.lock(PLAIN).version("plain")) == "2.0"


def test_files_uploaded_after_the_cut_off_do_not_exist(workshop):
    uploaded = {
        "plain-1.0-py3-none-any.whl": "2023-01-01T00:00:00Z",
        "plain-2.0-py3-none-any.whl": "2025-01-01T00:00:00Z",
    }
    index_pages(workshop.files, uploaded=uploaded)
    with served(workshop.files) as server:
        workshop.url = server.url
        assert str(workshop.lock(PLAIN, cut_off=LONG_AGO).version("plain")) == "1.0"
        assert str(workshop.lock(PLAIN).version("plain")) == "2.0"


def test_an_index_that_is_down_is_told_from_an_unsatisfiable_request(workshop):
    workshop.url = "http://127.0.0.1:1/simple"
    assert workshop.lock(PLAIN).cause is Cause.INDEX_UNAVAILABLE


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_an_index_that_answers_with_an_error_is_unavailable(workshop, status):
    with served(workshop.files, status=status) as server:
        workshop.url = server.url
        assert workshop.lock(PLAIN).cause is Cause.INDEX_UNAVAILABLE


def test_a_period_that_is_over_is_resolved_once(workshop):
    uploaded = {"plain-1.0-py3-none-any.whl": "2023-01-01T00:00:00Z"}
    index_pages(workshop.files, uploaded=uploaded)
    with served(workshop.files) as server:
        workshop.url = server.url
        first = workshop.lock(PLAIN, cut_off=LONG_AGO)
        assert isinstance(first, Lock)
        asked = len(server.requests)
        assert workshop.lock(PLAIN, cut_off=LONG_AGO) == first
        assert len(server.requests) == asked


def test_a_period_that_goes_on_is_resolved_again_after_ten_minutes(workshop):
    make_wheel(workshop.files, "fresh", "1.0")
    request = request_of(Requirement("fresh"))
    assert str(workshop.resolver().lock(request).version("fresh")) == "1.0"
    make_wheel(workshop.files, "fresh", "2.0")
    assert str(workshop.resolver().lock(request).version("fresh")) == "1.0"
    later = (datetime.now(UTC) + timedelta(seconds=601)).timestamp()
    resolver = workshop.resolver(now=lambda: later)
    assert str(resolver.lock(request).version("fresh")) == "2.0"


def test_a_remembered_lock_that_was_cut_short_is_made_again(workshop):
    first = workshop.lock(PLAIN)
    for path in workshop.places.locks.glob("*.toml"):
        path.write_text(path.read_text()[:50])
    assert workshop.lock(PLAIN) == first


def test_a_refusal_is_not_remembered(workshop):
    assert workshop.lock(Requirement("late")).cause is Cause.UNSATISFIABLE
    make_wheel(workshop.files, "late", "1.0")
    assert isinstance(workshop.lock(Requirement("late")), Lock)


def test_a_memory_that_cannot_be_written_does_no_harm(workshop):
    workshop.places.root.mkdir()
    workshop.places.locks.write_text("a file where a folder should be")
    assert isinstance(workshop.lock(PLAIN), Lock)


def test_a_missing_uv_is_said_with_its_remedy(workshop):
    with pytest.raises(ToolMissing, match="cannot run uv") as caught:
        workshop.resolver(program="/nowhere/uv").lock(request_of(PLAIN))
    assert "pip install" in caught.value.remedy


@pytest.fixture
def family(workshop):
    """Give an index where ``app`` needs the ``core`` of its own release, and any ``plain``."""
    for version in ("1.0", "2.0", "3.0"):
        make_wheel(workshop.files, "core", version)
        make_wheel(workshop.files, "app", version, requires=[f"core=={version}", "plain"])
    return workshop


@pytest.mark.parametrize(
    ("required", "preferred", "locked"),
    [
        # kept, where nothing speaks against it
        ("app", "app==1.0 core==1.0 plain==1.0", "app==1.0 core==1.0 plain==1.0"),
        # a pin wins; what it needs moves along; the rest stays
        ("app==2.0", "app==1.0 core==1.0 plain==1.0", "app==2.0 core==2.0 plain==1.0"),
        ("app core==2.0", "app==1.0 plain==1.0", "app==2.0 core==2.0 plain==1.0"),
        # of two that do not fit together, the one that is required first is kept
        ("app core", "app==1.0 core==2.0", "app==1.0 core==1.0 plain==2.0"),
        ("core app", "app==1.0 core==2.0", "app==2.0 core==2.0 plain==2.0"),
        # where the preferred one does not fit, the newest that does
        ("app>1", "app==1.0", "app==3.0 core==3.0 plain==2.0"),
        ("app<3", "app==1.0 app==2.0 app==3.0", "app==2.0 core==2.0 plain==2.0"),
        # what nothing requires is not installed, what does not exist does no harm
        ("plain", "app==1.0 plain==7 absent==1.0", "plain==2.0"),
    ],
)
def test_preferred_releases_are_kept_where_they_may(family, required, preferred, locked):
    lock = family.lock(
        *map(Requirement, required.split()),
        preferred=tuple(map(_release, preferred.split())),
    )
    assert " ".join(f"{p.name}=={p.version}" for p in lock.packages) == locked


def _release(text):
    name, _, version = text.partition("==")
    return name, Version(version)


def test_a_preferred_release_is_taken_though_it_is_yanked_or_a_pre_release(workshop):
    make_wheel(workshop.files, "plain", "1.5rc1")
    wheel = make_wheel(workshop.files, "plain", "1.9")
    workshop.url = index_pages(workshop.files, yanked={wheel.name: "broken"})
    for version in ("1.5rc1", "1.9"):
        lock = workshop.lock(PLAIN, preferred=(_release(f"plain=={version}"),))
        assert str(lock.version("plain")) == version


def test_a_release_that_came_after_the_cut_off_is_not_kept(workshop):
    uploaded = {
        "plain-1.0-py3-none-any.whl": "2023-01-01T00:00:00Z",
        "plain-2.0-py3-none-any.whl": "2025-01-01T00:00:00Z",
    }
    index_pages(workshop.files, uploaded=uploaded)
    with served(workshop.files) as server:
        workshop.url = server.url
        lock = workshop.lock(PLAIN, cut_off=LONG_AGO, preferred=(_release("plain==2.0"),))
    assert str(lock.version("plain")) == "1.0"


def test_what_was_preferred_is_remembered_apart(workshop):
    assert str(workshop.lock(PLAIN).version("plain")) == "2.0"
    lock = workshop.lock(PLAIN, preferred=(_release("plain==1.0"),))
    assert str(lock.version("plain")) == "1.0"
    assert str(workshop.lock(PLAIN).version("plain")) == "2.0"


def test_a_preference_changes_nothing_of_the_lock_but_its_releases(workshop):
    pinned = workshop.lock(Requirement("plain==1.0"))
    assert workshop.lock(PLAIN, preferred=(_release("plain==1.0"),)) == pinned


@pytest.mark.online
def test_real_releases_lock_with_their_dependencies(tmp_path):
    workshop = Workshop(tmp_path)
    real = {**os.environ, "UV_CACHE_DIR": workshop.host["UV_CACHE_DIR"]}
    resolver = workshop.resolver(index=("--no-config",), environment=real)
    lock = resolver.lock(
        request_of(
            Requirement("openai==1.55.3"),
            Requirement("httpx==0.27.2"),
            cut_off=datetime(2024, 12, 1, tzinfo=UTC),
        )
    )
    assert str(lock.version("httpx")) == "0.27.2"
    assert lock.version("anyio") is not None
