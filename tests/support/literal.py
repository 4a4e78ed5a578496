"""Plain values for tests that need one of a kind and do not care which."""

from datetime import UTC, datetime

from packaging.version import Version

from versect.model.cell import Cell, Pins
from versect.model.trial import (
    EMPTY_OUTPUT,
    Exited,
    Observation,
    Probe,
    Setting,
    Timings,
    Trial,
)


def cell_of(python, parameters=(), **releases):
    """Make a cell: ``cell_of("3.12", httpx="0.27.2")``."""
    pinned = tuple((name, Version(version)) for name, version in releases.items())
    return Cell(pins=Pins(python=python, releases=pinned), parameters=tuple(parameters))


def observation_of(ending, **changes):
    """Make an observation in which nothing but the ending happened."""
    plain = {
        "ending": ending,
        "failures": (),
        "imported": None,
        "stdout": EMPTY_OUTPUT,
        "stderr": EMPTY_OUTPUT,
        "timings": Timings(resolve=0.0, build=0.0, start=0.0, run=0.0),
        "peak_memory": None,
        "notes": (),
    }
    return Observation(**{**plain, **changes})


def trial_of(python, ending=Exited(status=0), **changes):  # noqa: B008 - frozen
    """Make a trial of a cell without projects that ended like this."""
    plain = {
        "fingerprint": "f",
        "run": "r",
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "probe": Probe(cell=cell_of(python), repeat=0),
        "setting": Setting(
            engine="local",
            version=None,
            interpreter=None,
            lock=None,
            packages=(),
            environment=None,
            cut_off=None,
        ),
        "observation": observation_of(ending),
    }
    return Trial(**{**plain, **changes})
