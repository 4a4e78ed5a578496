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

HOME: Final = "/env"
STUDY: Final = "/study"
SUPERVISOR: Final = "/versect/supervisor.py"
RECORDER: Final = "/versect/recorder.py"
SCRATCH: Final = "/tmp"  # noqa: S108 - the cell's own, in memory
NOBODY: Final = "65534:65534"

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
    program: str,
    name: str,
    labels: Mapping[str, str],
    supervisor: Path | None,
) -> tuple[str, ...]:
    """Give the command that runs a job's cell.

    Args:
        job: The job.
        words: What runs in the container.
        program: ``docker`` or ``podman``.
        name: The container's name; empty for a container that removes itself.
        labels: The container's labels.
        supervisor: The supervisor's file on this machine; None to run without it.

    """
    limits = job.limits
    memory = str(limits.memory)
    mounts = [(str(job.environment.root), HOME), (str(job.study), STUDY)]
    if supervisor is not None:
        mounts.append((str(supervisor), SUPERVISOR))
        if job.recorder is not None:
            mounts.append((str(job.recorder), RECORDER))
    return (
        *(program, "run", *(("--name", name) if name else ("--rm",))),
        *(word for key, value in labels.items() for word in ("--label", f"{key}={value}")),
        *("--network", "none", "--read-only", "--init", "--user", NOBODY, "--workdir", STUDY),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        # Sharing with SELinux would mean relabelling the user's files; mounts are read-only.
        *("--security-opt", "label=disable"),
        *("--pids-limit", str(limits.processes), "--cpus", f"{limits.cpus:g}"),
        *("--memory", memory, "--memory-swap", memory),
        *("--ulimit", "core=0", "--ulimit", f"fsize={FILE_SIZE}"),
        *("--tmpfs", f"{SCRATCH}:rw,exec,nosuid,nodev,size=256m,mode=1777"),
        *("--log-driver", "none"),
        *(w for source, target in mounts for w in ("--mount", mount(source, target))),
        *(w for pair in sorted(variables(job).items()) for w in ("--env", "=".join(pair))),
        job.environment.target.image or "",
        *words,
    )


def plain_argv(job: Job, program: str) -> tuple[str, ...]:
    """Give the command with which a person repeats a cell: no supervisor, nothing left behind."""
    python, *arguments = job.argv
    words = (job.environment.python if python == "python" else python, *arguments)
    argv = cell_argv(job, words, program=program, name="", labels={}, supervisor=None)
    at = argv.index("--log-driver")
    return (*argv[:at], *argv[at + 2 :])


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


def mount(source: str, target: str) -> str:
    """Give a read-only bind mount; a comma or quote in a path is quoted as in CSV."""
    fields = ["type=bind", f"source={source}", f"target={target}", "readonly"]
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
