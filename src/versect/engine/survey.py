"""What a container engine can do here, asked without changing anything: no build, no start."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from versect.engine import oci
from versect.engine.containers import hard_limits
from versect.engine.traits import Traits, traits
from versect.run.process import Finished, Processes

_QUICK: Final = 6.0
"""Seconds that a client may take for an answer."""
_TRY: Final = 12.0
"""Seconds that one short container may take."""
MEMORY: Final = 96 << 20
PROCESSES: Final = 40

_PROBE: Final = """
import json, os
def read(*paths):
    for path in paths:
        try:
            return open(path).read().strip()
        except OSError:
            pass
nets = sorted(os.listdir('/sys/class/net')) if os.path.isdir('/sys/class/net') else None
print(json.dumps({
    'memory': read('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'),
    'processes': read('/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max'),
    'networks': nets,
}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found of one engine."""

    program: str
    path: str | None
    """The client; None where it is not installed."""
    client: str | None
    """The client's version."""
    server: str | None
    """The engine's version; None where it does not answer."""
    silence: str
    """Why it does not answer; empty where it does."""
    too_old: bool
    traits: Traits | None
    control_groups: str
    """The version of control groups that it uses; empty where it does not say."""
    registry: str
    """The address of the registry that it asks by default; empty where it does not say."""
    images: tuple[str, ...]
    """Images of interpreters that it has, by name."""
    tried: Glance | None
    """What one short container saw; None where no image was there to try with."""

    @property
    def works(self) -> bool:
        """Whether cells can run on it, given an image."""
        return (
            self.server is not None
            and not self.too_old
            and (self.tried is None or not self.tried.failure)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a container saw that was to have limits and no network."""

    failure: str
    """Why it could not run; empty where it ran."""
    memory: bool | None
    """Whether its memory limit was set; None where it cannot tell."""
    processes: bool | None
    closed: bool | None
    """Whether it had no network but its own."""


def survey(program: str, host: Mapping[str, str], processes: Processes) -> Survey:
    """Ask an engine what it can do; takes at most about 25 seconds, usually one.

    Args:
        program: ``docker`` or ``podman``.
        host: Environment variables.
        processes: Starts the client; cancelling them ends the survey.

    """
    path = shutil.which(program, path=host.get("PATH"))
    if path is None:
        return _silent(program, None, None, "not installed")
    client, run = oci.environment(host), processes.run
    answer = run([path, "version", "--format", "{{json .}}"], env=client, timeout=_QUICK)
    mine, server = versions(program, answer.stdout)
    if answer.status != 0 or server is None:
        said = answer.words.splitlines()[-1] if answer.words and not answer.timed_out else ""
        return _silent(program, path, mine, said or f"no answer in {_QUICK:g} s")
    told = run([path, "info", "--format", "{{json .}}"], env=client, timeout=_QUICK).stdout
    found = traits(program, told, hard=hard_limits())
    parsed = oci.version(server.encode())
    listing = [path, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]
    images = _of_interpreters(run(listing, env=client, timeout=_QUICK))
    ready = [name for name in images if "versect/python:" in name]
    tried = _try(run(_argv(ready[0], found), env=client, timeout=_TRY)) if ready else None
    groups, registry = facts(told)
    return Survey(
        program=program,
        path=path,
        client=mine,
        server=server,
        silence="",
        too_old=parsed is None or parsed < oci.OLDEST[program],
        traits=found,
        control_groups=groups,
        registry=registry,
        images=images,
        tried=tried,
    )


def versions(program: str, answer: bytes) -> tuple[str | None, str | None]:
    """Read ``version --format '{{json .}}'``: the client's and the engine's.

    podman without a service has no server: the client is the engine.
    """
    document = _document(answer)
    client = (document.get("Client") or {}).get("Version")
    server = (document.get("Server") or {}).get("Version")
    if program == "podman":
        server = server or client
    return client and str(client), server and str(server)


def facts(answer: bytes) -> tuple[str, str]:
    """Read ``info``: the version of control groups, and the default registry."""
    document = _document(answer)
    host = document.get("host") or {}
    groups = str(document.get("CgroupVersion") or host.get("cgroupVersion") or "")
    searched = ((document.get("registries") or {}).get("search") or [""])[0]
    registry = str(document.get("IndexServerAddress") or searched)
    return groups.removeprefix("v"), registry


def glance(answer: bytes) -> Glance:
    """Read what the probe printed in its container."""
    document = _document(answer)
    if not document:
        return Glance(failure="its container printed nothing", memory=None, processes=None,
                     closed=None)  # fmt: skip
    networks = document.get("networks")
    return Glance(
        failure="",
        memory=_is_set(document.get("memory"), MEMORY),
        processes=_is_set(document.get("processes"), PROCESSES),
        closed=None if networks is None else set(networks) <= {"lo"},
    )


def _is_set(told: object, wanted: int) -> bool | None:
    return None if told is None else str(told) == str(wanted)


def _try(done: Finished) -> Glance:
    if done.status == 0:
        return glance(done.stdout)
    words = f"no end in {_TRY:g} s" if done.timed_out else done.words[-300:]
    return Glance(
        failure=words or f"status {done.status}", memory=None, processes=None, closed=None
    )


def _argv(image: str, found: Traits) -> tuple[str, ...]:
    return oci.survey_argv(
        ("python3", "-I", "-S", "-c", _PROBE),
        image=image,
        traits=found,
        memory=MEMORY,
        processes=PROCESSES,
    )


def _of_interpreters(done: Finished) -> tuple[str, ...]:
    names = done.stdout.decode(errors="replace").split()
    return tuple(sorted(n for n in names if re.search(r"(?:^|/)python:3\.\d+", n)))


def _silent(program: str, path: str | None, client: str | None, silence: str) -> Survey:
    return Survey(
        program=program,
        path=path,
        client=client,
        server=None,
        silence=silence,
        too_old=False,
        traits=None,
        control_groups="",
        registry="",
        images=(),
        tried=None,
    )


def _document(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
