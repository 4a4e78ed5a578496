"""Runs inside the environment under test: reports every failure that comes to light, as JSON.

Stdlib only, Python 3.9 or later, imports nothing of versect. Executed by a ``.pth`` line before
the program starts, when VERSECT_RECORDER names this file; appends one JSON object a line to the
file named by VERSECT_RECORD.

It must not change what it observes. So it never prints, never raises into the program, imports
nothing that the program did not import, adds no handler to any logger (the first handler would
silence logging's handler of last resort), and keeps no reference to an exception, a task or a
frame: everything becomes plain text at once, since what is alive decides what the garbage
collector finalises, and when.
"""

import atexit
import json
import os
import sys
import threading

MOST_RECORDS = 1000
MOST_BYTES = 4 << 20
MOST_LINKS = 20
MOST_TEXT = 4000
FIRST_FRAMES, LAST_FRAMES = 10, 30


class Lines:
    """A file that records are appended to, so many of them and no more."""

    def __init__(self, path, most_records, most_bytes, kind):
        self.path, self.left, self.room = path, most_records, most_bytes
        self.kind = kind  # the key under which a record says what it is
        self.lock = threading.RLock()

    def append(self, record):
        """Append one record, in one write."""
        with self.lock:
            if self.left <= 0 or self.room <= 0:
                return
            self.left -= 1
            record["pid"] = os.getpid()
            line = self.encoded(record)
            if self.left == 0 or len(line) > self.room:
                self.left, line = 0, self.encoded({self.kind: "cut", "pid": os.getpid()})
            self.room -= len(line)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
            descriptor = os.open(self.path, flags, 0o600)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)

    @staticmethod
    def encoded(record):
        """Give a record as a line."""
        return json.dumps(record).encode("ascii", "replace") + b"\n"

    def forked(self):
        """Forget who held the lock in the parent."""
        self.lock = threading.RLock()


class Recorder:
    """Tells of failures; shared by all hooks of one process."""

    lines_of = Lines  # the tracer appends to a file of its own

    def __init__(self, path):
        self.lines = Lines(path, MOST_RECORDS, MOST_BYTES, "kind")
        self.last_raised = None  # id of the exception that the excepthook reported
        self.roots = self.find_roots()

    @staticmethod
    def find_roots():
        """Folders that file names are made relative to, longest first."""
        roots = {p for p in sys.path if p} | {os.path.dirname(os.__file__)}
        try:
            roots.add(os.getcwd())
        except OSError:
            pass
        return sorted((os.path.join(root, "") for root in roots), key=len, reverse=True)

    def write(self, record):
        """Append one record; whatever goes wrong stays here."""
        try:
            self.lines.append(record)
        except BaseException:
            pass

    def failure(self, place, error, note=""):
        """Report an exception that came to light at a place."""
        try:
            chain = self.chain(error) if error is not None else []
            record = {"kind": "failure", "place": place, "note": text(note), "chain": chain}
            self.write(record)
        except BaseException:
            pass

    def chain(self, error):
        """Describe an exception with everything that it hangs on, outermost first."""
        links, seen, queue = [], set(), [("outermost", error)]
        while queue and len(links) < MOST_LINKS:
            link, error = queue.pop(0)
            if id(error) in seen:
                continue
            seen.add(id(error))
            kind = type(error)
            links.append(
                {
                    "link": link,
                    "type": type_name(kind),
                    "bases": [type_name(b) for b in kind.__mro__[1:] if b is not object],
                    "message": text(error),
                    "frames": self.frames(error.__traceback__),
                }
            )
            members = getattr(error, "exceptions", None)
            if isinstance(members, tuple):
                queue += [("group", m) for m in members if isinstance(m, BaseException)]
            if error.__cause__ is not None:
                queue.append(("cause", error.__cause__))
            elif error.__context__ is not None and not error.__suppress_context__:
                queue.append(("context", error.__context__))
        return links

    def frames(self, traceback):
        """Describe a traceback, outermost call first, the middle of a deep one left out."""
        first, last = [], []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            frame = [self.short(code.co_filename), traceback.tb_lineno or 0, code.co_name]
            if len(first) < FIRST_FRAMES:
                first.append(frame)
            else:
                last.append(frame)
                del last[:-LAST_FRAMES]
            traceback = traceback.tb_next
        return first + last

    def short(self, path):
        """Make a file name relative to the folder that it was imported from."""
        for root in self.roots:
            if path.startswith(root):
                return path[len(root) :]
        return path

    def imported(self):
        """Report which installed files were imported: one a package, all of a namespace."""
        files = set()
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            root = installed_root(path)
            if root is None:
                continue
            top = sys.modules.get(name.partition(".")[0])
            main = getattr(top, "__file__", None)
            files.add((main if installed_root(main) == root else path)[len(root) :])
        self.write({"kind": "imported", "files": sorted(files)})


