"""Starts the recorder in any Python whose PYTHONPATH names this folder, and then steps aside.

The folder leaves sys.path again, and a sitecustomize of the user's own, which this one hides, is
imported in its place.
"""

import os
import sys


def record():
    """Execute the recorder's file, if one is named."""
    path = os.environ.get("VERSECT_RECORDER")
    if path:
        with open(path, encoding="utf-8") as file:
            code = compile(file.read(), path, "exec")
        exec(code, {"__name__": "versect_recorder", "__file__": path})  # noqa: S102


def step_aside(own):
    """Import the sitecustomize that would have been found without this folder."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]
    del sys.modules["sitecustomize"]
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", own)  # site takes it out again by its name


try:
    record()
except Exception:
    pass
step_aside(sys.modules["sitecustomize"])
