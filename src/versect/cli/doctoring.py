"""What ``versect doctor`` does, in order; each step is somebody else's."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from packaging.version import Version

from versect import __version__
from versect.app import checks, surroundings
from versect.app.doctor import Diagnosis, Finding, State, Topic, diagnose, examine
from versect.app.installing import system
from versect.cli.wiring import OLDEST, Wiring, now
from versect.engine.survey import Survey, survey
from versect.env.places import Kind
from versect.index.client import SimpleIndex
from versect.index.configuration import IndexConfiguration
from versect.index.fetch import Patience
from versect.run.process import Processes

_PATIENCE: Final = 15.0
"""Seconds for all checks together."""
_INDEX: Final = Patience(timeout=5.0, attempts=1)
_REGISTRY: Final = 3.0
_UV: Final = 5.0
_IMAGE: Final = "python:{python}-slim"


def doctor(wiring: Wiring, *, as_json: bool) -> int:
    """Examine this machine; see ``versect doctor``."""
    processes = Processes()
    diagnosis = diagnose(_examined(wiring, processes))
    processes.cancel()
    if as_json:
        click.echo(json.dumps(_document(diagnosis), indent=1))
    else:
        for line in _lines(diagnosis):
            click.echo(line)
    return diagnosis.exit_code


def _examined(wiring: Wiring, processes: Processes) -> tuple[Finding, ...]:
    advice = checks.Advice(
        system=system(sys.platform, _text(Path("/etc/os-release"))), root=os.geteuid() == 0
    )
    environment = wiring.environment
    surveys: dict[str, Future[Survey]] = {name: Future() for name in ("docker", "podman")}
    told: Future[datetime | None] = Future()

    def of_engine(name: str, topic: Topic) -> Finding:
        try:
            surveys[name].set_result(survey(name, environment, processes))
        except BaseException as error:
            surveys[name].set_exception(error)
            raise
        return checks.engine(topic, surveys[name].result(), advice)

    def of_images() -> Finding:
        return checks.images(
            [future.result(_PATIENCE) for future in surveys.values()],
            environment.get("VERSECT_PYTHON_IMAGE", _IMAGE),
            _registry_silence if not wiring.offline else lambda _: "not asked: offline",
            sorted(wiring.pythons(), key=Version),
        )

    def of_index() -> Finding:
        with tempfile.TemporaryDirectory() as folder:
            pages = Path(folder)

            def fresh(configuration: IndexConfiguration) -> SimpleIndex:
                return SimpleIndex(configuration, pages, lambda _: None, patience=_INDEX)

            newest = None
            try:
                kept = sum(1 for _ in wiring.places.entries(Kind.INDEX))
                found, newest = surroundings.index(lambda: wiring.configuration, fresh, kept)
            finally:
                told.set_result(newest)
        return found

    def of_clock() -> Finding:
        try:
            newest = told.result(_PATIENCE - 2.0)
        except TimeoutError:
            newest = None
        return surroundings.clock(newest, now())

    def of_cache() -> Finding:
        done = processes.run([wiring.uv, "cache", "dir"], env=environment, timeout=_UV)
        uv_cache = Path(os.fsdecode(done.stdout.strip())) if done.status == 0 else None
        return surroundings.folder(
            Topic.CACHE, wiring.places.root.absolute(), uv_cache=uv_cache, option="--cache"
        )

    return examine(
        {
            Topic.INTERPRETERS: lambda: checks.interpreters(
                wiring.interpreters.all(), OLDEST, advice
            ),
            Topic.DOCKER: lambda: of_engine("docker", Topic.DOCKER),
            Topic.PODMAN: lambda: of_engine("podman", Topic.PODMAN),
            Topic.IMAGES: of_images,
            Topic.UV: lambda: checks.uv(
                lambda: wiring.uv,
                lambda path: processes.run(
                    [path, "--version"], env=environment, timeout=_UV
                ).stdout.decode(errors="replace"),
                advice,
            ),
            Topic.INDEX: of_index,
            Topic.CACHE: of_cache,
            Topic.RESULTS: lambda: surroundings.folder(
                Topic.RESULTS, wiring.results.absolute(), uv_cache=None, option="--results"
            ),
            Topic.CLOCK: of_clock,
        },
        patience=_PATIENCE,
    )


def _registry_silence(address: str) -> str:
    """Ask a registry for its version page; any answer is one, also that one must log in."""
    import httpx2

    url = address if "://" in address else f"https://{address}"
    parts = url.split("/")
    try:
        httpx2.get(f"{parts[0]}//{parts[2]}/v2/", timeout=_REGISTRY)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        return f"no answer from here ({str(error) or type(error).__name__})"
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    for finding in diagnosis.findings:
        yield f"{finding.state:8} {finding.topic:13} {finding.words}"
        yield from (f"{'':22} {line}" for line in finding.details)
        if finding.remedies and finding.state is not State.GOOD:
            yield from (f"{'':22} $ {line}" for line in finding.remedies)
    yield ""
    if diagnosis.exit_code == 0:
        yield f"versect can run here, on the engine {diagnosis.engine}"
    else:
        yield "versect cannot run anything here: see what is missing above"


def _document(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "versect": __version__,
        "can_run": diagnosis.exit_code == 0,
        "exit_code": diagnosis.exit_code,
        "engine": diagnosis.engine,
        "findings": [asdict(finding) for finding in diagnosis.findings],
    }
