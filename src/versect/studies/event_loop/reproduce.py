"""RuntimeError: Event loop is closed, with classifiers that run one after another.

Modes:

collected        every classifier has its own client. Dropped unclosed, it is collected while the
                 next classifier's loop runs. asyncio logs the error; the program ends with 0.
reused           all classifiers share a client. The second awaits it under its own loop; without
                 retries the error reaches the caller.
reused-retried   the same with the client's default retries: nothing is raised, requests are sent
                 twice. The server's count tells.

Collection is forced at one place, inside the loop, so that every run ends alike; --natural leaves
it to the interpreter and prints a rate.
"""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from endpoint import Endpoint, LocalServer, Remote

SOUGHT = "Event loop is closed"
EFFORTS = ("low", "medium", "high")
TRAINING = 64
"""Jets that classifiers are fitted to, from the end of the set; those asked about come first."""
DATA = Path(__file__).resolve().with_name("qg_jets.npz")


class DuplicatedRequests(Exception):
    """The server received more requests than calls were made."""


class Told:
    """Counts how often asyncio's log told of the failure sought, and changes nothing.

    A filter: a handler would silence logging's handler of last resort, which prints to users.
    """

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, record: logging.LogRecord) -> bool:
        """Take one record of the log."""
        error = record.exc_info[1] if record.exc_info else None
        self.times += SOUGHT in str(error)
        return True


def main() -> None:
    """Start the endpoint, then import and run; only failures of the kind under study escape."""
    options = arguments()
    started = Remote(options.base_url) if options.base_url else LocalServer()
    with started as endpoint, collecting_by_hand(natural=options.natural):
        run(options, endpoint)


@contextmanager
def collecting_by_hand(*, natural: bool) -> Iterator[None]:
    """Turn automatic collection off: when it strikes differs from release to release."""
    if not natural:
        gc.disable()
    yield


def run(options: argparse.Namespace, endpoint: Endpoint) -> None:
    """Go through the configurations and compare the calls made with the requests received.

    Raises:
        DuplicatedRequests: There were more requests than calls.

    """
    import jets
    from classifier import LocalLLMClassifier
    from clients import Clients
    from strategies import STRATEGIES

    told = Told()
    logging.getLogger("asyncio").addFilter(told)
    X, y = jets.load(DATA)
    asked, truth = X[: options.jets], y[: options.jets]
    shared = options.mode != "collected"
    clients = Clients(shared=shared, **settings(options, endpoint))
    for number in range(options.configurations):
        template, effort = configuration(number)
        classifier = LocalLLMClassifier(
            options.model,
            template,
            effort,
            endpoint.base_url,
            options.api_key,
            strategy=STRATEGIES[options.strategy](clients),
        ).fit(X[-TRAINING:], y[-TRAINING:])
        quark = classifier.predict(
            asked,
            max_concurrent=options.max_concurrent,
            progress=nothing if options.natural else collect_once,
        )
        say(
            f"{template:12} {effort:6}  accuracy {jets.accuracy(truth, quark):.3f}  "
            f"AUC {jets.auc(truth, quark):.3f}"
        )
        if shared and number < options.configurations - 1:
            classifier.release()
        else:
            classifier.close()
        del classifier
    conclude(options, endpoint.requests(), told)


def settings(options: argparse.Namespace, endpoint: Endpoint) -> dict[str, Any]:
    """Give what clients are made with."""
    found = {"base_url": endpoint.base_url, "api_key": options.api_key}
    if options.retries == "default":
        return found
    return {**found, "max_retries": int(options.retries)}


def configuration(number: int) -> tuple[str, str]:
    """Give template and reasoning effort of a configuration; all pairs come before any repeats."""
    from templates import TEMPLATES

    names = tuple(TEMPLATES)
    return names[number % len(names)], EFFORTS[(number + number // len(names)) % len(EFFORTS)]


def collect_once(done: int, _whole: int) -> None:
    """Collect garbage after the first answer, inside the running loop, others still under way."""
    if done == 1:
        gc.collect()


def nothing(_done: int, _whole: int) -> None:
    """Leave collection to the interpreter."""


def conclude(options: argparse.Namespace, requests: int | None, told: Told) -> None:
    """Say what was seen.

    Raises:
        DuplicatedRequests: There were more requests than calls.

    """
    calls = options.configurations * options.jets
    say(f"{calls} calls, {'unknown' if requests is None else requests} requests")
    dropped = options.configurations - 1
    say(f"{SOUGHT!r} in asyncio's log: {told.times} times for {dropped} classifiers dropped")
    if options.natural and dropped:
        say(f"rate under natural collection: {told.times / dropped:.2f}")
    if requests is not None and requests > calls:
        raise DuplicatedRequests(f"{calls} calls, {requests} requests")


def say(line: str) -> None:
    """Write a line of the summary."""
    sys.stdout.write(f"{line}\n")


def arguments() -> argparse.Namespace:
    """Read the command line; defaults that depend on the mode are filled in."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    modes = ("collected", "reused", "reused-retried")
    strategies = ("per-instance-loop", "global-loop", "context-manager", "sync")
    parser.add_argument("--mode", choices=modes, default="collected")
    parser.add_argument("--strategy", choices=strategies, default="per-instance-loop")
    parser.add_argument("--configurations", type=int, default=2, help="classifiers, one by one")
    parser.add_argument("--jets", type=int, default=16, help="calls of each classifier")
    parser.add_argument("--max-concurrent", type=int, help="default: 4, and 1 in the reused modes")
    parser.add_argument("--retries", help="a number or 'default'; default: by mode")
    parser.add_argument("--natural", action="store_true", help="leave garbage collection alone")
    parser.add_argument("--base-url", help="a real endpoint; without it a server is started")
    parser.add_argument("--api-key", default="none")
    parser.add_argument("--model", default="jets-likelihood")
    options = parser.parse_args()
    # One call at a time leaves one connection: the same number of failures on every run.
    if options.max_concurrent is None:
        options.max_concurrent = 4 if options.mode == "collected" else 1
    if options.retries is None:
        options.retries = "0" if options.mode == "reused" else "default"
    for name in ("configurations", "jets", "max_concurrent"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if options.retries != "default" and not options.retries.isdigit():
        parser.error("--retries must be a number or 'default'")
    return options


if __name__ == "__main__":
    main()
