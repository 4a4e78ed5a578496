"""RuntimeError: Event loop is closed, with classifiers that run one after another.

It has five faces, a mode each. In one only asyncio's log tells of it, and the program ends with 0;
in three the caller is told; in one nothing is raised and requests are sent twice, which only the
server's count tells. The whole analysis, rightly written, shows none of them.

Collection is forced at one place, inside the loop, so that every run ends alike;
--collection natural leaves it to the interpreter and prints a rate.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from endpoint import Endpoint, LocalServer, Remote
from measure import Tally, say, tell
from options import Options, read
from unsupported import SKIP, Unsupported


class DuplicatedRequests(Exception):
    """The server received more requests than calls were made."""


class LeftBehind(Exception):
    """The analysis was to end without a trace, and did not."""


def main() -> None:
    """Start the endpoint, then import and run; only failures of the kind under study escape."""
    options = read(None, os.environ, __doc__)
    if options.base_url:
        started: Remote | LocalServer = Remote(options.base_url)
    else:
        patience = ("--keep-alive", f"{options.keep_alive:g}")
        started = LocalServer(*patience, tls=options.tls == "tls")
    try:
        with started as endpoint, collecting_by_hand(options):
            run(options, endpoint)
    except Unsupported as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(SKIP)


@contextmanager
def collecting_by_hand(options: Options) -> Iterator[None]:
    """Turn automatic collection off: when it strikes differs from release to release."""
    if options.collection == "forced":
        gc.disable()
    yield


def run(options: Options, endpoint: Endpoint) -> None:
    """Go through a mode, tell what it leaves behind, and judge it.

    Raises:
        DuplicatedRequests: There were more requests than calls.
        LeftBehind: Mode analysis left something behind.

    """
    use_loops_of(options.loop)
    from modes import play

    with Tally() as tally:
        try:
            play(options, endpoint, tally)
        except Unsupported:
            raise
        except Exception as error:
            tally.failed_with(error)
            counted(tally, endpoint)
            raise
        numbers = counted(tally, endpoint)
    judge(options, numbers)


def counted(tally: Tally, endpoint: Endpoint) -> dict[str, int | None]:
    """Tell the numbers at the end; what nobody closed is made to warn, where no loop runs."""
    sockets = endpoint.sockets()
    gc.collect()
    numbers = {**tally.numbers(), "requests": endpoint.requests(), "sockets": sockets}
    tell(numbers)
    return numbers


def use_loops_of(library: str) -> None:
    """Make every new loop one of this library's.

    Raises:
        Unsupported: It is not installed.

    """
    if library == "asyncio":
        return
    import asyncio

    try:
        import uvloop
    except ImportError:
        raise Unsupported("uvloop is not installed") from None
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def judge(options: Options, numbers: dict[str, int | None]) -> None:
    """Say what was seen, and hold the calls against the requests.

    Raises:
        DuplicatedRequests: There were more requests than calls.
        LeftBehind: Mode analysis left something behind.

    """
    calls, requests = numbers["calls"], numbers["requests"]
    logged, dropped = numbers["logged"] or 0, numbers["dropped"]
    say(f"{calls} calls, {'unknown' if requests is None else requests} requests")
    say(f"asyncio's log told of it {logged} times; {dropped} classifiers were dropped")
    if options.collection == "natural" and dropped:
        say(f"rate under natural collection: {logged / dropped:.2f}")
    if requests is not None and calls is not None and requests > calls:
        raise DuplicatedRequests(f"{calls} calls, {requests} requests")
    if options.mode == "analysis":
        left = {name: numbers[name] for name in ("errors", "warnings", "unclosed", "sockets")}
        if any(left.values()):
            raise LeftBehind(", ".join(f"{n} {name}" for name, n in left.items() if n))


if __name__ == "__main__":
    main()
