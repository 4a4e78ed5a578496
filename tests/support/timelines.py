"""Timelines for tests: a client that is collected on a second loop, and larger ones."""

from versect.forensics.timeline import (
    Event,
    Kind,
    Life,
    Line,
    Ownership,
    Step,
    Timeline,
    What,
)


def line(file="app.py", number=7, function="main", text="run()", *, own=True):
    return Line(file=file, line=number, function=function, text=text, own=own)


LIBRARY = line("asyncio/base_events.py", 519, "_check_closed", "raise RuntimeError", own=False)


def life(name, kind, of, loop=None, owner=None):
    return Life(name=name, kind=kind, type=of, loop=loop, owner=owner, process=0)


def event(at, what, subject, **more):
    plain = {
        "loop": None, "thread": "MainThread", "stack": (line(),), "collection": None, "by": None,
        "detail": "", "other": None, "certain": True,
    }  # fmt: skip
    return Event(at=at, what=what, subject=subject, **{**plain, **more})


def collected():
    """Make the first failure mode: loop-1's client is collected while loop-2 runs."""
    owner = Ownership(
        variable="clf",
        type="app.Classifier",
        at=line(number=95, function="run"),
        steps=(Step(attribute="._client", type="openai.AsyncOpenAI"),),
    )
    late = {"loop": "loop-2", "collection": "collection-1"}
    closing = "AsyncHttpxClientWrapper.__del__"
    return Timeline(
        lives=(
            life("loop-1", Kind.LOOP, "asyncio.unix_events._UnixSelectorEventLoop"),
            life("client-1", Kind.CLIENT, "openai.AsyncOpenAI", "loop-1", owner),
            life("transport-1", Kind.TRANSPORT, "asyncio._SelectorSocketTransport", "loop-1"),
            life("loop-2", Kind.LOOP, "asyncio.unix_events._UnixSelectorEventLoop"),
            life("collection-1", Kind.COLLECTION, "generation 2"),
            life("task-1", Kind.TASK, "asyncio.Task", "loop-2"),
        ),
        events=(
            event(0.0, What.CREATED, "loop-1"),
            event(0.0001, What.SET, "loop-1"),
            event(0.0002, What.STARTED, "loop-1"),
            event(0.010, What.CREATED, "client-1", loop="loop-1"),
            event(0.031, What.CREATED, "transport-1", loop="loop-1"),
            event(0.240, What.STOPPED, "loop-1"),
            event(0.2404, What.CLOSED, "loop-1"),
            event(0.2410, What.CREATED, "loop-2"),
            event(0.2412, What.STARTED, "loop-2"),
            event(0.2420, What.DROPPED, "client-1", loop="loop-2",
                  stack=(line(number=96, function="run", text="clf = Classifier()"),)),
            event(1.2501, What.COLLECTION, "collection-1", loop="loop-2", detail="generation 2"),
            event(1.2502, What.FINALISED, "client-1", by=closing, **late),
            event(1.2503, What.SCHEDULED, "client-1", other="loop-2", by=closing, **late,
                  detail="aclose"),
            event(1.2600, What.CROSSED, "transport-1", loop="loop-2", other="loop-2"),
            event(1.2601, What.REFUSED, "loop-1", loop="loop-2", detail="call_soon",
                  stack=(line(), LIBRARY)),
            event(1.2604, What.NEVER_RETRIEVED, "task-1", loop="loop-2",
                  detail="RuntimeError: Event loop is closed"),
            event(1.2700, What.STOPPED, "loop-2"),
            event(1.2710, What.CLOSED, "loop-2"),
            event(1.2800, What.UNCLOSED, "transport-1", detail="ResourceWarning"),
        ),
        notes=("no monitoring before Python 3.12: lines that drop an owner are candidates",),
        cut=False,
    )  # fmt: skip


def repeated(times):
    """Make so many loops one after another, each with a client and ten transports."""
    lives, events, at = [], [], 0.0
    for number in range(1, times + 1):
        loop = f"loop-{number}"
        lives.append(life(loop, Kind.LOOP, "uvloop.Loop"))
        events.append(event(at, What.CREATED, loop))
        events.append(event(at + 0.001, What.STARTED, loop))
        lives.append(life(f"client-{number}", Kind.CLIENT, "httpx.AsyncClient", loop))
        events.append(event(at + 0.002, What.CREATED, f"client-{number}", loop=loop))
        for n in range(10):
            name = f"transport-{10 * number + n}"
            lives.append(life(name, Kind.TRANSPORT, "uvloop.TCPTransport", loop))
            events.append(event(at + 0.003, What.CREATED, name, loop=loop))
            events.append(event(at + 0.004, What.CLOSED, name, loop=loop))
        events.append(event(at + 0.005, What.STOPPED, loop))
        events.append(event(at + 0.006, What.CLOSED, loop))
        at += 1.0
    return Timeline(lives=tuple(lives), events=tuple(events), notes=(), cut=True)
