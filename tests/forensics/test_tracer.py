"""The tracer tells what becomes of loops and clients, and changes nothing that it observes."""

import json
import os
import subprocess
import textwrap
from pathlib import Path

import pytest

from versect.env.inject import PTH_LINE, PTH_NAME
from versect.env.interpreters import Interpreters
from versect.forensics import recorder_file
from versect.forensics.story import Plot, Role, stories
from versect.forensics.timeline import Kind, What
from versect.forensics.timeline_records import timeline

SUPPORTED = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")

HTTPX = '''
import asyncio

class AsyncClient:
    """As much of httpx's as the tracer looks at; connections are kept."""

    def __init__(self):
        self._pool = {}
        self.is_closed = False
        self.cycle = self

    async def send(self, port):
        if port not in self._pool:
            self._pool[port] = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = self._pool[port]
        writer.write(b"?")
        return await reader.read(1)

    async def get(self, port):
        return await self.send(port)

    async def aclose(self):
        if self.is_closed:
            return
        self.is_closed = True
        for _, writer in self._pool.values():
            writer.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.aclose()


class WithFinaliser(AsyncClient):
    def __del__(self):
        try:
            asyncio.get_running_loop().create_task(self.aclose())
        except Exception:
            pass
'''

ANSWERING = """
import socket, threading

def serve():
    listening = socket.create_server(("127.0.0.1", 0))
    def answer(connection):
        while connection.recv(1):
            connection.sendall(b"!")
    def accept():
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=answer, args=(connection,), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return listening.getsockname()[1]

PORT = serve()
"""


@pytest.fixture(scope="module")
def interpreters(tmp_path_factory):
    memory = tmp_path_factory.mktemp("memory") / "interpreters.json"
    return Interpreters(os.environ, Path.home(), memory)


@pytest.fixture(scope="module", params=SUPPORTED)
def python(request, interpreters, tmp_path_factory):
    found = interpreters.find(request.param)
    if found is None:
        pytest.skip(f"there is no Python {request.param} on this machine")
    root = tmp_path_factory.mktemp(f"py{request.param}")
    site = root / "lib" / f"python{request.param}" / "site-packages"
    (site / "httpx").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin" / "python").symlink_to(found.executable)
    folder = Path(found.executable).parent
    (root / "pyvenv.cfg").write_text(f"home = {folder}\ninclude-system-site-packages = false\n")
    (site / PTH_NAME).write_text(PTH_LINE)
    (site / "httpx" / "__init__.py").write_text("from ._client import *\n")
    (site / "httpx" / "_client.py").write_text(HTTPX)
    (site / "answering.py").write_text(ANSWERING)
    return root / "bin" / "python"


def start(python, code, folder, *, traced=True):
    env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    if traced:
        env |= {
            "VERSECT_RECORDER": str(recorder_file.PATH),
            "VERSECT_RECORD": str(folder / "records.jsonl"),
            "VERSECT_TRACER": str(recorder_file.TRACER / "start.py"),
            "VERSECT_TRACE": str(folder / "trace.jsonl"),
        }
    (folder / "app.py").write_text(textwrap.dedent(code).lstrip())
    return subprocess.run(
        [str(python), "app.py"], cwd=folder, env=env, capture_output=True, check=False, text=True
    )


@pytest.fixture
def traced(python, tmp_path):
    def run(code):
        done = start(python, code, tmp_path)
        assert done.returncode == 0, done.stderr
        path = tmp_path / "trace.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return timeline([json.loads(line) for line in lines])

    return run


def words(timeline, *kinds):
    """What happened to lives of some kinds, in order."""
    lives = timeline.by_name()
    return [
        f"{event.subject} {event.what}"
        for event in timeline.events
        if not kinds or lives[event.subject].kind in kinds
    ]


def source(timeline, what):
    """The text of the user's lines at which something happened."""
    return [event.line.text for event in timeline.events if event.what is what and event.line]


