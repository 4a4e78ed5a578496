"""Resolver, store and interpreter for tests: uv and this interpreter, a tiny index, no network."""

import importlib.util
import os
import platform
import sys
from pathlib import Path

import uv as uv_distribution

from tests.support.wheels import index_pages
from versect.engine.local import LocalEngine
from versect.env.environments import Environments
from versect.env.layers import Layers
from versect.env.places import Places
from versect.env.probing import Facts
from versect.env.resolver import UvResolver
from versect.model.environment import LockRequest, Target
from versect.run.process import Processes


def facts_here():
    """Give the facts of the interpreter that runs the tests."""
    return Facts(
        version=platform.python_version(),
        implementation="cpython",
        executable=os.path.realpath(sys.executable),
        magic=importlib.util.MAGIC_NUMBER.hex(),
        cache_tag=sys.implementation.cache_tag,
        system=sys.platform,
        machine=platform.machine(),
        libc=platform.libc_ver(),
    )


def target_here(**changes):
    """Give the interpreter that runs the tests as a target."""
    facts = facts_here()
    plain = {
        "python": facts.python,
        "version": facts.version,
        "executable": facts.executable,
        "magic": facts.magic,
        "cache_tag": facts.cache_tag,
        "platform": facts.platform,
        "image": None,
    }
    return Target(**{**plain, **changes})


def request_of(*requirements, **changes):
    """Ask for requirements on the interpreter that runs the tests."""
    target = target_here()
    plain = {
        "requirements": tuple(requirements),
        "version": target.version,
        "platform": target.platform,
        "cut_off": None,
        "build": frozenset(),
    }
    return LockRequest(**{**plain, **changes})


class Workshop:
    """Everything from a folder of wheels to an environment, below one folder."""

    def __init__(self, folder: Path, *, home: str | None = None, url: str | None = None) -> None:
        self.places = Places(root=folder / "cache")
        self.files = folder / "files"
        self.host = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "UV_CACHE_DIR": str(folder / "uv"),
            "UV_HTTP_RETRIES": "0",
            "UV_HTTP_TIMEOUT": "2",
        }
        self.uv = uv_distribution.find_uv_bin()
        self.home = home
        self.roots = None
        self.url = url
        self.engine = LocalEngine(lambda _: facts_here(), str, self.host)
        self.compiled: list[tuple[str, ...]] = []

    def index(self):
        """Give uv's arguments for the index over ``files`` as they are now."""
        self.files.mkdir(parents=True, exist_ok=True)
        return ("--no-config", "--default-index", self.url or index_pages(self.files))

    def resolver(self, **changes):
        """Make a resolver over ``files`` as they are now."""
        plain = {
            "program": self.uv,
            "environment": self.host,
            "index": self.index(),
            "memory": self.places.locks,
            "processes": Processes(),
        }
        return UvResolver(**{**plain, **changes})

    def store(self):
        """Make a store; several of them share one folder, as processes do."""
        layers = Layers(
            self.places.layers(linked=self.home is not None),
            uv_program=self.uv,
            environment=self.host,
            index=self.index(),
            trusted=self._trusted,
            processes=Processes(),
            linked=self.home is not None,
            roots=self.roots,
        )
        return Environments(self.places.environments, layers, home=self.home)

    def lock(self, *requirements, **changes):
        """Lock requirements."""
        return self.resolver().lock(request_of(*requirements, **changes))

    def _trusted(self, target, argv, folder):
        self.compiled.append(tuple(argv))
        return self.engine.trusted(target, argv, folder)
