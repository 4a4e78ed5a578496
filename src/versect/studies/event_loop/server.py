"""An OpenAI-compatible server: chat completions, plain and streamed, over HTTP/1.1.

    python server.py [--port N] [--latency SECONDS] [--keep-alive SECONDS] [--certificate PEM]

Stdlib only. It listens on the loopback, prints the port on a line of its own, and answers from
the jet described in the prompt, so that accuracy means something. It counts what it receives: the
only witness of a request that a client sends twice. ``GET /counts`` tells.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import ssl
import sys
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from http11 import LARGEST_HEAD, BadRequest, Request, read_request, response, send_events
from judge import quark_probability

MODEL = "jets-likelihood"
PIECE = 4
"""Characters of a streamed answer that are sent at once."""


class Server:
    """Answers connections and counts.

    Args:
        latency: Seconds that every completion takes.
        keep_alive: Seconds that an idle connection stays open; with 0 each serves one request.

    """

    def __init__(self, *, latency: float, keep_alive: float) -> None:
        self._latency = latency
        self._keep_alive = keep_alive
        self._completions = 0
        self._connections = 0
        self._open = 0

    def counts(self) -> dict[str, int]:
        """Tell what was received so far, the asking connection included."""
        return {
            "completions": self._completions,
            "connections": self._connections,
            "open": self._open,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until either side ends it."""
        self._connections += 1
        self._open += 1
        try:
            with contextlib.suppress(ConnectionError):
                await self._converse(reader, writer)
        finally:
            self._open -= 1
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        patience = self._keep_alive or 60.0
        while True:
            try:
                request = await read_request(reader, patience)
                if request is None:
                    return
                keeps_alive = request.keeps_alive and self._keep_alive > 0
                await self._answer(request, writer, keeps_alive)
            except BadRequest as error:
                keeps_alive = False
                writer.write(response(error.status, _error(str(error)), keeps_alive=False))
            await writer.drain()
            if not keeps_alive:
                return

    async def _answer(
        self,
        request: Request,
        writer: asyncio.StreamWriter,
        keeps_alive: bool,
    ) -> None:
        match request.method, request.path.removeprefix("/v1"):
            case "POST", "/chat/completions":
                self._completions += 1
                asked = _asked(request)
                await asyncio.sleep(self._latency)
                if asked.get("stream"):
                    events = self._events(asked)
                    await send_events(writer, events, keeps_alive=keeps_alive)
                    return
                status, document = HTTPStatus.OK, self._completion(asked)
            case "GET", "/models":
                model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "versect"}
                status, document = HTTPStatus.OK, {"object": "list", "data": [model]}
            case "GET", "/counts":
                status, document = HTTPStatus.OK, self.counts()
            case method, _:
                status = HTTPStatus.NOT_FOUND
                document = _error(f"there is no {method} {request.path}")
        writer.write(response(status, document, keeps_alive=keeps_alive))

    def _head(self, asked: dict[str, Any], kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self._completions}",
            "object": kind,
            "created": int(time.time()),
            "model": asked.get("model", MODEL),
        }

    def _completion(self, asked: dict[str, Any]) -> dict[str, Any]:
        prompt, answer = _prompt(asked), _judgement(asked)
        message = {"role": "assistant", "content": answer}
        spent = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(answer) // 4}
        return {
            **self._head(asked, "chat.completion"),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {**spent, "total_tokens": sum(spent.values())},
        }

    async def _events(self, asked: dict[str, Any]) -> AsyncIterator[str]:
        head, answer = self._head(asked, "chat.completion.chunk"), _judgement(asked)
        pieces = [answer[start : start + PIECE] for start in range(0, len(answer), PIECE)]
        deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": piece} for piece in pieces]
        for delta in (*deltas, {}):
            choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
            yield json.dumps({**head, "choices": [choice]})
        yield "[DONE]"


def _asked(request: Request) -> dict[str, Any]:
    """Read the body of a completion.

    Raises:
        BadRequest: It is not a JSON object with a list of messages.

    """
    try:
        asked = json.loads(request.body)
    except ValueError as error:
        raise BadRequest(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}") from error
    messages = asked.get("messages") if isinstance(asked, dict) else None
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "'messages' must be a list of objects")
    return dict(asked)


def _prompt(asked: dict[str, Any]) -> str:
    users = [m.get("content") for m in asked["messages"] if m.get("role") == "user"]
    return str(users[-1]) if users else ""


def _judgement(asked: dict[str, Any]) -> str:
    effort = str(asked.get("reasoning_effort", "medium"))
    return json.dumps({"quark": round(quark_probability(_prompt(asked), effort), 4)})


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}


async def run(options: argparse.Namespace) -> None:
    """Listen, say where, and serve until ended."""
    server = Server(latency=options.latency, keep_alive=options.keep_alive)
    stop = asyncio.Event()
    secured = None
    if options.certificate:
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(options.certificate)
    listening = await asyncio.start_server(
        server.serve, "127.0.0.1", options.port, limit=LARGEST_HEAD, backlog=512, ssl=secured
    )
    sys.stdout.write(f"{listening.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    if options.until_eof:
        # Nothing is ever written to this pipe: it becomes readable when its other end is gone,
        # however the program that held it ended.
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    await stop.wait()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds a completion takes")
    parser.add_argument(
        "--keep-alive", type=float, default=60.0, help="seconds an idle connection stays open"
    )
    parser.add_argument("--certificate", help="a file with certificate and key: serve TLS")
    parser.add_argument(
        "--until-eof", action="store_true", help="end when standard input, a pipe, is closed"
    )
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(options))
    sys.stdout.flush()
    os._exit(0)  # what is still open ends with the process


if __name__ == "__main__":
    main()