def test_a_loop_is_created_set_run_stopped_and_closed_by_the_user_s_lines(traced):
    seen = traced("""
        import asyncio
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        """)
    assert words(seen, Kind.LOOP)[:5] == [
        "loop-1 created",
        "loop-1 set",
        "loop-1 started",
        "loop-1 stopped",
        "loop-1 closed",
    ]
    assert [event.line.text for event in seen.events[:5]] == [
        "loop = asyncio.new_event_loop()",
        "asyncio.set_event_loop(loop)",
        "loop.run_until_complete(asyncio.sleep(0))",
        "loop.run_until_complete(asyncio.sleep(0))",
        "loop.close()",
    ]
    assert str(seen.lives[0].owner).startswith("loop (<module>, app.py:4) -> ")


CYCLE = """
    import asyncio, gc
    import httpx
    from answering import PORT
    gc.disable()

    class Asker:
        def __init__(self):
            self.loop = asyncio.new_event_loop()
            self.client = httpx.WithFinaliser()

        def ask(self, during):
            return self.loop.run_until_complete(self.asked(during))

        async def asked(self, during):
            answer = await self.client.get(PORT)
            during()
            await asyncio.sleep(0.01)
            return answer

    def main():
        for during in (int, gc.collect):
            asker = Asker()
            asker.ask(during)
            del asker

    main()
    """


def test_a_client_collected_while_another_loop_runs_is_told_of_from_owner_to_unseen_error(traced):
    (story, *_) = stories(traced(CYCLE))
    assert story.plot is Plot.COLLECTED
    assert {role: story.place(role).text for role in Role if story.place(role)} == {
        Role.CREATED: "self.client = httpx.WithFinaliser()",
        Role.OWNED: "asker.ask(during)",
        Role.DROPPED: "del asker",
        Role.COLLECTED: "during()",
        Role.CLOSED: "self.close()",
        Role.SCHEDULED: "asyncio.get_running_loop().create_task(self.aclose())",
        Role.REFUSED: "self._loop.call_soon(self._call_connection_lost, None)",
        Role.UNSEEN: "raise RuntimeError('Event loop is closed')",
    }
    owned = next(one for one in story.sentences if one.role is Role.OWNED)
    assert "asker (main, app.py:" in owned.text
    assert owned.text.endswith("-> Asker.client -> WithFinaliser")
    assert all(one.certain for one in story.sentences)


def test_the_loop_that_a_finaliser_closed_says_so(traced):
    seen = traced(CYCLE)
    closed = next(event for event in seen.events if event.what is What.CLOSED)
    assert (closed.subject, closed.loop, closed.collection) == ("loop-1", "loop-2", "collection-1")
    assert closed.by in ("BaseEventLoop.__del__", "__del__")  # qualified from Python 3.11 on


def test_a_client_used_under_a_second_run_is_reused(traced):
    seen = traced("""
        import asyncio
        import httpx
        from answering import PORT
        client = httpx.AsyncClient()

        async def ask():
            try:
                return await client.get(PORT)
            except RuntimeError as error:
                return str(error)

        for _ in range(2):
            print(asyncio.run(ask()))
        """)
    story = stories(seen)[0]
    assert (story.plot, story.lives) == (Plot.REUSED, ("client-1", "loop-1", "loop-2"))
    assert story.place(Role.CROSSED).text == "return await client.get(PORT)"
    assert story.place(Role.CLOSED).text == "print(asyncio.run(ask()))"
    assert story.place(Role.OWNED).function == "<module>"


def test_a_client_used_while_its_own_loop_runs_too_is_shared(traced):
    seen = traced("""
        import asyncio, threading
        import httpx
        from answering import PORT
        client = httpx.AsyncClient()
        used, done = threading.Event(), threading.Event()

        async def first():
            await client.get(PORT)
            used.set()
            await asyncio.get_running_loop().run_in_executor(None, done.wait)

        async def second():
            client.send  # as far as a request gets before anything is sent
            done.set()

        thread = threading.Thread(target=asyncio.run, args=(first(),))
        thread.start()
        used.wait()
        asyncio.run(second())
        thread.join()
        """)
    assert stories(seen)[0].plot is Plot.SHARED


