"""A test asks for the fixture ``event_loop``."""

import sys
import tempfile
from pathlib import Path

import pytest

with tempfile.TemporaryDirectory() as folder:
    Path(folder, "test_loop.py").write_text("def test_loop(event_loop):\n    assert event_loop\n")
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", folder]))
