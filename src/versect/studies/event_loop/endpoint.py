"""The endpoint that is asked: the study's own server in a process beside, or any other by URL."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

SERVER = Path(__file__).resolve().with_name("server.py")
SETTLING = 20
"""Times that the server is asked for its open connections before the last answer is believed."""


class Endpoint(Protocol):
    """An OpenAI-compatible endpoint."""

    @property
    def base_url(self) -> str:
        """What clients are given as ``base_url``."""

    def requests(self) -> int | None:
        """Tell how many completions it was asked for so far, or None when it cannot say."""

    def sockets(self) -> int | None:
        """Tell how many connections clients have left open, or None when it cannot say."""


class Remote:
    """An endpoint that somebody else runs."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def requests(self) -> int | None:
        """Tell nothing: a real endpoint has no counter that can be asked."""
        return None

    def sockets(self) -> int | None:
        """Tell nothing."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it running."""


class LocalServer:
    """``server.py`` as a process that ends with this one, however this one ends.

    Args:
        words: Options of the server.
        tls: Whether it speaks TLS; clients are told to trust it by SSL_CERT_FILE, which is set.

    """

    def __init__(self, *words: str, tls: bool = False) -> None:
        """Start it and do not wait: it comes up while this program imports.

        With ``-S`` nothing of the environment under test is imported into the server, whose own
        mishaps must not be taken for the program's.
        """
        self._certificate = _certificate() if tls else None
        if self._certificate is not None:
            words = (*words, "--certificate", self._certificate)
            os.environ["SSL_CERT_FILE"] = self._certificate
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
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}/v1"

    def requests(self) -> int | None:
        """Tell how many completions it was asked for so far."""
        return self._counts()["completions"]

    def sockets(self) -> int | None:
        """Tell how many connections clients have left open; waits a moment for the last to end."""
        left = -1
        for _ in range(SETTLING):
            left, before = self._counts()["open"] - 1, left
            if left in (0, before):
                break
            time.sleep(0.02)
        return left

    def _counts(self) -> dict[str, int]:
        if self._certificate is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        else:
            trusting = ssl.create_default_context(cafile=self._certificate)
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=10, context=trusting
            )
        try:
            connection.request("GET", "/counts")
            return dict(json.load(connection.getresponse()))
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
        if self._certificate is not None:
            Path(self._certificate).unlink()


def _certificate() -> str:
    """Give the path of a new file with a certificate and its key."""
    from certificate import self_signed

    descriptor, path = tempfile.mkstemp(suffix=".pem")
    with os.fdopen(descriptor, "w") as file:
        file.write(self_signed())
    return path
