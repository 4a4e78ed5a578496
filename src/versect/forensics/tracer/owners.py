"""Who owns an object: the way to it from a variable of the user's code, outermost function first.

Searched from the variables down, when the object is first used, with nothing but reads: no
attribute is fetched through anybody's code, and what was looked at is forgotten at once.
"""

import gc
import sys
import time
import types
from itertools import islice

DEEPEST, MOST_NODES, MOST_ITEMS = 12, 20000, 2000
MOST_SECONDS = 2.0  # of a program's life
OPTIMIZED, COROUTINE = 0x1, 0x80
LEAVES = {str, bytes, int, float, complex, bool, type(None), range, slice}
LEAVES |= {types.ModuleType, types.CodeType, types.FrameType, types.TracebackType}
PASSED = {"asyncio", "_asyncio", "uvloop", "threading", "_thread", "concurrent", "logging"}
PASSED |= {"contextvars", "_contextvars", "weakref", "_weakrefset", "selectors", "socket", "ssl"}
READERS = frozenset(("locals", "vars", "eval", "exec", "dir"))
SNAPSHOTS = sys.version_info < (3, 13)  # before PEP 667 f_locals is a dictionary that lasts


class Owners:
    """Looks for owners, and has the lines watched that may let go of them."""

    def __init__(self, lives, drops):
        self.lives, self.drops = lives, drops
        self.looked = set()
        self.left = MOST_SECONDS

    def look(self, thing, number, frame):
        """Find and write down who owns an object, once."""
        if number in self.looked:
            return
        self.looked.add(number)
        if self.left <= 0:
            return
        started = time.monotonic()
        try:
            self.search(thing, number, frame)
        finally:
            self.left -= time.monotonic() - started
            if self.left <= 0:
                self.lives.note("owners of later clients and loops were not looked for")

    def search(self, thing, number, frame):
        seen = {}
        for place, variables in self.roots(frame):
            way = breadth_first(variables, thing, seen, self.own_class)
            if way is not None:
                name, root = way[0]
                steps = [[told, self.lives.type_name(type(child))] for told, child in steps_of(way)]
                self.lives.write(
                    {
                        "k": "owner",
                        "n": number,
                        "variable": name,
                        "type": self.lives.type_name(type(root)),
                        "at": self.place(place),
                        "steps": steps,
                    }
                )
                self.drops.watch(number, name, root, place, steps_of(way))
                root = None
                way.clear()
                break
            variables.clear()
        seen.clear()

    def place(self, frame):
        """Describe where a function stands, or the module of a global variable."""
        if type(frame) is not types.FrameType:
            return [self.lives.short(frame), 0, "<module>", True]
        code = frame.f_code
        name, own = self.lives.file(code.co_filename)
        return self.lives.line(code, frame.f_lineno or 0, name, own)

    def roots(self, frame):
        """Give places of the user's code with their variables, those that began first first."""
        stack = []
        while frame is not None:
            if self.lives.file(frame.f_code.co_filename)[1]:
                stack.append(frame)
            frame = frame.f_back
        stack.reverse()
        inside = next((n for n, f in enumerate(stack) if f.f_code.co_flags & COROUTINE), len(stack))
        for place in (*stack[:inside], *self.suspended(stack), *stack[inside:]):
            variables = read(place)
            if variables:
                yield place, variables
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None) if type(module) is types.ModuleType else None
            if isinstance(path, str) and self.lives.file(path)[1]:
                variables = public(vars(module))
                if variables:
                    yield path, variables

    def suspended(self, stack):
        """Give the user's frames in the tasks that wait on the running loop, oldest task first."""
        tasks = sys.modules.get("asyncio.tasks")
        loop = self.lives.running_loop() if self.lives.running_loop else None
        if tasks is None or loop is None:
            return []
        found = []
        for task in tasks.all_tasks(loop):
            coroutine, frames = task.get_coro(), []
            while coroutine is not None:
                frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
                if frame is not None and self.lives.file(frame.f_code.co_filename)[1]:
                    frames.append(frame)
                coroutine = getattr(coroutine, "cr_await", None) or getattr(
                    coroutine, "gi_yieldfrom", None
                )
            age = task.get_name().rpartition("-")[2]
            found.append((int(age) if age.isdigit() else 0, frames))
        found.sort(key=lambda pair: pair[0])
        return [frame for _, frames in found for frame in frames if frame not in stack]

    def own_class(self, kind):
        """Whether a class is the user's."""
        module = sys.modules.get(module_of(kind))
        path = getattr(module, "__file__", None) if type(module) is types.ModuleType else None
        return isinstance(path, str) and self.lives.file(path)[1]


