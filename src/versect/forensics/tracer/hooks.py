"""Where the tracer looks: the classes of asyncio, uvloop, httpx, openai and aiohttp."""

import gc
import sys
import types

COROUTINE = 0x80


class Touch:
    """Stands for a function in its class, and tells when somebody looks it up on an object.

    Unlike a function around the function it adds no frame to anybody's traceback.
    """

    __slots__ = ("before", "function")

    def __init__(self, function, before):
        self.function, self.before = function, before

    def __get__(self, thing, kind=None):
        found = self.function.__get__(thing, kind)
        if thing is not None:
            try:
                return self.before(thing, found, sys._getframe(1)) or found
            except Exception:
                pass
        return found

    def __getattr__(self, name):
        return getattr(self.function, name)


def touch(kind, name, before):
    """Have ``before(object, method, frame)`` called when a class's method is looked up.

    What it gives, if anything, is handed out in the place of the method.
    """
    function = getattr(kind, name, None)
    if function is not None and not isinstance(kind.__dict__.get(name), Touch):
        setattr(kind, name, Touch(kind.__dict__.get(name, function), before))


def follow(kind, name, after):
    """Have ``after(arguments)`` called after a function that hardly ever raises."""
    function = kind.__dict__[name]

    def following(*words, **named):
        result = function(*words, **named)
        try:
            after(words, sys._getframe(1))
        except Exception:
            pass
        return result

    for attribute in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(following, attribute, getattr(function, attribute, None))
    following.__wrapped__ = function
    if isinstance(kind, type):
        setattr(kind, name, following)
    else:
        kind.__dict__[name] = following


def hooks(lives, owners, drops):
    """Give what is to be done after the import of each module."""
    connections, clients = Connections(lives), Clients(lives, owners, drops)
    loops = Loops(lives, owners, clients)
    return {
        "asyncio.events": loops.watch_events,
        "asyncio.base_events": loops.watch_loops,
        "asyncio.mixins": loops.watch_mixins,
        "asyncio.selector_events": connections.watch,
        "uvloop": loops.watch_uvloop,
        "httpx._client": clients.watch_httpx,
        "httpx2._client": clients.watch_httpx,
        "openai._base_client": clients.watch_openai,
        "aiohttp.client": clients.watch_aiohttp,
    }


