"""What is known of each object, and the file in which everything is written down."""

import atexit
import gc
import os
import sys
import threading
import time
from _weakref import ref

MOST_EVENTS = 20000
MOST_BYTES = 8 << 20
INNERMOST, MOST_FRAMES, DEEPEST = 14, 24, 400
MOST_TEXT = 300
NEAR = 4  # frames between a finaliser and the method that it calls


class Ref(ref):
    """A weak reference that knows the number of the life it refers to."""

    __slots__ = ("number",)


class Lives:
    """Numbers objects and writes down what happens to them; shared by all hooks of a process."""

    def __init__(self, path, recorder, folder):
        self.folder = folder
        self.find_roots, self.roots = recorder.find_roots, None
        self.told = recorder.lines_of(path, MOST_EVENTS, MOST_BYTES, "k")
        self.lock = threading.RLock()
        self.table = {}  # id of an object to its Ref, or its number where it takes no reference
        self.last = 0
        self.kinds, self.loops = {}, {}  # number to kind, number to the number of its loop
        self.closed, self.finalised = set(), set()
        self.closing = {}  # thread to clients whose closing waits for a loop to run
        self.files, self.lines = {}, {}
        self.collecting = None
        self.running_loop = None  # asyncio's own function, once there is one
        self.drops = None
        self.stdlib = os.path.join(os.path.dirname(os.__file__), "")

    def watch(self):
        """Look at collections, at forks and at the end of the program."""
        gc.callbacks.append(self.collection)
        atexit.register(self.at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forked)

    def forked(self):
        """Forget the parent's objects: what becomes of their copies is told by nobody."""
        self.lock = threading.RLock()
        self.told.forked()
        self.table.clear()
        self.collecting = None

    # Objects

    def number(self, thing):
        """Give the number of an object that is known, or None."""
        known = self.table.get(id(thing))
        if known is None or type(known) is int:
            return known
        there = known()
        return known.number if there is thing or there is None else None

    def alive(self, thing):
        """Whether an object has a number and is not being finalised."""
        known = self.table.get(id(thing))
        return type(known) is Ref and known() is thing

    def add(self, thing, kind, loop=None, name=None):
        """Give an object a number."""
        with self.lock:
            self.last += 1
            number = self.last
        self.kinds[number] = kind
        if loop is not None:
            self.loops[number] = loop
        self.write(
            {
                "k": "life",
                "n": number,
                "kind": kind,
                "type": name or self.type_name(type(thing)),
                "loop": loop,
            }
        )
        try:
            known = Ref(thing, self.gone)
            known.number = number
        except TypeError:
            known = number
        if thing is not None:
            self.table[id(thing)] = known
        return number

    def gone(self, known):
        """Tell that an object is being finalised; called by its weak reference."""
        try:
            self.finish(known.number, sys._getframe(1))
        except Exception:
            pass

    def finish(self, number, frame, by=None):
        """Tell once that an object is finalised, and whether it had been closed."""
        if number in self.finalised:
            return
        self.finalised.add(number)
        kind = self.kinds[number]
        if kind == "client":
            self.drops.dropped(number, frame, told=number not in self.closed)
        if kind != "task":
            self.event("finalised", number, frame, by=by)
            if number not in self.closed:
                self.event("unclosed", number, frame, by=by)

    # Collections

    def collection(self, phase, info):
        """Remember that a collection is under way; it is told of when something happens in it."""
        try:
            if phase == "start":
                frame = sys._getframe(1)
                self.collecting = [
                    threading.get_ident(),
                    time.monotonic(),
                    info.get("generation"),
                    None,
                    frame.f_code.co_filename,
                    frame.f_lineno,
                ]
                del frame
            elif self.collecting is not None:
                number = self.collecting[3]
                generation = self.collecting[2]
                self.collecting = None
                if number is not None:
                    found = f"generation {generation}, {info.get('collected')} objects"
                    self.write({"k": "detail", "n": number, "detail": found})
        except Exception:
            pass

    def collection_here(self, frame):
        """Give the number of the collection that this thread is in, or None."""
        now = self.collecting
        if now is None or now[0] != threading.get_ident():
            return None
        if now[3] is None:
            now[3] = self.add(None, "collection", name=f"generation {now[2]}")
            while frame is not None and not (
                frame.f_code.co_filename == now[4] and frame.f_lineno == now[5]
            ):
                frame = frame.f_back
            self.event("collection", now[3], frame, at=now[1])
        return now[3]

    # Writing

    def event(
        self,
        what,
        number,
        frame,
        *,
        by=None,
        detail="",
        other=None,
        certain=True,
        stack=None,
        at=None,
    ):
        """Write down one event.

        Args:
            what: The word for it.
            number: Whose life.
            frame: Where the program is; used at once and not kept.
            by: The finaliser, where the frame does not tell.
            detail: Anything else.
            other: The number of a second life.
            certain: False for one of several lines that it may have been.
            stack: The lines, where they are not the frame's.
            at: When, if not now: of the collection under way itself.

        """
        if self.told.left <= 0:
            return
        here = None if at is not None else self.collection_here(frame)
        found, finaliser = self.stack(frame) if stack is None else (stack, None)
        self.write(
            {
                "k": "event",
                "t": time.monotonic() if at is None else at,
                "what": what,
                "n": number,
                "loop": self.running(),
                "thread": self.thread(),
                "stack": found,
                "gc": here,
                "by": by or finaliser,
                "detail": detail[:MOST_TEXT],
                "other": other,
                "certain": certain,
            }
        )

    def past(self, what, number, at, loop, line, detail):
        """Write down an event that is known of only now; ``loop`` ran then."""
        self.write(
            {
                "k": "event",
                "t": at,
                "what": what,
                "n": number,
                "loop": loop,
                "thread": self.thread(),
                "stack": [line],
                "detail": detail,
            }
        )

    def write(self, record):
        """Append one record; whatever goes wrong stays here."""
        try:
            self.told.append(record)
        except Exception:
            pass

    def note(self, text):
        """Write down what could not be seen."""
        self.write({"k": "note", "text": text})

    def running(self):
        """Give the number of the loop that runs in this thread, or None."""
        if self.running_loop is None:
            return None
        loop = self.running_loop()
        return None if loop is None else self.number(loop)

    @staticmethod
    def thread():
        """Give this thread's name without making an object for one that has none."""
        ident = threading.get_ident()
        thread = threading._active.get(ident)
        return getattr(thread, "_name", None) or f"thread {ident}"

    # Where the program is

    def stack(self, frame):
        """Give the lines on the stack, outermost first, and the innermost finaliser among them.

        Of a deep stack the innermost lines are kept, and the user's own.
        """
        found, by, depth = [], None, 0
        while frame is not None and depth < DEEPEST:
            code = frame.f_code
            name, own = self.file(code.co_filename)
            if name is not None:
                if by is None and code.co_name == "__del__":
                    by = getattr(code, "co_qualname", "__del__")
                if len(found) < INNERMOST or (own and len(found) < MOST_FRAMES):
                    found.append(self.line(code, frame.f_lineno or 0, name, own))
            frame = frame.f_back
            depth += 1
        found.reverse()
        return found, by

    @staticmethod
    def finaliser(frame):
        """Whether a method is looked up by a finaliser, or by what one has called just now.

        One that runs a loop until something is done puts nothing off.
        """
        for _ in range(NEAR):
            if frame is None or frame.f_code.co_name in ("__del__", "run_until_complete"):
                break
            frame = frame.f_back
        return frame is not None and frame.f_code.co_name == "__del__"

    def traceback(self, error):
        """Give the lines of an exception's traceback, outermost first."""
        found, traceback = [], error.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            name, own = self.file(code.co_filename)
            if name is not None:
                found.append(self.line(code, traceback.tb_lineno or 0, name, own))
            traceback = traceback.tb_next
        return found[-MOST_FRAMES:]

    def line(self, code, number, name, own):
        """Describe one line, and see to it that its text is told too."""
        key = f"{code.co_filename}\n{number}"
        if key not in self.lines:
            self.lines[key] = own
            if own:
                self.source(code.co_filename, number, name)
        return [name, number, getattr(code, "co_qualname", code.co_name), own]

    def file(self, path):
        """Give a file's short name, None for the tracer's own, and whether it is the user's."""
        known = self.files.get(path)
        if known is None:
            installed = f"{os.sep}site-packages{os.sep}" in path
            installed = installed or f"{os.sep}dist-packages{os.sep}" in path
            own = not (installed or path.startswith((self.stdlib, "<frozen")))
            ours = path.startswith(self.folder) or path == self.recorder()
            known = (None if ours else self.short(path), own and not ours)
            self.files[path] = known
        return known

    def short(self, path):
        """Make a file name relative to the folder that it was imported from."""
        if self.roots is None:  # by now sys.path has the program's own folder
            self.roots = self.find_roots()
        if path[:1] != "<":
            path = os.path.abspath(path)
        for root in self.roots:
            if path.startswith(root):
                return path[len(root) :]
        return path

    @staticmethod
    def recorder():
        """Give the file of the recorder, whose frames are nobody's business."""
        return os.environ.get("VERSECT_RECORDER")

    def source(self, path, number, name):
        """Write down the text of a line."""
        try:
            with open(path, "rb") as file:
                text = file.read().split(b"\n")[number - 1].strip().decode("utf-8", "replace")
        except Exception:
            return
        self.write({"k": "source", "file": name, "line": number, "text": text[:MOST_TEXT]})

    @staticmethod
    def type_name(kind):
        """Give a class's dotted name, builtins bare."""
        module = getattr(kind, "__module__", None)
        name = getattr(kind, "__qualname__", None) or kind.__name__
        return name if module in ("builtins", None) else f"{module}.{name}"

    # The end

    def at_exit(self):
        """Tell what was never closed, and the text of library lines."""
        try:
            for known in list(self.table.values()):
                if type(known) is not Ref or known() is None:
                    continue
                number = known.number
                if self.kinds[number] != "task" and number not in self.closed:
                    self.event("unclosed", number, None, detail="alive when the program ended")
            for key, own in list(self.lines.items()):
                if not own:
                    path, _, number = key.rpartition("\n")
                    self.source(path, int(number), self.file(path)[0])
        except Exception:
            pass
