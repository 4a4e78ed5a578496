"""Source archives become wheels only in what stands for a container here."""

import subprocess
import sys

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.support.environments import Workshop, request_of, target_here
from tests.support.wheels import digest_of, make_sdist, make_wheel
from versect.env.builders import ContainerBuilder
from versect.index.recorded import RecordedIndex
from versect.model.environment import Lock
from versect.model.outcome import Cause
from versect.model.release import Project, Release, ReleaseFile

SOURCE = Requirement("source==1.0")
ALLOWED = frozenset({"source"})

BACKEND = """
def build_wheel(folder, config_settings=None, metadata_directory=None):
    import base64, hashlib, os, zipfile
    name = "source-1.0-py3-none-any.whl"
    info = "source-1.0.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("source.py", "VERSION = 'built'\\n")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: source\\nVersion: 1.0\\n"
                       "Requires-Dist: plain\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\n"
                       "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "source.py,,\\n" + "".join(
            info + part + ",,\\n" for part in ("METADATA", "WHEEL", "RECORD")))
    return name
"""


class Container:
    """Stands for a container: runs the command here, and notes how it was asked to."""

    def __init__(self):
        self.asked = []

    def __call__(self, python, argv, folder):
        self.asked.append((python, tuple(argv), folder))
        env = {"PATH": str(folder), "HOME": str(folder)}
        argv = [sys.executable if word == python else word for word in argv]
        done = subprocess.run(
            argv, cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr


@pytest.fixture
def workshop(tmp_path):
    workshop = Workshop(tmp_path)
    make_wheel(workshop.files, "plain", "1.0")
    return workshop


def _builder(workshop, container, archive, sha256=None):
    file = ReleaseFile(
        filename=archive.name,
        url=archive.as_uri(),
        hashes={"sha256": sha256 or digest_of(archive)},
        requires_python=None,
        yanked=False,
        yanked_reason="",
        uploaded=None,
    )
    release = Release(version=Version("1.0"), files=(file,))
    workshop.index()
    return ContainerBuilder(
        index=RecordedIndex({"source": Project(name="source", releases=(release,))}),
        run=container,
        folder=workshop.places.built,
        uv_program=workshop.uv,
        uv_arguments=("--no-config", "--offline"),
    )


def _sdist(workshop, backend=BACKEND):
    return make_sdist(workshop.files, "source", "1.0", static=False, backend=backend)


def test_a_release_without_a_wheel_is_built_and_locked_with_what_it_needs(workshop):
    container = Container()
    builder = _builder(workshop, container, _sdist(workshop))
    resolver = workshop.resolver(builder=builder)
    lock = resolver.lock(request_of(SOURCE, build=ALLOWED))
    assert isinstance(lock, Lock)
    assert [package.name for package in lock.packages] == ["plain", "source"]
    ((python, argv, folder),) = container.asked
    assert python == target_here().python
    assert argv[0] == str(folder / "uv")
    environment = workshop.store().build(lock, target_here())
    code = [environment.python, "-c", "import source; print(source.VERSION)"]
    done = subprocess.run(code, capture_output=True, text=True, check=True, env={})
    assert done.stdout == "built\n"


def test_a_wheel_is_built_once(workshop):
    container = Container()
    builder = _builder(workshop, container, _sdist(workshop))
    request = request_of(SOURCE, build=ALLOWED)
    first = builder.wheel("source", Version("1.0"), request)
    assert builder.wheel("source", Version("1.0"), request) == first
    assert len(container.asked) == 1


def test_what_has_a_wheel_is_not_built(workshop):
    container = Container()
    archive = _sdist(workshop)
    make_wheel(workshop.files, "source", "1.0")
    resolver = workshop.resolver(builder=_builder(workshop, container, archive))
    assert isinstance(resolver.lock(request_of(SOURCE, build=ALLOWED)), Lock)
    assert container.asked == []


def test_what_may_not_be_built_is_not(workshop):
    container = Container()
    resolver = workshop.resolver(builder=_builder(workshop, container, _sdist(workshop)))
    assert resolver.lock(request_of(SOURCE)).cause is Cause.NO_WHEEL
    assert container.asked == []


def test_a_build_that_fails_is_an_outcome_in_its_own_words(workshop):
    archive = _sdist(workshop, "raise RuntimeError('no compiler')\n")
    resolver = workshop.resolver(builder=_builder(workshop, Container(), archive))
    refused = resolver.lock(request_of(SOURCE, build=ALLOWED))
    assert refused.cause is Cause.BUILD_FAILED
    assert "no compiler" in refused.detail


def test_an_archive_with_a_wrong_hash_is_not_built(workshop):
    container = Container()
    builder = _builder(workshop, container, _sdist(workshop), sha256="0" * 64)
    refused = builder.wheel("source", Version("1.0"), request_of(SOURCE, build=ALLOWED))
    assert refused.cause is Cause.BUILD_FAILED
    assert container.asked == []


def test_without_a_container_engine_the_remedy_is_said(workshop):
    _sdist(workshop)
    refused = workshop.lock(SOURCE, build=ALLOWED)
    assert refused.cause is Cause.NO_WHEEL
    assert "--engine docker" in refused.detail


def test_a_lock_whose_built_wheel_is_gone_is_made_again(workshop):
    container = Container()
    builder = _builder(workshop, container, _sdist(workshop))
    request = request_of(SOURCE, build=ALLOWED)
    workshop.resolver(builder=builder).lock(request)
    for wheel in workshop.places.built.rglob("*.whl"):
        wheel.unlink()
    assert isinstance(workshop.resolver(builder=builder).lock(request), Lock)
    assert len(container.asked) == 2
