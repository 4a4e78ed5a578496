"""Reproduce ``RuntimeError: Event loop is closed`` with classifiers that run one after another.

Mode ``collected``: a classifier is dropped without closing its client, and the garbage collector
finds it while the next classifier's loop runs. asyncio logs the error; the program ends with 0.

Mode ``reused``: one classifier goes on under a second loop, as a second ``asyncio.run`` makes it.
Without retries the error reaches the caller. With retries (``--retries 2``) nothing is raised and
requests are sent twice: the server's count tells.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
EFFORTS = ("low", "medium", "high")


class DuplicatedRequestsError(Exception):
    """The server received more requests than calls were made."""


class Server:
    """The study's own server, running beside this program."""

    def __init__(self) -> None:
        argv = [sys.executable, "-I", "-S", str(HERE / "server.py")]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self.port = 0

    @property
    def url(self) -> str:
        """Its base URL; waits until it listens."""
        if not self.port:
            self.port = int(self.process.stdout.readline())
        return f"http://127.0.0.1:{self.port}/v1"

    def requests(self) -> int:
        """Ask how many completions it was asked for."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/requests") as answer:
            return int(json.load(answer)["requests"])

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def accuracy_and_auc(y, probability) -> tuple[float, float]:
    """Give the share of right labels and the area under the ROC curve (Mann-Whitney)."""
    right = ((probability > 0.5) == (y > 0.5)).mean()
    positive, negative = probability[y > 0.5], probability[y <= 0.5]
    pairs = positive[:, None] - negative[None, :]
    return float(right), float(((pairs > 0) + 0.5 * (pairs == 0)).mean())


def configurations(count: int):
    """Give templates and reasoning efforts, as an analysis would go through them."""
    from classifier import TEMPLATES

    every = [(template, effort) for template in TEMPLATES for effort in EFFORTS]
    return [every[number % len(every)] for number in range(count)]


def run(options: argparse.Namespace, url: str) -> int:
    """Go through the configurations; give the number of calls made."""
    import numpy as np
    from classifier import LocalLLMClassifier

    with np.load(HERE / "data" / "qg_jets.npz") as data:
        X, y = data["X"][: options.jets], data["y"][: options.jets]
    collect = (lambda: None) if options.natural else (lambda: gc.collect() and None)
    if not options.natural:
        gc.disable()
    calls = 0
    for template, effort in configurations(options.configurations):
        classifier = LocalLLMClassifier(
            options.model,
            template,
            effort,
            url,
            options.api_key,
            strategy=options.strategy,
            max_retries=options.retries,
            inside=collect,
        ).fit(X, y)
        passes = 3 if options.mode == "reused" else 1
        for number in range(passes):
            if number:
                classifier.strategy.renew_loop()
            probability = classifier.predict(X, max_concurrent=options.max_concurrent)
            calls += len(X)
        accuracy, auc = accuracy_and_auc(y, probability)
        print(f"{template:13} {effort:7} accuracy {accuracy:.3f}  AUC {auc:.3f}")
        classifier.close()
        del classifier
    return calls


def main() -> None:
    """Read the options, run, compare the calls with the server's count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("collected", "reused"), default="collected")
    parser.add_argument("--strategy", default="per-instance-loop")
    parser.add_argument("--configurations", type=int, default=2)
    parser.add_argument("--jets", type=int, default=8)
    parser.add_argument("--max-concurrent", type=int, default=10)
    parser.add_argument("--retries", type=int, help="default: 0 for reused, 2 for collected")
    parser.add_argument("--natural", action="store_true", help="leave garbage collection alone")
    parser.add_argument("--base-url", help="a real endpoint; without it a server is started here")
    parser.add_argument("--api-key", default="none")
    parser.add_argument("--model", default="local")
    options = parser.parse_args()
    if options.retries is None:
        options.retries = 0 if options.mode == "reused" else 2
    server = None if options.base_url else Server()
    try:
        calls = run(options, options.base_url or server.url)
        requests = calls if server is None else server.requests()
    finally:
        if server is not None:
            server.stop()
    print(f"{calls} calls, {requests} requests")
    if requests != calls:
        raise DuplicatedRequestsError(f"{calls} calls became {requests} requests")


if __name__ == "__main__":
    main()