def test_a_client_closed_under_another_run_is_closed_elsewhere(traced):
    seen = traced("""
        import asyncio
        import httpx
        from answering import PORT
        client = httpx.AsyncClient()
        asyncio.run(client.get(PORT))
        try:
            asyncio.run(client.aclose())
        except RuntimeError as error:
            print(error)
        """)
    story = stories(seen)[0]
    assert story.plot is Plot.CLOSED_ELSEWHERE
    assert story.place(Role.CROSSED).text == "asyncio.run(client.aclose())"


def test_a_client_that_ends_well_is_in_no_story(traced):
    seen = traced("""
        import asyncio, gc
        gc.disable()
        import httpx
        from answering import PORT

        async def main():
            async with httpx.AsyncClient() as client:
                await client.get(PORT)
            other = httpx.AsyncClient()
            await other.get(PORT)
            await other.aclose()

        asyncio.run(main())
        """)
    assert stories(seen) == ()
    assert words(seen, Kind.CLIENT) == [
        *("client-1 created", "client-1 closed", "client-2 created", "client-2 closed"),
    ]


def test_a_finaliser_that_runs_the_closing_to_its_end_has_closed_the_client(traced):
    seen = traced("""
        import asyncio
        import httpx
        from answering import PORT

        class Owner:
            def __init__(self):
                self.loop = asyncio.new_event_loop()
                self.client = httpx.AsyncClient()
                self.loop.run_until_complete(self.client.get(PORT))

            def __del__(self):
                self.loop.run_until_complete(self.client.aclose())
                self.loop.close()

        owner = Owner()
        del owner
        """)
    assert stories(seen) == ()
    assert words(seen, Kind.CLIENT)[-1] == "client-1 closed"


def test_a_client_left_open_is_told_of_at_the_end(traced):
    seen = traced("""
        import asyncio
        import httpx
        from answering import PORT

        KEPT = {}

        async def main():
            KEPT["client"] = httpx.AsyncClient()
            await KEPT["client"].get(PORT)

        asyncio.run(main())
        """)
    (story,) = stories(seen)
    assert story.plot is Plot.LEAKED
    assert "KEPT (<module>" in story.sentences[1].text
    assert story.sentences[1].text.endswith("-> dict['client'] -> AsyncClient")
    assert "alive when the program ended" in story.sentences[-1].text


@pytest.mark.parametrize(
    ("ending", "line"),
    [
        ("del client", "del client"),
        ("client = None", "client = None"),
        ("client = httpx.AsyncClient()", "client = httpx.AsyncClient()"),
        ("return 3", "return 3"),
    ],
)
def test_the_line_that_let_go_of_a_client_in_a_cycle_is_named(traced, ending, line):
    seen = traced(f"""
        import asyncio, gc
        import httpx
        from answering import PORT
        gc.disable()

        async def ask():
            client = httpx.AsyncClient()
            await client.get(PORT)
            {ending}
            client = 3

        async def main():
            await ask()
            gc.collect()

        asyncio.run(main())
        """)
    dropped = [event for event in seen.events if event.what is What.DROPPED]
    assert {event.stack[-1].text for event in dropped} == {line}
    assert all(event.certain for event in dropped)


def test_before_python_3_12_lines_on_two_ways_are_both_candidates(traced, python):
    seen = traced("""
        import asyncio, gc, sys
        import httpx
        from answering import PORT
        gc.disable()

        async def ask():
            client = httpx.AsyncClient()
            await client.get(PORT)
            if sys.argv[1:]:
                del client
            else:
                client = None
            return 3

        async def main():
            await ask()
            gc.collect()

        asyncio.run(main())
        """)
    dropped = {
        (event.stack[-1].text, event.certain) for event in seen.events if event.what is What.DROPPED
    }
    monitored = {("client = None", True)}
    candidates = {("client = None", False), ("del client", False)}
    site = next((python.parent.parent / "lib").iterdir())
    assert dropped == (monitored if int(site.name.partition(".")[2]) >= 12 else candidates)


