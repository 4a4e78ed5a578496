"""The checks of ``versect doctor``: each asks one part of the machine and says what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from packaging.version import Version

from versect.app.doctor import Finding, State, Topic
from versect.app.installing import System, Thing, how_to_install
from versect.engine import oci
from versect.engine.survey import Glance, Survey
from versect.env.probing import Facts
from versect.errors import ToolMissing

OLDEST_UV: Final = Version("0.9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Gives the commands that install things here."""

    system: System
    root: bool

    def install(self, thing: Thing) -> tuple[str, ...]:
        """Give the commands for a thing."""
        return how_to_install(thing, self.system, root=self.root)


def interpreters(found: Sequence[Facts], oldest: Version, advice: Advice) -> Finding:
    """Say which interpreters cells can run on."""
    usable = [one for one in found if Version(one.python) >= oldest]
    old = ", ".join(one.version for one in found if one not in usable)
    details = [f"{one.version}  {one.executable}" for one in usable]
    details += [f"older than {oldest} and not used: {old}"] if old else []
    pythons = sorted({one.python for one in usable}, key=Version)
    state = State.MISSING if not usable else State.GOOD if len(pythons) > 1 else State.NOTE
    return Finding(
        topic=Topic.INTERPRETERS,
        state=state,
        words=", ".join(pythons) or f"no CPython {oldest} or later",
        details=tuple(details),
        remedies=() if state is State.GOOD else advice.install(Thing.PYTHON),
        facts={"pythons": [{"version": o.version, "executable": o.executable} for o in usable]},
    )


def engine(topic: Topic, found: Survey, advice: Advice) -> Finding:
    """Say what a container engine can do."""
    docker = found.program == "docker"
    if found.path is None:
        remedies = advice.install(Thing.DOCKER if docker else Thing.PODMAN)
        return Finding(topic=topic, state=State.MISSING, words="not installed", remedies=remedies)
    details = [f"client {found.client or '?'}  {found.path}"]
    facts: dict[str, Any] = {"client": found.client, "path": found.path, "server": found.server}
    if found.server is None:
        remedies = advice.install(Thing.START_DOCKER if docker else Thing.START_PODMAN)
        if "ermission denied" in found.silence:
            remedies = ("sudo usermod -aG docker $USER && newgrp docker",)
        return Finding(
            topic=topic,
            state=State.MISSING,
            words=f"does not answer: {found.silence}",
            details=tuple(details),
            remedies=remedies,
            facts=facts,
        )
    if found.too_old:
        least = ".".join(map(str, oci.OLDEST[found.program]))
        return Finding(
            topic=topic,
            state=State.MISSING,
            words=f"{found.server} is too old: {least} or later is needed",
            details=tuple(details),
            remedies=advice.install(Thing.DOCKER if docker else Thing.PODMAN),
            facts=facts,
        )
    traits, tried = found.traits, found.tried
    rootless = traits is not None and traits.rootless
    ignored = sorted(traits.ignored) if traits is not None else []
    cgroup = f", control groups {found.control_groups}" if found.control_groups else ""
    details.append(f"{'without root' if rootless else 'as root'}{cgroup}")
    if ignored:
        details.append(f"it cannot hold the limits of {', '.join(ignored)} on this machine")
    details += _tried(tried)
    facts |= {
        "rootless": rootless,
        "control_groups": found.control_groups,
        "limits_not_held": ignored,
        "memory_limit_seen": None if tried is None else tried.memory,
        "process_limit_seen": None if tried is None else tried.processes,
        "network_none_seen": None if tried is None else tried.closed,
    }
    broken = tried is not None and (tried.failure or tried.closed is False)
    weak = ignored or (tried is not None and False in {tried.memory, tried.processes})
    return Finding(
        topic=topic,
        state=State.MISSING if broken else State.NOTE if weak else State.GOOD,
        words=f"{found.server} answers" + (", and cannot run cells" if broken else ""),
        details=tuple(details),
        facts=facts,
    )


def _tried(tried: Glance | None) -> list[str]:
    if tried is None:
        return ["not tried: it has no image yet (versect images makes them)"]
    if tried.failure:
        return [f"a container could not run: {tried.failure}"]
    words = {True: "held", False: "taken and NOT held", None: "not to be seen"}
    closed = {True: "closed", False: "OPEN although none was asked for", None: "not to be seen"}
    return [
        ", ".join(
            (
                f"in a container: memory limit {words[tried.memory]}",
                f"process limit {words[tried.processes]}",
                f"network {closed[tried.closed]}",
            )
        )
    ]


def images(
    surveys: Sequence[Survey],
    wanted: str,
    answers: Callable[[str], str],
    pythons: Sequence[str],
) -> Finding:
    """Say where the images of interpreters can come from.

    Args:
        surveys: The engines.
        wanted: The image that is asked for, with ``{python}`` in it.
        answers: Asks a registry by its address; gives what is wrong, or nothing.
        pythons: Interpreters of this machine, of which images can be made.

    """
    working = [one for one in surveys if one.works]
    if not working:
        words = "no container engine: cells run in local environments"
        return Finding(topic=Topic.IMAGES, state=State.NOTE, words=words)
    one = working[0]
    host = _registry(wanted) or one.registry
    silence = answers(host) if host else "not known"
    have = [f"{one.program}: {', '.join(one.images)}"] if one.images else []
    registry = f"registry {host}: {silence or 'answers'}"
    local = f"without it they are made from interpreters here: {', '.join(pythons) or 'none'}"
    made = any("versect/python:" in name for name in one.images)
    possible = made or not silence or pythons
    return Finding(
        topic=Topic.IMAGES,
        state=State.GOOD if made or not silence else State.NOTE if possible else State.MISSING,
        words=f"{len(one.images)} on {one.program}; registry "
        + ("answers" if not silence else "does not answer"),
        details=(*have, registry, local),
        remedies=() if made else ("versect images",),
        facts={"images": list(one.images), "registry": host, "registry_answers": not silence},
    )


def _registry(wanted: str) -> str:
    """Give the registry in an image's name: ``mirror.example/python:{python}-slim``."""
    first, slash, _ = wanted.partition("/")
    return f"https://{first}" if slash and re.search(r"[.:]|^localhost$", first) else ""


def uv(find: Callable[[], str], version: Callable[[str], str], advice: Advice) -> Finding:
    """Say which uv resolves and installs."""
    try:
        path = find()
        told = version(path)
    except (ToolMissing, OSError) as error:
        return Finding(
            topic=Topic.UV,
            state=State.MISSING,
            words=str(error),
            remedies=advice.install(Thing.UV),
        )
    found = re.search(r"\d+(?:\.\d+)+", told)
    old = found is not None and Version(found[0]) < OLDEST_UV
    return Finding(
        topic=Topic.UV,
        state=State.MISSING if found is None else State.NOTE if old else State.GOOD,
        words=f"{found[0] if found else 'does not work'}{', too old' if old else ''}",
        details=(path,),
        remedies=advice.install(Thing.UV) if found is None or old else (),
        facts={"version": found[0] if found else None, "path": path},
    )
