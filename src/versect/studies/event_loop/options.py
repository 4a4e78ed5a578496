"""What the reproduction may be asked to do: the command line, with the environment behind it.

Every option's default is the variable VERSECT_<NAME> where that is set and not empty, so that a
sweep can vary any of them; what depends on the mode is filled in last.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MODES = {
    "collected": "every classifier has its own client and is dropped unclosed; the garbage "
    "collector finds it while the next one's loop runs",
    "reused": "all classifiers share a client; the second awaits it under its own loop, without "
    "retries",
    "reused-retried": "the same with the client's default retries",
    "shared": "two classifiers with a live loop each ask one client in turns",
    "closed-elsewhere": "a client that was used under one loop is closed under another",
    "analysis": "the whole pipeline, which must leave nothing behind",
}
STRATEGIES = (
    "per-instance-loop",
    "never-close",
    "close-in-del",
    "keep-references",
    "global-loop",
    "runner",
    "background-thread",
    "portal",
    "context-manager",
    "explicit-close",
    "sync",
    "aiohttp",
    "openai-aiohttp",
    "no-keepalive",
)
INTERVENTIONS = {
    "none": "nothing",
    "hold-loop": "keep a strong reference to each classifier's loop, and to nothing else",
    "collect-outside": "collect garbage after each drop, before the next loop runs",
    "clear-cache": "empty the cache with which openai until 1.3.7 keeps every client alive",
    "no-op-finaliser": "take away what openai does when a client is finalised",
}
BY_MODE: Mapping[str, Mapping[str, Any]] = {
    # One call at a time leaves one connection: the same number of failures on every run.
    "reused": {"max_concurrent": 1, "retries": "0"},
    "reused-retried": {"max_concurrent": 1},
    "shared": {"max_concurrent": 1, "retries": "0"},
    "closed-elsewhere": {"max_concurrent": 1, "configurations": 1},
    "analysis": {"configurations": 9},
}


@dataclass(frozen=True)
class Options:
    """What one run does."""

    mode: str
    strategy: str
    configurations: int
    """Classifiers, one after another."""
    jets: int
    """Calls of each classifier."""
    max_concurrent: int
    stream: bool
    retries: str
    """A number, or ``default`` for the client's own."""
    keep_alive: float
    """Seconds that the server leaves an idle connection open."""
    pause: float
    """Seconds between one classifier and the next."""
    tls: str
    loop: str
    intervention: str
    keep: str
    """``dropped``: by its last reference; ``cyclic``: a cycle leaves it to the collector;
    ``kept``: to the end."""
    collection: str
    """``natural`` leaves collection to the interpreter; ``forced`` does it where ``collect`` says.
    """
    collect: str
    """``inside`` the next loop's run, ``between`` the runs, or ``never``."""
    base_url: str
    api_key: str
    model: str

    @property
    def collects_inside(self) -> bool:
        """Whether garbage is collected by hand while a loop runs."""
        return self.collection == "forced" and self.collect == "inside"

    @property
    def collects_between(self) -> bool:
        """Whether garbage is collected by hand between the runs of loops."""
        by_hand = self.collection == "forced" and self.collect == "between"
        return by_hand or self.intervention == "collect-outside"


def read(words: Sequence[str] | None, environment: Mapping[str, str], about: str) -> Options:
    """Read the command line, ``sys.argv`` when ``words`` is None; ends the program when wrong."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def option(name: str, default: str, kind: Callable[[str], Any], told: str) -> None:
        given = environment.get(f"VERSECT_{name.upper()}") or default
        shown = f"{told} (default: {default})" if default else told
        parser.add_argument(f"--{name.replace('_', '-')}", default=given, type=kind, help=shown)

    option("mode", "collected", one_of(MODES), "; ".join(f"{k}: {v}" for k, v in MODES.items()))
    option("strategy", "per-instance-loop", one_of(STRATEGIES), ", ".join(STRATEGIES))
    option("configurations", "", count, "classifiers, one by one (default: 2; by mode)")
    option("jets", "16", count, "calls of each classifier")
    option("max_concurrent", "", count, "calls at once (default: 4; 1 where a client is shared)")
    option("stream", "false", truth, "whether answers are streamed: true or false")
    option("retries", "", retries, "a number or 'default' (default: by mode)")
    option("keep_alive", "60", seconds, "seconds that the server leaves a connection idle")
    option("pause", "0", seconds, "seconds between classifiers")
    option("tls", "plain", one_of(("plain", "tls")), "plain or tls")
    option("loop", "asyncio", one_of(("asyncio", "uvloop")), "asyncio or uvloop")
    option("intervention", "none", one_of(INTERVENTIONS), ", ".join(INTERVENTIONS))
    option("keep", "dropped", one_of(("dropped", "kept", "cyclic")), "what becomes of a classifier")
    option("collection", "forced", one_of(("forced", "natural")), "who collects garbage")
    option("collect", "inside", one_of(("inside", "between", "never")), "where, when forced")
    option("base_url", "", str, "a real endpoint; without it a server is started")
    option("api_key", "none", str, "its key")
    option("model", "jets-likelihood", str, "its model")
    given = vars(parser.parse_args(words))
    usual = {"configurations": 2, "max_concurrent": 4, "retries": "default"}
    usual |= BY_MODE.get(given["mode"], {})
    return Options(**given | {name: usual[name] for name in usual if given[name] is None})


def one_of(known: Sequence[str] | Mapping[str, str]) -> Callable[[str], str]:
    """Give a reader of one of these words; argparse does not hold defaults to its choices."""

    def read_one(word: str) -> str:
        if word not in known:
            raise argparse.ArgumentTypeError(f"{word!r} is not one of {', '.join(known)}")
        return word

    return read_one


def count(word: str) -> int | None:
    """Read a number of at least 1."""
    if not word:
        return None
    if not word.isdigit() or not int(word):
        raise argparse.ArgumentTypeError(f"{word!r} is not a number of at least 1")
    return int(word)


def seconds(word: str) -> float:
    """Read a time."""
    try:
        found = float(word)
    except ValueError:
        found = -1.0
    if not found >= 0:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number of seconds")
    return found


def truth(word: str) -> bool:
    """Read ``true`` or ``false``."""
    return one_of(("true", "false"))(word) == "true"


def retries(word: str) -> str | None:
    """Read a number, or ``default``."""
    if word and word != "default" and not word.isdigit():
        raise argparse.ArgumentTypeError(f"{word!r} is neither a number nor 'default'")
    return word or None
