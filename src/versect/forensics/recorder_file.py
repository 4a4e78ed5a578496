"""Where recorder and tracer lie: what is put beside a reproduction."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("recorder.py")
TRACER: Final = Path(__file__).with_name("tracer")
"""A folder; the recorder executes its ``start.py``."""
SITE: Final = TRACER / "site"
"""In PYTHONPATH it starts the recorder in environments that nobody prepared."""