def installed_root(path):
    """Give the site-packages folder that a file lies below, or None."""
    if not isinstance(path, str):
        return None
    root, found, _ = path.rpartition(os.sep + "site-packages" + os.sep)
    return root + found if found else None


def type_name(kind):
    """Give a class's dotted name, builtins bare."""
    module = getattr(kind, "__module__", None)
    name = getattr(kind, "__qualname__", None) or kind.__name__
    return name if module in ("builtins", None) else f"{module}.{name}"


def text(value):
    """Give a value's text, bounded; one that cannot be told is named so."""
    try:
        return str(value)[:MOST_TEXT]
    except BaseException as error:
        return f"<str() raised {type(error).__name__}>"


def watch_main(recorder):
    """Report what ends the program, also when the program replaced the hook."""
    previous = sys.excepthook

    def excepthook(kind, error, traceback):
        recorder.last_raised = id(error)
        recorder.failure("raised", error)
        previous(kind, error, traceback)

    sys.excepthook = excepthook

    def at_exit():
        error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        if isinstance(error, BaseException) and id(error) != recorder.last_raised:
            recorder.failure("raised", error)
        recorder.imported()

    atexit.register(at_exit)


def watch_unraisable(recorder):
    """Report what was raised where nobody can catch it."""
    previous = sys.unraisablehook

    def unraisablehook(unraisable):
        note = unraisable.err_msg or ""
        recorder.failure("unraisable", unraisable.exc_value, note)
        previous(unraisable)

    sys.unraisablehook = unraisablehook


def watch_threads(recorder):
    """Report what ended a thread."""
    previous = threading.excepthook

    def excepthook(args):
        if args.exc_type is not SystemExit:
            note = args.thread.name if args.thread is not None else ""
            recorder.failure("thread", args.exc_value, note)
        previous(args)

    threading.excepthook = excepthook


def watch_asyncio(recorder, module):
    """Report what asyncio logs and what its exception handlers are given."""
    reported = []  # id of the exception that a handler has just been given

    def log_filter(record):
        try:
            error = record.exc_info[1] if record.exc_info else None
            told = bool(reported) and error is not None and reported[-1] == id(error)
            if not told and (record.levelno >= 40 or error is not None):
                recorder.failure("asyncio", error, record.getMessage())
        except BaseException:
            pass
        return True

    module.logger.addFilter(log_filter)

    def watch_handlers(events):
        loop_class = events.BaseEventLoop
        previous = loop_class.call_exception_handler

        def call_exception_handler(self, context):
            custom = getattr(self, "_exception_handler", None) is not None
            error = context.get("exception")
            if custom:
                recorder.failure("asyncio", error, context.get("message") or "")
                reported.append(id(error))
            del error
            try:
                previous(self, context)
            finally:
                if custom:
                    reported.pop()

        loop_class.call_exception_handler = call_exception_handler

    return watch_handlers


class AfterImport:
    """A finder that finds nothing itself: it waits for modules and then looks after them."""

    def __init__(self, hooks):
        self.hooks, self.searching = hooks, False

    def find_spec(self, name, path=None, target=None):
        if name not in self.hooks or self.searching:
            return None
        self.searching = True
        try:
            return self.found(name, path, target)
        finally:
            self.searching = False

    def found(self, name, path, target):
        """Ask the other finders, and look after the module that one of them finds."""
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(name, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    self.wrap(spec.loader, name)
                return spec
        return None

    def wrap(self, loader, name):
        """Call the hook once the module has been executed."""
        execute, hook = loader.exec_module, self.hooks.pop(name)

        def exec_module(module):
            execute(module)
            try:
                hook(module)
            except BaseException:
                pass

        loader.exec_module = exec_module
        if not self.hooks and self in sys.meta_path:
            sys.meta_path.remove(self)


def install():
    """Put all hooks in place."""
    path = os.environ.get("VERSECT_RECORD")
    if not path or hasattr(sys, "versect_recorder"):
        return  # a site folder that is reached by two names executes its .pth files twice
    recorder = sys.versect_recorder = Recorder(path)
    watch_main(recorder)
    watch_unraisable(recorder)
    watch_threads(recorder)
    handlers = []
    finder = AfterImport(
        {
            "asyncio.log": lambda module: handlers.append(watch_asyncio(recorder, module)),
            "asyncio.base_events": lambda module: [handle(module) for handle in handlers],
        }
    )
    sys.meta_path.insert(0, finder)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=recorder.lines.forked)
    trace(recorder)


def trace(recorder):
    """Start the tracer beside the recorder, when VERSECT_TRACER names it."""
    path = os.environ.get("VERSECT_TRACER")
    if not path:
        return
    try:
        with open(path, encoding="utf-8") as file:
            code = compile(file.read(), path, "exec")
        tracer = {"__name__": "versect_tracer", "__file__": path}
        exec(code, tracer)  # noqa: S102 - it lies beside this file and is no module of anybody's
        tracer["start"](recorder, lambda hooks: sys.meta_path.insert(0, AfterImport(hooks)))
    except Exception:
        pass


install()
