"""Command lines of docker and podman, and what their answers mean (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from versect.engine.interface import Job
from versect.engine.supervised import FILE_SIZE
from versect.engine.traits import Traits

HOME: Final = "/env"
STUDY: Final = "/study"
SUPERVISOR: Final = "/versect/supervisor.py"
RECORDER: Final = "/versect/recorder.py"
TRACER: Final = "/versect/tracer"
SCRATCH: Final = "/tmp"  # noqa: S108 - the cell's own, in memory
NOBODY: Final = "65534:65534"
IPV6: Final = "net.ipv6.conf.lo.disable_ipv6=0"
CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"
BUILD_MEMORY: Final = 4 << 30

RUN_LABEL: Final = "versect.run"
OWNER_LABEL: Final = "versect.owner"
DEADLINE_LABEL: Final = "versect.deadline"

OLDEST: Final[Mapping[str, tuple[int, int]]] = {"docker": (20, 10), "podman": (4, 0)}

_PASSED_ON: Final = ("DOCKER_", "CONTAINER_", "CONTAINERS_", "BUILDAH_", "XDG_", "SSL_CERT_")
_PASSED_ON_ALSO: Final = frozenset({"PATH", "HOME", "USER", "TMPDIR", "SSH_AUTH_SOCK"})
_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the engine says of a container that has ended."""

    out_of_memory: bool
    status: int
    error: str


def environment(host: Mapping[str, str]) -> dict[str, str]:
    """Give the client's environment: what it needs to find its engine; cells see none of it."""
    return {
        name: value
        for name, value in host.items()
        if name.startswith(_PASSED_ON) or name in _PASSED_ON_ALSO or name.lower() in _PROXIES
    }


def cell_argv(  # noqa: PLR0913 - what a container is made of
    job: Job,
    words: Sequence[str],
    *,
    traits: Traits,
    name: str,
    labels: Mapping[str, str],
    supervisor: Path | None,
) -> tuple[str, ...]:
    """Give the command that runs a job's cell.

    Args:
        job: The job.
        words: What runs in the container.
        traits: The engine's.
        name: The container's name; empty for a container that removes itself.
        labels: The container's labels.
        supervisor: The supervisor's file on this machine; None to run without it.

    """
    limits = job.limits
    mounts = [(str(job.environment.root), HOME), (str(job.study), STUDY)]
    if supervisor is not None:
        mounts.append((str(supervisor), SUPERVISOR))
        if job.recorder is not None:
            mounts.append((str(job.recorder), RECORDER))
        if job.tracer is not None:
            mounts.append((str(job.tracer), TRACER))
    return (
        *(traits.program, "run", *(("--name", name) if name else ("--rm",))),
        *_labelled(labels),
        *("--network", "none", "--init", "--user", NOBODY, "--workdir", STUDY),
        *_shut(traits),
        *_limited(traits, limits.memory, limits.processes, limits.cpus),
        *("--ulimit", "core=0", "--ulimit", f"fsize={FILE_SIZE}"),
        *(("--sysctl", IPV6) if traits.ipv6 else ()),
        *("--tmpfs", f"{SCRATCH}:rw,exec,nosuid,nodev,size=256m,mode=1777"),
        # The harness drains what the supervisor says; a log on disk would only grow.
        *(("--log-driver", "none") if name else ()),
        *(w for source, target in mounts for w in ("--mount", mount(source, target))),
        *(w for pair in sorted(variables(job).items()) for w in ("--env", "=".join(pair))),
        job.environment.target.image or "",
        *words,
    )


def plain_argv(job: Job, traits: Traits) -> tuple[str, ...]:
    """Give the command with which a person repeats a cell: no supervisor, nothing left behind."""
    python, *arguments = job.argv
    words = (job.environment.python if python == "python" else python, *arguments)
    return cell_argv(job, words, traits=traits, name="", labels={}, supervisor=None)


def trusted_argv(  # noqa: PLR0913 - what a container is made of
    words: Sequence[str],
    *,
    image: str,
    traits: Traits,
    labels: Mapping[str, str],
    folder: Path,
    user: str,
) -> tuple[str, ...]:
    """Give the command that runs versect's own code, with ``folder`` writable, as its owner."""
    return (
        *(traits.program, "run", "--rm", "--network", "none"),
        *_labelled(labels),
        *_shut(traits),
        *("--user", _outside(user, traits), "--tmpfs", f"{SCRATCH}:rw,size=64m,mode=1777"),
        *("--mount", mount(str(folder), str(folder), writable=True)),
        image,
        *words,
    )