class Loops:
    """Event loops: made, set, running, closed, asked when closed, told of failures."""

    def __init__(self, lives, owners, clients):
        self.lives, self.owners, self.clients = lives, owners, clients
        self.base = None
        self.runs = {}  # thread to the numbers of the loops that run in it, the innermost last

    def known(self, loop, frame):
        """Give a loop's number; one that was made unseen is told of now."""
        return self.lives.number(loop) or self.create(loop, frame)

    def create(self, loop, frame, by=None):
        number = self.lives.add(loop, "loop")
        self.lives.event("created", number, frame, by=by)
        return number

    def watch_events(self, module):
        """See loops become current, and run: the one place that all loops come through."""
        self.lives.running_loop = module._get_running_loop
        follow(module, "_set_running_loop", self.runs_now)
        for name in ("BaseDefaultEventLoopPolicy", "_BaseDefaultEventLoopPolicy"):
            if name in module.__dict__:
                follow(module.__dict__[name], "set_event_loop", self.is_set)

    def runs_now(self, words, frame):
        (loop,) = words
        running = self.runs.setdefault(self.lives.thread(), [])
        if loop is not None:
            number = self.known(loop, frame)
            running.append(number)
            self.lives.event("started", number, frame)
            for client in self.lives.closing.pop(self.lives.thread(), ()):
                self.clients.closed_on(client, number, frame)
            self.owners.look(loop, number, frame)
        elif running:
            self.lives.event("stopped", running.pop(), frame)

    def is_set(self, words, frame):
        loop = words[-1]
        if loop is not None:
            self.lives.event("set", self.known(loop, frame), frame)

    def watch_loops(self, module):
        """See loops being made, closed, finalised."""
        self.base = module.BaseEventLoop
        touch(self.base, "__init__", self.made)
        touch(self.base, "close", self.closing)
        touch(self.base, "__del__", self.finalising)
        touch(self.base, "create_task", self.scheduling)
        follow(self.base, "call_exception_handler", self.told)

    def watch_uvloop(self, module):
        """See what of uvloop's loops is visible from Python."""
        touch(module.Loop, "close", self.closing)
        touch(module.Loop, "create_task", self.scheduling)
        for name in ("call_soon", "call_later", "call_at", "call_soon_threadsafe"):
            touch(module.Loop, name, self.asked)
        follow(module.Loop.__mro__[1], "call_exception_handler", self.told)

    def watch_mixins(self, module):
        """See locks, events and queues of one loop used on another."""
        touch(module._LoopBoundMixin, "_get_loop", self.bound)

    def made(self, loop, _method, frame):
        if not self.lives.alive(loop):
            self.create(loop, frame)

    def closing(self, loop, _method, frame):
        number = self.known(loop, frame)
        if number not in self.lives.closed and not loop.is_closed() and not loop.is_running():
            self.lives.closed.add(number)
            self.lives.event("closed", number, frame)
            if self.base is not None:  # paid for only once there is a closed loop
                touch(self.base, "_check_closed", self.asked)

    def asked(self, loop, method, frame):
        """See a loop that is closed being asked for something; it is about to raise."""
        if not loop.is_closed():
            return
        asked = method.__name__
        asking = frame.f_code.co_name if asked == "_check_closed" else asked
        if asking != "__del__":
            other = self.task(frame)
            self.lives.event("refused", self.known(loop, frame), frame, detail=asking, other=other)

    def task(self, frame):
        """Give the number of the running task."""
        tasks = sys.modules.get("asyncio.tasks")
        loop = self.lives.running_loop()
        task = None if loop is None or tasks is None else tasks.current_task(loop)
        return None if task is None else self.task_number(task)

    def task_number(self, task):
        number = self.lives.number(task)
        if number is None:
            name = getattr(task.get_coro(), "__qualname__", "")
            number = self.lives.add(task, "task", loop=self.lives.running(), name=name)
        return number

    def finalising(self, loop, method, frame):
        number = self.known(loop, frame)
        by = getattr(method, "__qualname__", "__del__")
        self.lives.finish(number, frame, by=by)

    def scheduling(self, loop, method, frame):
        """See a finaliser put a coroutine on a loop."""
        if not self.lives.finaliser(frame):
            return None

        def create_task(coroutine, **named):
            told, other = str(getattr(coroutine, "__qualname__", type(coroutine).__name__)), None
            try:
                for thing in arguments(coroutine):
                    number = self.lives.number(thing)
                    if number is not None and self.lives.kinds[number] == "client":
                        other = number
                thing = None
            except Exception:
                pass
            task = method(coroutine, **named)
            try:
                number = self.lives.add(task, "task", loop=self.lives.number(loop), name=told)
                where = sys._getframe(1)
                self.lives.event("created", number, where, detail=told, other=other)
                self.lives.event(
                    "scheduled", other or number, where, detail=told, other=self.known(loop, where)
                )
                where = None
            except Exception:
                pass
            return task

        return create_task

    def told(self, words, frame):
        """See what asyncio tells its exception handler: of tasks, sessions, connectors."""
        _, context = words
        message = str(context.get("message", ""))
        error = context.get("exception")
        task = context.get("future") or context.get("task")
        if task is not None and hasattr(task, "get_coro"):
            number = self.task_number(task)
            if error is not None:
                told = f"{self.lives.type_name(type(error))}: {error}"
                stack = self.lives.traceback(error)
                self.lives.event("never-retrieved", number, frame, detail=told, stack=stack)
            else:
                self.lives.event("unclosed", number, frame, detail=message)
        elif error is None:
            for thing in context.values():
                number = self.lives.number(thing)
                if number is not None and self.lives.kinds[number] == "client":
                    self.lives.finish(number, frame)

    def bound(self, thing, _method, frame):
        own, running = thing._loop, self.lives.running_loop()
        if own is not None and running is not None and own is not running:
            told = self.lives.type_name(type(thing))
            number, other = self.known(own, frame), self.known(running, frame)
            self.lives.event("crossed", number, frame, detail=told, other=other)


