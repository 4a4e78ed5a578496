"""The endpoint that is asked: the study's own server in a process beside, or any other by URL."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

SERVER = Path(__file__).resolve().with_name("server.py")


class Endpoint(Protocol):
    """An OpenAI-compatible endpoint."""

    @property
    def base_url(self) -> str:
        """What clients are given as ``base_url``."""

    def requests(self) -> int | None:
        """Tell how many completions it was asked for so far, or None when it cannot say."""


class Remote:
    """An endpoint that somebody else runs."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def requests(self) -> int | None:
        """Tell nothing: a real endpoint has no counter that can be asked."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it running."""


class LocalServer:
    """``server.py`` as a process that ends with this one, however this one ends."""

    def __init__(self, *words: str) -> None:
        """Start it and do not wait: it comes up while this program imports.

        With ``-S`` nothing of the environment under test is imported into the server, whose own
        mishaps must not be taken for the program's.
        """
        argv = [sys.executable, "-E", "-S", str(SERVER), "--until-eof", *words]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._port: int | None = None

    @property
    def port(self) -> int:
        """Its port; waits until it listens.

        Raises:
            ConnectionError: It ended before it listened; its words are on standard error.

        """
        if self._port is None:
            announced = self._process.stdout.readline() if self._process.stdout else b""
            if not announced.strip().isdigit():
                raise ConnectionError("the study's server did not start")
            self._port = int(announced)
        return self._port

    @property
    def base_url(self) -> str:
        """What clients are given as ``base_url``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def requests(self) -> int | None:
        """Tell how many completions it was asked for so far."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/counts")
            return int(json.load(connection.getresponse())["completions"])
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it; its answers no longer matter."""
        self._process.kill()
        self._process.communicate()