def test_an_attribute_that_is_bound_anew_is_a_candidate_and_the_variable_s_lines_are_not(traced):
    seen = traced("""
        import asyncio, gc
        import httpx
        from answering import PORT
        gc.disable()

        class Service:
            def __init__(self):
                self.client = httpx.AsyncClient()

            def renew(self):
                self.client = None

        async def main():
            service = Service()
            await service.client.get(PORT)
            service.renew()
            gc.collect()
            service = None

        asyncio.run(main())
        """)
    dropped = [event for event in seen.events if event.what is What.DROPPED]
    assert [(event.stack[-1].text, event.detail, event.certain) for event in dropped] == [
        ("self.client = None", ".client bound anew", False)
    ]


UNCHANGED = {
    "cycle": CYCLE,
    "signatures": """
        import asyncio, inspect
        import httpx
        print(inspect.signature(httpx.AsyncClient), inspect.signature(httpx.AsyncClient.send))
        print(httpx.AsyncClient.aclose.__qualname__, asyncio.BaseEventLoop.close.__doc__)
        print(inspect.iscoroutinefunction(httpx.AsyncClient.aclose))
        """,
    "lives": """
        import asyncio, weakref
        import httpx
        from answering import PORT

        class Owner:
            def __init__(self):
                self.client = httpx.AsyncClient()
                self.client.cycle = None

        async def main():
            owner = Owner()
            gone = weakref.ref(owner)
            client = weakref.ref(owner.client)
            await owner.client.get(PORT)
            del owner
            print(gone() is None, client() is None)

        def run():
            frame_locals = locals()
            asyncio.run(main())
            print(sorted(frame_locals))

        run()
        """,
    "tracebacks": """
        import asyncio, traceback
        import httpx

        async def nothing():
            pass

        loop = asyncio.new_event_loop()
        loop.close()
        for call in (
            lambda: loop.call_soon(print),
            lambda: loop.run_until_complete(nothing()),
            lambda: httpx.AsyncClient(proxies=1),
            lambda: asyncio.run(httpx.AsyncClient().get("no port")),
        ):
            try:
                call()
            except Exception:
                print(traceback.format_exc())
        """,
    "closed": """
        import asyncio
        loop = asyncio.new_event_loop()
        async def main():
            try:
                loop.close()
            except RuntimeError as error:
                print(error)
        loop.run_until_complete(main())
        print(loop.is_closed(), loop)
        loop.close()
        print(loop.is_closed() is True)
        """,
    "interrupted": """
        import asyncio, os, signal
        async def main():
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(5)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """,
    "modules": """
        import sys
        print(sorted(name for name in sys.modules if "versect" in name or name == "dis"))
        import gc, threading
        print(gc.isenabled(), gc.get_threshold(), len(threading.enumerate()))
        """,
    "fork": """
        import asyncio, os
        async def main():
            return os.getpid()
        asyncio.run(main())
        if not os.fork():
            asyncio.run(main())
            os._exit(0)
        print(os.wait()[1])
        """,
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_the_program_does_the_same_without_the_tracer(python, tmp_path, name):
    def told(done):
        text = f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return "".join(line for line in text.splitlines(True) if " at 0x" not in line)

    plain, traced = (start(python, UNCHANGED[name], tmp_path, traced=t) for t in (False, True))
    assert told(traced) == told(plain)


def test_what_the_program_may_do_to_the_tracer_is_survived(python, tmp_path):
    code = """
        import asyncio, gc, os, sys
        gc.callbacks.clear()
        os.open = os.write = None
        asyncio.run(asyncio.sleep(0))
        print("done")
        """
    assert start(python, code, tmp_path).stdout == "done\n"


def test_too_many_events_are_cut_and_it_is_said(traced):
    seen = traced("""
        import asyncio
        loop = asyncio.new_event_loop()
        for _ in range(11000):
            asyncio.set_event_loop(loop)
            asyncio._set_running_loop(loop)
            asyncio._set_running_loop(None)
        loop.close()
        """)
    assert seen.cut
    assert len(seen.events) <= 20000
