"""What a doctor finds, from answers as engines and systems give them."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from packaging.version import Version

from tests.support.environments import facts_here
from tests.support.indexes import Answer, answering, configuration, page
from versect.app import checks, surroundings
from versect.app.doctor import Finding, State, Topic, diagnose, examine
from versect.app.installing import System, Thing, how_to_install, system
from versect.engine.survey import Glance, Survey, facts, glance, versions
from versect.engine.traits import traits
from versect.errors import ToolMissing
from versect.index.client import SimpleIndex
from versect.index.fetch import Patience

ADVICE = checks.Advice(system=System.DEBIAN, root=False)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def finding(topic, state=State.GOOD):
    return Finding(topic=topic, state=state, words="x")


GOOD = tuple(finding(topic) for topic in Topic)


def test_checks_run_side_by_side_and_a_slow_one_is_given_up():
    def slow():
        time.sleep(30)

    def broken():
        raise RuntimeError("no such luck")

    started = time.monotonic()
    found = examine(
        {
            Topic.CLOCK: slow,
            Topic.UV: broken,
            Topic.DOCKER: lambda: finding(Topic.DOCKER),
        },
        patience=0.2,
    )
    assert time.monotonic() - started < 5
    assert [one.topic for one in found] == [Topic.DOCKER, Topic.UV, Topic.CLOCK]
    assert [one.state for one in found] == [State.GOOD, State.MISSING, State.MISSING]
    assert "no such luck" in found[1].words
    assert "no answer in 0.2 s" in found[2].words


@pytest.mark.parametrize(
    ("missing", "code", "engine"),
    [
        ((), 0, "docker"),
        ((Topic.DOCKER,), 0, "podman"),
        ((Topic.DOCKER, Topic.PODMAN, Topic.CLOCK, Topic.IMAGES), 0, "local"),
        ((Topic.INTERPRETERS,), 0, "docker"),
        ((Topic.DOCKER, Topic.PODMAN, Topic.INTERPRETERS), 4, None),
        ((Topic.UV,), 6, None),
        ((Topic.CACHE,), 7, None),
        ((Topic.RESULTS, Topic.UV), 6, None),
        ((Topic.INDEX,), 3, None),
    ],
)
def test_the_code_is_that_of_what_is_in_the_way_of_everything(missing, code, engine):
    found = [finding(t, State.MISSING if t in missing else State.GOOD) for t in Topic]
    diagnosis = diagnose(found)
    assert (diagnosis.exit_code, diagnosis.engine) == (code, engine)


def test_a_second_engine_that_is_missing_is_no_fault():
    found = [finding(t, State.MISSING if t is Topic.PODMAN else State.GOOD) for t in Topic]
    podman = next(f for f in diagnose(found).findings if f.topic is Topic.PODMAN)
    assert (podman.state, podman.words) == (State.NOTE, "x; docker will do")


@pytest.mark.parametrize(
    ("platform", "os_release", "expected"),
    [
        ("linux", "ID=debian\n", System.DEBIAN),
        ("linux", 'ID=pop\nID_LIKE="ubuntu debian"\n', System.DEBIAN),
        ("linux", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', System.FEDORA),
        ("linux", "ID=arch\n", System.OTHER),
        ("linux", "", System.OTHER),
        ("darwin", "", System.MACOS),
    ],
)
def test_systems_are_told_apart(platform, os_release, expected):
    assert system(platform, os_release) is expected


def test_every_thing_has_commands_everywhere_and_root_needs_no_sudo():
    for thing in Thing:
        for on in System:
            assert how_to_install(thing, on, root=False)
            assert not any("sudo" in c for c in how_to_install(thing, on, root=True))


def test_interpreters_too_old_are_named_and_not_counted():
    found = checks.interpreters([facts_here()], Version("3.9"), ADVICE)
    assert (found.state, found.words) == (State.NOTE, facts_here().python)
    none = checks.interpreters([facts_here()], Version("3.99"), ADVICE)
    assert none.state is State.MISSING
    assert "older than 3.99" in none.details[0]
    assert none.remedies == ("uv python install 3.11 3.12 3.13",)


DOCKER = b'{"Client": {"Version": "28.2.2"}, "Server": {"Version": "20.10.24+dfsg1"}}'


@pytest.mark.parametrize(
    ("program", "answer", "expected"),
    [
        ("docker", DOCKER, ("28.2.2", "20.10.24+dfsg1")),
        ("docker", b'{"Client": {"Version": "28.2.2"}, "Server": null}', ("28.2.2", None)),
        ("podman", b'{"Client": {"Version": "4.3.1"}}', ("4.3.1", "4.3.1")),
        ("docker", b"Cannot connect", (None, None)),
        ("docker", b"[]", (None, None)),
    ],
)
def test_versions_of_client_and_engine_are_read(program, answer, expected):
    assert versions(program, answer) == expected


def test_control_groups_and_registry_are_read_of_both_engines():
    assert facts(b'{"CgroupVersion": "2", "IndexServerAddress": "https://a/v1/"}') == (
        "2",
        "https://a/v1/",
    )
    assert facts(b'{"host": {"cgroupVersion": "v1"}, "registries": {"search": ["b.example"]}}') == (
        "1",
        "b.example",
    )
    assert facts(b"no") == ("", "")


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (b'{"memory": "100663296", "processes": "40", "networks": ["lo"]}', (True, True, True)),
        (b'{"memory": "max", "processes": "max", "networks": ["eth0", "lo"]}',
         (False, False, False)),
        (b'{"memory": null, "processes": null, "networks": null}', (None, None, None)),
    ],
)  # fmt: skip
def test_what_a_container_saw_is_read(answer, seen):
    found = glance(answer)
    assert (found.memory, found.processes, found.closed) == seen


def surveyed(**changes):
    plain = {
        "program": "docker",
        "path": "/usr/bin/docker",
        "client": "28.2.2",
        "server": "20.10.24",
        "silence": "",
        "too_old": False,
        "traits": traits("docker", b"{}", hard={"nofile": None, "nproc": None}),
        "control_groups": "2",
        "registry": "https://registry.example/v1/",
        "images": ("versect/python:3.12-abc",),
        "tried": glance(b'{"memory": "100663296", "processes": "40", "networks": ["lo"]}'),
    }
    return Survey(**{**plain, **changes})


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({}, State.GOOD, "memory limit held"),
        ({"path": None}, State.MISSING, "not installed"),
        ({"server": None, "silence": "Is the daemon running?"}, State.MISSING, "daemon running"),
        ({"server": None, "silence": "permission denied"}, State.MISSING, "usermod -aG docker"),
        ({"too_old": True}, State.MISSING, "20.10 or later is needed"),
        ({"tried": None}, State.GOOD, "not tried"),
        ({"tried": Glance(failure="oci: no", memory=None, processes=None, closed=None)},
         State.MISSING, "could not run: oci: no"),
        ({"tried": Glance(failure="", memory=False, processes=True, closed=True)},
         State.NOTE, "memory limit taken and NOT held"),
        ({"tried": Glance(failure="", memory=True, processes=True, closed=False)},
         State.MISSING, "network OPEN"),
        ({"traits": traits("docker", b'{"MemoryLimit": false}', hard={})},
         State.NOTE, "cannot hold the limits of memory"),
    ],
)  # fmt: skip
def test_an_engine_is_told_with_what_it_holds(changes, state, words):
    found = checks.engine(Topic.DOCKER, surveyed(**changes), ADVICE)
    assert found.state is state
    assert words in "\n".join((found.words, *found.details, *found.remedies))


def asked(host):
    return "no answer" if "registry" in host else ""


@pytest.mark.parametrize(
    ("survey", "wanted", "pythons", "state"),
    [
        (surveyed(), "python:{python}-slim", (), State.GOOD),
        (surveyed(images=()), "mirror.example/python:{python}-slim", (), State.GOOD),
        (surveyed(images=()), "python:{python}-slim", ("3.12",), State.NOTE),
        (surveyed(images=()), "python:{python}-slim", (), State.MISSING),
        (surveyed(server=None), "python:{python}-slim", (), State.NOTE),
    ],
)
def test_images_come_from_the_engine_a_registry_or_interpreters_here(
    survey, wanted, pythons, state
):
    assert checks.images([survey], wanted, asked, pythons).state is state


def test_uv_is_told_with_its_version():
    assert checks.uv(lambda: "/bin/uv", lambda _: "uv 0.13.9 (abc)", ADVICE).words == "0.13.9"
    old = checks.uv(lambda: "/bin/uv", lambda _: "uv 0.2.0", ADVICE)
    assert (old.state, old.words) == (State.NOTE, "0.2.0, too old")

    def none():
        raise ToolMissing("uv is not installed")

    assert checks.uv(none, str, ADVICE).remedies == ("python3 -m pip install --upgrade uv",)


def indexed(tmp_path, *answers, offline=False, kept=0):
    with answering(*answers) as server:
        return surroundings.index(
            lambda: configuration(server.url, offline=offline),
            lambda c: SimpleIndex(
                c, tmp_path, lambda _: None, patience=Patience(timeout=2.0, attempts=1)
            ),
            kept,
        )


@pytest.mark.parametrize(
    ("uploaded", "state", "words", "clock"),
    [
        ("2026-01-01T00:00:00Z", State.GOOD, "with upload times", State.GOOD),
        ("2026-09-01T00:00:00Z", State.GOOD, "with upload times", State.NOTE),
        (None, State.NOTE, "without upload times", State.GOOD),
    ],
)
def test_an_index_tells_upload_times_and_they_tell_of_the_clock(
    tmp_path, uploaded, state, words, clock
):
    said = {"upload-time": uploaded} if uploaded else {}
    text = page("packaging-24.0-py3-none-any.whl", name="packaging", **said)
    found, newest = indexed(tmp_path, Answer(text))
    told = surroundings.clock(newest, NOW)
    assert (found.state, told.state) == (state, clock)
    assert words in found.words


@pytest.mark.parametrize(
    ("answer", "offline", "kept", "state"),
    [
        (Answer(status=503), False, 0, State.MISSING),
        (Answer(status=503), False, 3, State.NOTE),
        (Answer(status=404), False, 0, State.NOTE),
        (Answer(), True, 0, State.MISSING),
        (Answer(), True, 3, State.NOTE),
    ],
)
def test_an_index_that_does_not_answer_is_no_end_where_pages_are_kept(
    tmp_path, answer, offline, kept, state
):
    assert indexed(tmp_path, answer, offline=offline, kept=kept)[0].state is state


def test_a_clock_that_is_behind_what_was_uploaded_is_wrong():
    assert surroundings.clock(NOW + timedelta(days=30), NOW).state is State.NOTE
    assert surroundings.clock(NOW - timedelta(days=30), NOW).state is State.GOOD


def test_a_folder_tells_room_and_hard_links(tmp_path):
    found = surroundings.folder(
        Topic.CACHE, tmp_path / "a" / "b", uv_cache=tmp_path, option="--cache"
    )
    assert found.facts["writable"]
    assert found.facts["hard_links"]
    assert not (tmp_path / "a").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "cache"
    found = surroundings.folder(Topic.CACHE, path, uv_cache=None, option="--cache")
    assert found.state is State.MISSING
    assert found.remedies == (f"mkdir -p {path} && chmod u+rwx {path}",)
