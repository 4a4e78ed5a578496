"""How the recorder gets into an environment without anybody's code being touched."""

from __future__ import annotations

from typing import Final

PTH_NAME: Final = "_versect.pth"
"""Lies in site-packages: ``site`` executes its line at every start, before the program."""

PTH_LINE: Final = (
    "import os; _f = os.environ.get('VERSECT_RECORDER'); "
    "_f and exec(compile(open(_f, encoding='utf-8').read(), _f, 'exec'), "
    "{'__name__': 'versect_recorder', '__file__': _f}); del _f\n"
)
"""Does nothing unless the cell's supervisor names the recorder's file."""