def read(frame):
    """Give a frame's variables without prolonging any life; empty where that cannot be done.

    Until Python 3.12 ``f_locals`` of a function is a dictionary that the frame keeps, with a
    reference to everything in it. It is emptied again at once, unless somebody else may be using
    it: the function itself, or a debugger.
    """
    code = frame.f_code
    if not code.co_flags & OPTIMIZED:
        return public(frame.f_locals)  # a module's or a class's own: not a copy
    if not SNAPSHOTS:
        return dict(frame.f_locals)
    if sys.gettrace() is not None or not READERS.isdisjoint(code.co_names):
        return {}
    snapshot = frame.f_locals
    variables = dict(snapshot)
    snapshot.clear()
    return variables


def value(frame, name):
    """Give one variable of a frame, or None; see ``read``."""
    if frame.f_code.co_flags & OPTIMIZED and SNAPSHOTS:
        return read(frame).get(name)
    return frame.f_locals.get(name)


def public(namespace):
    """Give the variables of a module."""
    return {name: value for name, value in list(namespace.items()) if not name.startswith("__")}


def breadth_first(variables, target, seen, own_class):
    """Give the shortest way from a variable to the target: ``[(name, object), (None, object)...]``.

    ``seen`` maps the ids of objects looked at to the objects, which keeps the ids theirs; it is
    shared by the searches for one target.
    """
    came = {}  # id to its parent's id, or a variable's name
    level = []
    for name, thing in variables.items():
        if id(thing) not in seen and id(thing) not in came:
            came[id(thing)] = name
            seen[id(thing)] = thing
            level.append(thing)
    for _ in range(DEEPEST):
        if any(thing is target for thing in level):
            return way_to(target, came, seen)
        below = []
        for thing in level:
            for child in children(thing, own_class):
                if id(child) not in seen:
                    came[id(child)] = id(thing)
                    seen[id(child)] = child
                    below.append(child)
            if len(seen) > MOST_NODES:
                return way_to(target, came, seen) if id(target) in came else None
        level = below
    return None


def way_to(target, came, seen):
    way, key = [], id(target)
    while not isinstance(key, str):
        way.append((None, seen[key]))
        key = came[key]
    way[-1] = (key, way[-1][1])
    way.reverse()
    return way


def children(thing, own_class):
    """Give what an object refers to, as far as it may lead to what it owns."""
    kind = type(thing)
    if kind in LEAVES or not gc.is_tracked(thing):
        return ()
    if kind is types.FunctionType:
        return (thing.__closure__ or ()) + (thing.__defaults__ or ())
    if kind is types.MethodType:
        return (thing.__self__, thing.__func__)
    if kind in (list, tuple, set, frozenset):
        return list(islice(thing, MOST_ITEMS))
    if kind is dict:
        return list(islice(thing.values(), MOST_ITEMS))
    if type in type.__dict__["__mro__"].__get__(kind):
        return list(vars(thing).values()) if own_class(thing) else ()
    module = module_of(kind)
    if module.partition(".")[0] in PASSED and module != "asyncio.runners":
        return ()
    return gc.get_referents(thing)


def steps_of(way):
    """Give the way's references and what they lead to, without namespaces and cells between."""
    found, told, parent = [], "", way[0][1]
    for _, child in way[1:]:
        if type(child) is dict and namespace(parent) is child:
            continue
        told += label(parent, child)
        parent = child
        if type(child) is not types.CellType:
            found.append((told, child))
            told = ""
    return found


def namespace(thing):
    try:
        return object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None


def module_of(kind):
    """Give the name of a class's module, without asking its metaclass."""
    try:
        name = type.__dict__["__module__"].__get__(kind)
    except AttributeError:
        return ""
    return name if isinstance(name, str) else ""


def label(parent, child):
    """Say how one object hangs on another: ``.name``, ``[0]``, ``['key']``."""
    kind = type(parent)
    try:
        if kind in (list, tuple):
            return f"[{next(n for n, item in enumerate(parent) if item is child)}]"
        if kind is dict:
            return f"[{next(key for key, item in parent.items() if item is child)!r:.40}]"
        if kind is types.FunctionType:
            cells = zip(parent.__code__.co_freevars, parent.__closure__ or ())
            return next((f".<{name}>" for name, cell in cells if cell is child), "[...]")
        if kind is types.CellType:
            return ""
        if kind is types.MethodType:
            return ".__self__"
        names = namespace(parent) or {}
        return next(f".{name}" for name, item in names.items() if item is child)
    except Exception:
        return slot(parent, child)


def slot(parent, child):
    for kind in type(parent).__mro__:
        for name, member in list(vars(kind).items()):
            if type(member) is types.MemberDescriptorType:
                try:
                    if member.__get__(parent) is child:
                        return f".{name}"
                except Exception:
                    pass
    return "[...]"
