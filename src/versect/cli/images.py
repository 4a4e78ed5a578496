"""``versect images``: make the container images of interpreters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from versect.cli.options import place_options


@click.command()
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="3.X",
    default=("3.11", "3.12", "3.13"),
    show_default=True,
    help="Interpreter; repeatable.",
)
@click.option("--engine", type=click.Choice(["auto", "docker", "podman"]), default="auto")
@place_options
def images(pythons: tuple[str, ...], engine: str, results: Path, cache_folder: Path | None) -> int:
    """Make the container images of interpreters, and print their digests.

    An image is made from python:3.X-slim, or from what VERSECT_PYTHON_IMAGE names
    (mirror.example/python:{python}-slim), and where no registry answers, from an interpreter of
    this machine. Runs make missing images by themselves.
    """
    from versect.cli.wiring import Wiring
    from versect.errors import EngineUnavailable
    from versect.model.environment import Target

    wiring = Wiring(results=results, cache=cache_folder, offline=False)
    choice = wiring.choose(engine)
    if choice.engine.home is None:
        raise EngineUnavailable(
            f"images are for containers, and {choice.reason}",
            remedy='start an engine; in a checkout on Debian: eval "$(sh docker/engine-up)"',
        )
    with ThreadPoolExecutor(len(pythons)) as pool:
        targets = dict(zip(pythons, pool.map(choice.engine.target, pythons), strict=True))
    missing = 0
    for python, target in targets.items():
        if isinstance(target, Target):
            click.echo(f"{python}  {target.version}  {target.platform}  {target.image}")
        else:
            missing += 1
            wiring.say(f"py{python}: {target.cause}: {target.detail}")
    return EngineUnavailable.exit_code if missing else 0