def build_argv(  # noqa: PLR0913 - what a container is made of
    words: Sequence[str],
    *,
    image: str,
    traits: Traits,
    labels: Mapping[str, str],
    folder: Path,
    user: str,
    network: str,
) -> tuple[str, ...]:
    """Give the command that builds somebody's source archive: with a network, and little else."""
    return (
        *(traits.program, "run", "--rm", "--network", network, "--init"),
        *_labelled(labels),
        *_shut(traits),
        *_limited(traits, BUILD_MEMORY, 512, None),
        *("--user", _outside(user, traits), "--workdir", str(folder)),
        *("--tmpfs", f"{SCRATCH}:rw,exec,size=2g,mode=1777"),
        *("--mount", mount(str(folder), str(folder), writable=True)),
        *("--env", f"HOME={SCRATCH}", "--env", f"SSL_CERT_FILE={CERTIFICATES}"),
        image,
        *words,
    )


def facts_argv(words: Sequence[str], *, image: str, traits: Traits) -> tuple[str, ...]:
    """Give the command that asks an image's interpreter what it is."""
    return (
        *(traits.program, "run", "--rm", "--network", "none", "--user", NOBODY),
        *_shut(traits),
        image,
        *words,
    )


def survey_argv(
    words: Sequence[str], *, image: str, traits: Traits, memory: int, processes: int
) -> tuple[str, ...]:
    """Give the command that looks at a cell's limits and network from within."""
    return (
        *(traits.program, "run", "--rm", "--network", "none", "--user", NOBODY),
        *_shut(traits),
        *_limited(traits, memory, processes, None),
        image,
        *words,
    )


def _labelled(labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(word for key, value in labels.items() for word in ("--label", f"{key}={value}"))


def _shut(traits: Traits) -> tuple[str, ...]:
    """Give the options of every container: nothing to write to, nothing to gain, nothing passed."""
    return (
        *("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        # With SELinux a container may read what is labelled for it. ``:z`` would relabel the
        # user's own files for good, and whole home folders with them; so the container goes
        # without a label, and everything else that shuts it in stays.
        *("--security-opt", "label=disable"),
        *(word for limit in traits.ulimits for word in ("--ulimit", limit)),
        # podman hands the host's proxies, passwords included, to every container.
        *(("--http-proxy=false",) if traits.program == "podman" else ()),
    )


def _limited(traits: Traits, memory: int, processes: int, cpus: float | None) -> tuple[str, ...]:
    """Give the limits that the engine can hold; some refuse to start with one they cannot."""
    words: list[str] = []
    if "processes" not in traits.ignored:
        words += ("--pids-limit", str(processes))
    if "cpus" not in traits.ignored and cpus is not None:
        # More processors than there are is an error, and no limit either.
        words += ("--cpus", f"{min(cpus, traits.cpus or cpus):g}")
    if "memory" not in traits.ignored:
        words += ("--memory", str(memory), "--memory-swap", str(memory))
    return tuple(words)


def _outside(user: str, traits: Traits) -> str:
    """Name a user of this machine inside a container: without root, its root is that user."""
    return "0:0" if traits.rootless else user


def variables(job: Job) -> dict[str, str]:
    """Give the reproduction's whole environment."""
    return {
        "PATH": f"{HOME}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": SCRATCH,
        "TMPDIR": SCRATCH,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **job.variables,
    }


def mount(source: str, target: str, *, writable: bool = False) -> str:
    """Give a bind mount; a comma or quote in a path is quoted as in CSV."""
    fields = ["type=bind", f"source={source}", f"target={target}"]
    if not writable:
        fields.append("readonly")
    quoted = ['"' + f.replace('"', '""') + '"' if re.search(r'[",\n]', f) else f for f in fields]
    return ",".join(quoted)


def state(answer: bytes) -> State | None:
    """Read ``inspect --format '{{json .State}}'``; None when it is none."""
    try:
        document = json.loads(answer)
        return State(
            out_of_memory=bool(document["OOMKilled"]),
            status=int(document["ExitCode"]),
            error=str(document.get("Error") or ""),
        )
    except (ValueError, KeyError, TypeError):
        return None


def version(answer: bytes) -> tuple[int, int] | None:
    """Read an engine's version: ``20.10.24+dfsg1`` -> ``(20, 10)``."""
    found = re.match(r"\s*(\d+)\.(\d+)", answer.decode(errors="replace"))
    return (int(found[1]), int(found[2])) if found else None
