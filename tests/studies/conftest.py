"""Gives the modules of the event-loop study, which are scripts in a folder and no package."""

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "src" / "versect" / "studies" / "event_loop"


@pytest.fixture(scope="module")
def study():
    """Import a module of the study by its bare name, as a cell does."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    yield importlib.import_module
    sys.path.remove(str(FOLDER))
    for name in {path.stem for path in FOLDER.glob("*.py")} - before:
        sys.modules.pop(name, None)