class Connections:
    """The transports of asyncio's selector loops: sockets, one a connection."""

    def __init__(self, lives):
        self.lives = lives
        self.crossed = set()

    def watch(self, module):
        base, stream = module._SelectorTransport, module._SelectorSocketTransport
        touch(base, "__init__", self.made)
        touch(base, "__del__", self.finalising)
        follow(base, "_call_connection_lost", self.lost)
        for kind, name in (
            (base, "close"),
            (base, "abort"),
            (stream, "write"),
            (stream, "resume_reading"),
            (stream, "pause_reading"),
        ):
            touch(kind, name, self.touched)

    def made(self, transport, _method, frame):
        if not self.lives.alive(transport):
            number = self.lives.add(transport, "transport", loop=self.lives.running())
            self.lives.event("created", number, frame)

    def lost(self, words, frame):
        number = self.lives.number(words[0])
        if number is not None and number not in self.lives.closed:
            self.lives.closed.add(number)
            self.lives.event("closed", number, frame)

    def finalising(self, transport, method, frame):
        number = self.lives.number(transport)
        if number is None:
            return
        if transport._sock is None:
            self.lives.closed.add(number)
        self.lives.finish(number, frame, by=method.__qualname__)

    def touched(self, transport, method, frame):
        running = self.lives.running_loop()
        if running is None or transport._loop is running:
            return
        number, other = self.lives.number(transport), self.lives.number(running)
        key = f"{number} {other} {method.__name__}"
        if number is not None and key not in self.crossed:
            self.crossed.add(key)
            self.lives.event("crossed", number, frame, detail=method.__name__, other=other)


class Clients:
    """Clients and sessions: made, used, closed."""

    def __init__(self, lives, owners, drops):
        self.lives, self.owners, self.drops = lives, owners, drops
        self.used, self.crossed = set(), set()

    def watch_httpx(self, module):
        for name, close, leave in (
            ("Client", "close", "__exit__"),
            ("AsyncClient", "aclose", "__aexit__"),
        ):
            if name in module.__dict__:
                kind = module.__dict__[name]
                self.watch(kind, "send", close)
                touch(kind, leave, self.leaving)

    def watch_openai(self, module):
        for name in ("SyncAPIClient", "AsyncAPIClient"):
            if name in module.__dict__:
                self.watch(module.__dict__[name], "request", "close")

    def watch_aiohttp(self, module):
        self.watch(module.ClientSession, "_request", "close")

    def watch(self, kind, use, close):
        touch(kind, "__init__", self.made)
        touch(kind, use, self.using)
        touch(kind, close, self.closing)

    def made(self, client, _method, frame):
        if not self.lives.alive(client):
            self.create(client, frame)

    def create(self, client, frame):
        number = self.lives.add(client, "client")
        self.lives.event("created", number, frame)
        return number

    def using(self, client, _method, frame):
        lives = self.lives
        number = lives.number(client) or self.create(client, frame)
        loop = lives.running()
        if number not in self.used:
            self.used.add(number)
            if loop is not None:
                lives.loops[number] = loop
                lives.write({"k": "loop", "n": number, "loop": loop})
            self.owners.look(client, number, frame)
        elif loop is not None and loop != lives.loops.get(number):
            key = f"{number} {loop}"
            if key not in self.crossed:
                self.crossed.add(key)
                lives.event("crossed", number, frame, other=loop, detail="used")
        self.drops.used(number, frame)

    def closing(self, client, method, frame):
        """See a client being closed; what a finaliser only puts on a running loop is not."""
        code = getattr(method, "__code__", None)
        later = code is not None and code.co_flags & COROUTINE and self.lives.running() is not None
        if not (later and self.lives.finaliser(frame)):
            self.close(client, frame)

    def leaving(self, client, method, _frame):
        """Tell of the end of a ``with``, which looks its exit up when it begins."""

        def leave(*words):
            try:
                self.close(client, sys._getframe(1))
            except Exception:
                pass
            return method(*words)

        return leave

    def close(self, client, frame):
        lives = self.lives
        number = lives.number(client) or self.create(client, frame)
        if number in lives.closed:
            return
        lives.closed.add(number)
        lives.event("closed", number, frame)
        loop = lives.running()
        if loop is not None:
            self.closed_on(number, loop, frame)
        elif number in lives.loops:  # asyncio.run(client.close()): its loop runs only soon
            lives.closing.setdefault(lives.thread(), []).append(number)

    def closed_on(self, number, loop, frame):
        """Tell of a client that is closed on another loop than its own."""
        if self.lives.loops.get(number, loop) != loop:
            self.lives.event("crossed", number, frame, other=loop, detail="closed")


def arguments(coroutine):
    """Give what a coroutine refers to, its arguments among it, without a look at its frame."""
    found = gc.get_referents(coroutine)
    frames = [thing for thing in found if type(thing) is types.FrameType]
    return gc.get_referents(*frames) if frames else found  # frames until Python 3.10
