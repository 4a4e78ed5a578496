"""The front doors: ``nox -s matrix``, ``nox -s bisect`` and ``nox -s tests``."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "arch", "tests"]

PYPROJECT = nox.project.load_toml("pyproject.toml")


def groups(*names: str) -> list[str]:
    """Give the requirements of dependency groups."""
    return nox.project.dependency_groups(PYPROJECT, *names)


@nox.session
def matrix(session: nox.Session) -> None:
    """Run the built-in study and diagnose it: results/event-loop/; flags after -- go to both."""
    session.install(".")
    session.run("versect", "run", "event-loop", *session.posargs)
    if not any(word.startswith(("--dry-run", "--shard")) for word in session.posargs):
        asked = [word for word in session.posargs if word not in ("--fresh", "--trace")]
        session.run("versect", "diagnose", "event-loop", *asked)


@nox.session
def bisect(session: nox.Session) -> None:
    """Find the first failing release of the built-in study; flags after -- pass through."""
    session.install(".")
    default = ["event-loop", "--project", "openai", "--good", "1.3.0", "--bad", "1.4.0"]
    session.run("versect", "bisect", *(session.posargs or default))


@nox.session
def check(session: nox.Session) -> None:
    """Run what is new of the built-in study against its baseline; flags after -- pass through."""
    session.install(".")
    session.run("versect", "check", *(session.posargs or ["event-loop"]))


@nox.session
def images(session: nox.Session) -> None:
    """Make the container images of all interpreters."""
    session.install(".")
    session.run("versect", "images", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests; those that need Docker or the index say so when they are skipped."""
    session.install("-e", ".", *groups("tests"))
    session.run("pytest", *(session.posargs or ["-n", "2"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install(*groups("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install("-e", ".", *groups("types"))
    session.run("mypy", *session.posargs)


@nox.session
def arch(session: nox.Session) -> None:
    """Hold the layers."""
    session.install("-e", ".", *groups("arch"))
    session.run("lint-imports", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure versect beside a plain noxfile on the same cells; numbers go to results/bench/."""
    session.install("-e", ".", "nox", "uv")
    session.run("python", "bench/twelve_cells.py", *session.posargs)


@nox.session(name="trace-bench")
def trace_bench(session: nox.Session) -> None:
    """Measure what the tracer costs; numbers go to results/bench/trace.json and trace.md."""
    session.install("-e", ".")
    session.run("python", "-m", "bench.trace")


@nox.session
def calibration(session: nox.Session) -> None:
    """Hold what searches under noise state against simulated truth; minutes of both processors."""
    session.install("-e", ".")
    session.run("python", "bench/calibration.py")


@nox.session
def truth(session: nox.Session) -> None:
    """Ask for public breakages, compare with what was measured, write results/truth/table.md."""
    session.install(".")
    session.run("python", "-m", "tests.truth.run", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated parts of docs/reference again; with --check, only compare."""
    session.install("-e", ".")
    session.run("python", "docs/generate.py", *session.posargs)


@nox.session(venv_backend="none")
def clean(session: nox.Session) -> None:
    """Remove what sessions leave behind in this folder; results are kept."""
    for name in (".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(Path(name), ignore_errors=True)
        session.log(f"removed {name}")
