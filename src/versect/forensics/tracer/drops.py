"""Which line let go of what owned an object.

An object that is freed as the last reference goes is finalised within the line that let go, and
the stack tells. One in a reference cycle lives on until a collection; then the variable's own
code is looked at: the lines that delete or rebind it, and where its function returns. From Python
3.12 those lines are monitored, and the last that ran while the variable still named the owner is
the one. Before, the lines that come first on the ways from the last use are told as candidates.
Where the variable's object lives on and an attribute on the way was rebound, the lines of the
user's modules that bind an attribute of this name are candidates.
"""

import sys
import time
import types
from _weakref import ref

MOST_WATCHED = 200  # variables
MOST_LOOKS = 20000  # at monitored lines
VARIABLES = tuple(
    f"{operation}_{place}"
    for operation in ("STORE", "DELETE")
    for place in ("FAST", "NAME", "GLOBAL", "DEREF")
)
ENDS = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE")
UNCONDITIONAL = ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "JUMP_ABSOLUTE")
VERSECT = "versect"
OPTIMIZED = 0x1


class Watch:
    """One variable that leads to an object."""

    __slots__ = (
        "code", "frame", "last", "lines", "name", "number", "path", "pending", "root", "root_id",
    )  # fmt: skip


class Drops:
    """Watches variables that lead to clients, and tells which line let go of them."""

    def __init__(self, lives):
        self.lives = lives
        self.watches = {}  # number of a client to its Watch
        self.codes = {}  # code object to the watches of its variables
        self.tool = None
        self.looks = MOST_LOOKS
        self.value = None

    def watch(self, number, name, root, frame, steps):
        """Watch a variable that leads to an object by some steps: ``(".attribute", object)``.

        ``frame`` is where it lives, or the file of its module.
        """
        if self.lives.kinds[number] != "client" or type(frame) is not types.FrameType:
            return
        if len(self.watches) >= MOST_WATCHED:
            return
        watch = Watch()
        watch.number, watch.name, watch.root_id = number, name, id(root)
        watch.root, watch.path = weak(root), [(told, weak(thing)) for told, thing in steps]
        watch.code, watch.frame = frame.f_code, id(frame)
        watch.last, watch.pending = frame.f_lasti, None
        watch.lines = letting_go(frame.f_code, name)
        self.watches[number] = watch
        self.codes.setdefault(frame.f_code, []).append(watch)
        self.monitor(frame.f_code)

    def used(self, number, frame):
        """Remember where the function of the variable stood when the object was last used."""
        watch = self.watches.get(number)
        while watch is not None and frame is not None:
            if id(frame) == watch.frame and frame.f_code is watch.code:
                watch.last = frame.f_lasti
                return
            frame = frame.f_back

    def dropped(self, number, frame, *, told):
        """Tell which line let go, now that the object is being finalised; or only forget it."""
        watch = self.watches.pop(number, None)
        if not told:
            pass
        elif self.lives.collection_here(frame) is None:
            found, _ = self.lives.stack(frame)
            if any(line[3] for line in found):
                self.lives.event("dropped", number, frame, stack=found, detail="last reference")
        elif watch is not None:
            if watch.root is not None and watch.root() is not None:
                self.rebound(watch, number, frame)
            elif watch.pending is not None:
                at, loop, line, how = watch.pending
                self.lives.past("dropped", number, at, loop, line, how)
            elif self.tool is None or self.looks <= 0:
                self.candidates(watch, number, frame)
        if watch is not None:
            self.forget(watch)

    def rebound(self, watch, number, frame):
        """Tell the lines that may have rebound the first attribute on the way that leads no more.

        The object that the variable names is alive.
        """
        lost = next((told for told, thing in watch.path if thing and thing() is None), "")
        if not lost[1:].isidentifier():
            return
        for code in self.own_code():
            name, own = self.lives.file(code.co_filename)
            for line in letting_go(code, lost[1:], ("STORE_ATTR", "DELETE_ATTR")):
                where = self.lives.line(code, line, name, own)
                told = f"{lost} bound anew"
                self.lives.event(
                    "dropped", number, frame, stack=[where], detail=told, certain=False
                )

    def own_code(self):
        """Give the code of the user's functions, but for those that make new objects."""
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None) if type(module) is types.ModuleType else None
            if not (isinstance(path, str) and self.lives.file(path)[1]):
                continue
            spaces = [vars(module)]
            spaces += [vars(thing) for thing in spaces[0].values() if type(thing) is type]
            for thing in [thing for space in spaces for thing in list(space.values())]:
                code = (
                    getattr(thing, "__code__", None) if type(thing) is types.FunctionType else None
                )
                if code is not None and code.co_name != "__init__":
                    yield from nested(code)

    def candidates(self, watch, number, frame):
        """Tell the lines that may have let go since the last use."""
        name, own = self.lives.file(watch.code.co_filename)
        running = self.runs(watch, frame)
        found = [
            (self.lives.line(watch.code, line, name, own), words(told, watch.name))
            for line, told in reachable(watch.code, watch.name, watch.last)
            if not (told == "return" and running)
        ]
        for line, told in found:
            self.lives.event(
                "dropped", number, frame, stack=[line], detail=told, certain=len(found) == 1
            )

    @staticmethod
    def runs(watch, frame):
        while frame is not None:
            if id(frame) == watch.frame and frame.f_code is watch.code:
                return True
            frame = frame.f_back
        return False

    def forget(self, watch):
        """Stop watching a variable."""
        others = [other for other in self.codes.get(watch.code, ()) if other is not watch]
        if others:
            self.codes[watch.code] = others
        else:
            self.codes.pop(watch.code, None)
            self.listen(watch.code, 0)

    # Monitoring

    def monitor(self, code):
        """Have the lines of a function told of that may let go; Python 3.12 and later."""
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is None:
            return
        if self.tool is None:
            free = [tool for tool in (4, 3) if monitoring.get_tool(tool) is None]
            if not free:
                self.lives.note("no free tool of sys.monitoring: lines that let go are candidates")
                return
            self.tool = free[0]
            monitoring.use_tool_id(self.tool, VERSECT)
            events = monitoring.events
            monitoring.register_callback(self.tool, events.LINE, self.on_line)
            monitoring.register_callback(self.tool, events.PY_RETURN, self.on_return)
        self.listen(code, 0)  # makes lines heard again that had been given up
        self.listen(code, monitoring.events.LINE | monitoring.events.PY_RETURN)

    def listen(self, code, events):
        if self.tool is not None:
            sys.monitoring.set_local_events(self.tool, code, events)

    def on_line(self, code, line):
        try:
            watches = [w for w in self.codes.get(code, ()) if line in w.lines]
            if not watches or self.looks <= 0:
                return sys.monitoring.DISABLE
            self.look(watches, sys._getframe(1), line, None)
        except Exception:
            pass
        return None

    def on_return(self, code, _offset, result):
        try:
            watches = [w for w in self.codes.get(code, ()) if id(result) != w.root_id]
            self.look(watches, sys._getframe(1), None, "return")
        except Exception:
            pass

    def look(self, watches, frame, line, told):
        """Remember the line about to run, for each variable that still names its owner."""
        self.looks -= 1
        for watch in watches:
            held = frame.f_code is watch.code and self.value(frame, watch.name)
            if id(held) == watch.root_id and (watch.root is None or watch.root() is held):
                name, own = self.lives.file(watch.code.co_filename)
                number = line or frame.f_lineno
                where = self.lives.line(watch.code, number, name, own)
                how = words(told or watch.lines[line], watch.name)
                watch.pending = time.monotonic(), self.lives.running(), where, how
            held = None


