"""Where the recorder lies: the file that is put beside a reproduction."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("recorder.py")
