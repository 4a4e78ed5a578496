"""Environments made by hand and jobs in them, for tests of engines."""

from __future__ import annotations

from pathlib import Path

from versect.engine.interface import Job
from versect.env import layout
from versect.env.inject import PTH_LINE, PTH_NAME
from versect.forensics import recorder_file
from versect.model.environment import Environment, EnvironmentKey
from versect.model.study import Limits


def bare_environment(folder, engine, target):
    """Make an environment without packages, as cells of an engine see it."""
    root = Path(folder) / f"env-{target.python}"
    site = root / layout.site_packages(target.python)
    if not site.is_dir():
        site.mkdir(parents=True)
        (root / "bin").mkdir()
        (root / "bin" / "python").symlink_to(target.executable)
        (root / "pyvenv.cfg").write_text(layout.pyvenv_cfg(target))
        (site / PTH_NAME).write_text(PTH_LINE)
    home = engine.home or str(root)
    return Environment(key=EnvironmentKey("bare"), root=root, home=home, target=target)


def job_of(
    environment, study, code, *, timeout=20.0, memory=256 << 20, variables=None, traced=False
):
    """Make a job that runs a piece of Python code."""
    return Job(
        environment=environment,
        argv=("python", "-c", code),
        variables=variables or {},
        study=Path(study),
        recorder=recorder_file.PATH,
        tracer=recorder_file.TRACER if traced else None,
        limits=Limits(timeout=timeout, memory=memory, processes=64, cpus=1.0, output=64 << 10),
    )