def weak(thing):
    """Give a weak reference to an object, or None where it takes none."""
    try:
        return ref(thing)
    except TypeError:
        return None


def nested(code):
    """Give a code object with those in it."""
    yield code
    for constant in code.co_consts:
        if type(constant) is types.CodeType:
            yield from nested(constant)


def words(told, name):
    """Say how a line lets go of a variable."""
    return {"return": "its function returned", "del": f"del {name}"}.get(told, f"{name} = ...")


def letting_go(code, name, operations=VARIABLES):
    """Give the lines that delete or rebind a variable: line to ``del`` or ``=``."""
    found = instructions(code, name, operations)
    return {line: told for _, line, told in found if told in ("del", "=")}


def instructions(code, name, operations=VARIABLES):
    """Give offset, line, and what becomes of the variable, of each instruction."""
    dis = sys.modules.get("dis")
    if dis is None:
        return
    starts, line = dict(dis.findlinestarts(code)), code.co_firstlineno
    for instruction in dis.get_instructions(code):
        line = starts.get(instruction.offset) or line
        told, operation = None, instruction.opname
        if operation.startswith(operations) and mentions(instruction.argval, name):
            told = "del" if operation.startswith("DELETE_") else "="
        elif operation in ENDS[:2]:
            told = "return"
        yield instruction.offset, line, told


def mentions(value, name):
    """Whether an instruction is about a variable; some are about two."""
    return value == name or (isinstance(value, tuple) and name in value)


def reachable(code, name, start):
    """Give the first lines, on all ways from an offset, that let go: ``(line, how)``, by line."""
    dis = sys.modules.get("dis")
    told, follow, before = {}, {}, None
    for offset, line, how in instructions(code, name):
        told[offset] = (line, how)
        if before is not None:
            follow.setdefault(before, []).append(offset)
        before = offset
    for instruction in dis.get_instructions(code) if dis else ():
        jumps = instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs
        if instruction.opname in ENDS or instruction.opname in UNCONDITIONAL:
            follow[instruction.offset] = []
        if jumps:
            follow.setdefault(instruction.offset, []).append(instruction.argval)
    start = max((offset for offset in told if offset <= start), default=None)  # not in its cache
    found, seen, queue = {}, set(), list(follow.get(start, ()))
    while queue:
        offset = queue.pop()
        if offset in seen or offset not in told:
            continue
        seen.add(offset)
        line, how = told[offset]
        if how is not None:
            found[line] = how
        else:
            queue += follow.get(offset, ())
    return sorted(found.items())
