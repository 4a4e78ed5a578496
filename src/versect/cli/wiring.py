"""Puts the parts together: the only place that names adapters."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import platformdirs
from packaging.utils import NormalizedName
from packaging.version import Version
from rich.console import Console

from versect.app.laboratory import Laboratory
from versect.app.published import Published
from versect.engine.interface import Engine
from versect.engine.local import LocalEngine
from versect.engine.select import Choice, EngineName, choose
from versect.env.builders import ContainerBuilder
from versect.env.environments import Environments
from versect.env.interpreters import Interpreters
from versect.env.layers import Layers
from versect.env.places import Places
from versect.env.reach import roots
from versect.env.resolver import UvResolver
from versect.errors import ToolMissing
from versect.forensics.timeline import Timeline
from versect.forensics.timeline_codec import encode, timeline_file
from versect.index.client import SimpleIndex
from versect.index.configuration import IndexConfiguration, configured, default_index
from versect.model.cell import Cell, Pins
from versect.model.environment import Lock
from versect.model.release import Release
from versect.model.study import Study
from versect.report.progress import LiveGrid, PlainLines, StepLines
from versect.report.write import write
from versect.run.process import Processes
from versect.source.files import fingerprint

_HELP_PATIENCE: Final = 30.0
OLDEST: Final = Version("3.9")
"""The oldest interpreter on which the recorder and the supervisor work."""

Releases = Mapping[tuple[NormalizedName, Version], Release]


class Wiring:
    """The parts of one invocation, each made when it is first needed."""

    def __init__(self, *, results: Path, cache: Path | None, offline: bool) -> None:
        self.results = results
        self.places = Places(root=cache or platformdirs.user_cache_path("versect"))
        self.offline = offline
        self.environment: Mapping[str, str] = os.environ
        self.errors = Console(stderr=True, highlight=False)
        self.processes = Processes()

    def say(self, words: str) -> None:
        """Tell the user something that is not data."""
        self.errors.print(words, markup=False, soft_wrap=True)

    @cached_property
    def uv(self) -> str:
        """The path of uv.

        Raises:
            ToolMissing: There is none, or it does not work.

        """
        from uv import find_uv_bin

        try:
            return os.fsdecode(find_uv_bin())
        except FileNotFoundError as error:
            raise ToolMissing(
                f"uv is not installed beside versect: {error}",
                remedy="install it: python -m pip install uv",
            ) from error

    @cached_property
    def interpreters(self) -> Interpreters:
        """The interpreters of this machine."""
        return Interpreters(self.environment, Path.home(), self.places.interpreters)

    @cached_property
    def configuration(self) -> IndexConfiguration:
        """Where releases come from."""
        try:
            helped = self.processes.run(
                [self.uv, "pip", "compile", "--help"],
                env={**self.environment, "NO_COLOR": "1"},
                timeout=_HELP_PATIENCE,
            )
        except OSError as error:
            raise ToolMissing(f"cannot run uv ({self.uv}): {error.strerror}") from error
        default = default_index(helped.stdout.decode(errors="replace"))
        if default is None:
            raise ToolMissing(
                f"uv ({self.uv}) does not say which index it uses: {helped.words[:200]}",
                remedy="install a current one: python -m pip install --upgrade uv",
            )
        return configured(
            environment=self.environment,
            uv_files=tuple(_uv_files(Path.cwd())),
            pip_files=tuple(_pip_files(self.environment)),
            default=default,
            offline=self.offline,
        )

    @cached_property
    def index(self) -> SimpleIndex:
        """The package index."""
        return SimpleIndex(self.configuration, self.places.index, self.say)

    @cached_property
    def index_arguments(self) -> tuple[str, ...]:
        """The options that make uv use the same indexes."""
        offline = ("--offline",) if self.configuration.offline else ()
        path = self.places.root / "uv.toml"
        write(path, self.configuration.uv_toml, private=True)
        return ("--config-file", str(path), *offline)

    def resolver(self, engine: Engine) -> UvResolver:
        """Give the resolver; where there are containers it can also build from source."""
        from versect.engine.containers import ContainerEngine

        builder = None
        if isinstance(engine, ContainerEngine):
            builder = ContainerBuilder(
                index=self.index,
                run=engine.build,
                folder=self.places.built,
                uv_program=self.uv,
                uv_arguments=self.index_arguments,
            )
        return UvResolver(
            program=self.uv,
            environment=self.environment,
            index=self.index_arguments,
            memory=self.places.locks,
            processes=self.processes,
            builder=builder,
        )

    def choose(self, wanted: str) -> Choice:
        """Make the engine asked for.

        Raises:
            EngineUnavailable: It does not answer.

        """
        return choose(
            EngineName(wanted),
            {
                EngineName.DOCKER: lambda: self._containers("docker"),
                EngineName.PODMAN: lambda: self._containers("podman"),
                EngineName.LOCAL: self._local,
            },
        )

    def environments(self, engine: Engine, study: Study) -> Environments:
        """Give the environment store for an engine, with bytecode of what a study imports."""
        linked = engine.home is not None  # mounted read-only
        sources = (
            (study.root / name).read_text(encoding="utf-8", errors="replace")
            for name in study.files
            if name.endswith(".py")
        )
        layers = Layers(
            self.places.layers(linked=linked),
            uv_program=self.uv,
            environment=self.environment,
            index=self.index_arguments,
            trusted=engine.trusted,
            processes=self.processes,
            linked=linked,
            roots=roots(study.command, sources),
        )
        return Environments(self.places.environments, layers, home=engine.home)

    @contextmanager
    def laboratory(
        self,
        study: Study,
        releases: Releases,
        engine: Engine,
        run: str,
        *,
        traced: Callable[[Cell], bool] = lambda _: False,
    ) -> Iterator[Laboratory]:
        """Give what answers the probes of a study; on the way out nothing is left running.

        Timelines of the cells that are ``traced`` are kept beside the study's trials.
        """
        laboratory = Laboratory(
            study,
            engine=engine,
            resolver=self.resolver(engine),
            environments=self.environments(engine, study),
            releases=Published(releases, self.index),
            fingerprint=fingerprint(study),
            run=run,
            on_lock=self._keep_lock(study),
            traced=traced,
            on_timeline=self._keep_timeline(study),
        )
        with ExitStack() as stack:
            stack.callback(engine.close)
            stack.callback(laboratory.close)
            try:
                yield laboratory
            except BaseException:
                engine.cancel()
                self.processes.cancel()
                raise

    def progress(self) -> LiveGrid | PlainLines:
        """Give the live grid on a terminal, plain lines elsewhere."""
        return LiveGrid(self.errors) if self.errors.is_terminal else PlainLines(self.errors)

    def pythons(self) -> tuple[str, ...]:
        """Give the interpreters of this machine that cells can run on, ``major.minor`` each."""
        found = {facts.python for facts in self.interpreters.all()}
        return tuple(python for python in found if Version(python) >= OLDEST)

    def steps(self) -> StepLines:
        """Give the lines of a search."""
        return StepLines(self.errors)

    def _local(self) -> Engine:
        return LocalEngine(self.interpreters.find, self.interpreters.remedy, self.environment)

    def _containers(self, program: str) -> Engine:
        from versect.engine.containers import ContainerEngine

        return ContainerEngine.connect(
            program,
            environment=self.environment,
            interpreter=self.interpreters.find,
            remedy=self.interpreters.remedy,
            memory=self.places.root / "images.json",
            say=self.say,
        )

    def _keep_lock(self, study: Study) -> Callable[[Pins, Lock], None]:
        folder = self.results / study.name / "locks"

        def keep(pins: Pins, lock: Lock) -> None:
            write(folder / str(pins) / "pylock.toml", lock.text)

        return keep

    def _keep_timeline(self, study: Study) -> Callable[[Cell, Timeline], None]:
        folder, print_ = self.results / study.name, fingerprint(study)

        def keep(cell: Cell, timeline: Timeline) -> None:
            write(timeline_file(folder, cell.id), encode(timeline, fingerprint=print_))

        return keep


def stdout() -> Console:
    """Give the console for data."""
    width = None if sys.stdout.isatty() else 160
    return Console(highlight=False, width=width, soft_wrap=False)


def now() -> datetime:
    """Give the time, with its zone."""
    return datetime.now().astimezone()


def _uv_files(folder: Path) -> Iterator[Path]:
    """Give uv's configuration files, the closest first."""
    for place in (folder, *folder.parents):
        own, shared = place / "uv.toml", place / "pyproject.toml"
        if own.is_file():
            yield own
            break
        if shared.is_file() and _has_uv(shared):
            yield shared
            break
    yield platformdirs.user_config_path("uv") / "uv.toml"
    yield Path("/etc/uv/uv.toml")


def _has_uv(path: Path) -> bool:
    try:
        return "uv" in tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):
        return False


def _pip_files(environment: Mapping[str, str]) -> Iterator[Path]:
    """Give pip's configuration files, the weakest first."""
    if environment.get("PIP_CONFIG_FILE") == os.devnull:
        return
    for folder in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield Path.home() / ".pip" / "pip.conf"
    yield platformdirs.user_config_path("pip") / "pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if environment.get("PIP_CONFIG_FILE"):
        yield Path(environment["PIP_CONFIG_FILE"])
