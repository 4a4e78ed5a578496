"""Runs inside the environment under test: records the lives of event loops, clients, connections.

Stdlib only, Python 3.9 or later, imports nothing of versect. The recorder executes this file when
VERSECT_TRACER names it; one JSON object a line is appended to the file named by VERSECT_TRACE.

It must not change what it observes. The rules, beyond the recorder's own:

- It keeps no traced object alive: numbers and weak references only, and nothing that the garbage
  collector looks at longer than a call lasts.
- It leaves no frame of its own in tracebacks where it can: methods are not replaced by functions
  but by descriptors, which tell that a method is being looked up and then hand out the original.
- It never raises into the program; only a KeyboardInterrupt passes through.
"""

import os


def part(name):
    """Execute a file beside this one and give its names."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    names = {"__name__": "versect_tracer_" + name, "__file__": path}
    exec(code, names)  # noqa: S102 - a module that no name in sys.modules tells of
    return names


def start(recorder, after_import):
    """Put all hooks in place.

    Args:
        recorder: The recorder, which knows how to shorten file names.
        after_import: Calls hooks, by the modules' names, once those are imported.

    """
    path = os.environ.get("VERSECT_TRACE")
    if not path:
        return
    lives = part("lives")["Lives"](path, recorder, os.path.dirname(os.path.abspath(__file__)))
    drops = part("drops")["Drops"](lives)
    owning = part("owners")
    owners = owning["Owners"](lives, drops)
    lives.drops, drops.value = drops, owning["value"]
    after_import(part("hooks")["hooks"](lives, owners, drops))
    lives.watch()
