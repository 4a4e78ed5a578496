"""As much of HTTP/1.1 as a small server needs: requests in, responses and streams of events out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

LARGEST_HEAD = 64 << 10
LARGEST_BODY = 16 << 20


class BadRequest(Exception):
    """The client sent what cannot be answered; the connection ends with this status."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """One request, read whole."""

    method: str
    path: str
    """Without the query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    keeps_alive: bool
    """Whether the client wants the connection to stay open."""


async def read_request(reader: asyncio.StreamReader, patience: float) -> Request | None:
    """Read the next request of a connection.

    Args:
        reader: The connection.
        patience: Seconds to wait for the request's head.

    Returns:
        The request; None when the client has closed the connection or stayed silent.

    Raises:
        BadRequest: What came is not HTTP, or too large.

    """
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), patience)
        method, target, version, headers = _head(head)
        body = await _body(reader, headers)
    except (asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError):  # noqa: UP041 - 3.10
        return None
    except asyncio.LimitOverrunError as error:
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise BadRequest(status, "the request's head is too large") from error
    except ValueError as error:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 request") from error
    options = {word.strip().lower() for word in headers.get("connection", "").split(",")}
    keeps = "keep-alive" in options if version == "HTTP/1.0" else "close" not in options
    return Request(method, target.partition("?")[0], headers, body, keeps)


def _head(head: bytes) -> tuple[str, str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, version = first.split(" ")
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise ValueError(version)
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise ValueError(line)
        headers[name.lower()] = value.strip()
    return method, target, version, headers


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(_size(headers.get("content-length", "0"), 10, 0))
    parts: list[bytes] = []
    read = 0
    while True:
        size = _size((await reader.readline()).partition(b";")[0].decode("latin-1"), 16, read)
        read += size
        if not size:
            break
        parts.append(await reader.readexactly(size))
        await reader.readline()
    while (await reader.readline()).strip():
        pass  # trailers
    return b"".join(parts)


def _size(text: str, base: int, before: int) -> int:
    size = int(text, base)
    if size < 0:
        raise ValueError(text)
    if before + size > LARGEST_BODY:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request's body is too large")
    return size


def response(status: HTTPStatus, document: Any, *, keeps_alive: bool) -> bytes:
    """Give a whole response with a JSON body."""
    body = json.dumps(document).encode()
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{_connection(keeps_alive)}\r\n"
    ).encode() + body


async def send_events(
    writer: asyncio.StreamWriter, events: AsyncIterator[str], *, keeps_alive: bool
) -> None:
    """Send server-sent events as they come, each in a chunk of its own."""
    writer.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
        f"Transfer-Encoding: chunked\r\n{_connection(keeps_alive)}\r\n".encode()
    )
    async for event in events:
        data = f"data: {event}\n\n".encode()
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await writer.drain()
    writer.write(b"0\r\n\r\n")


def _connection(keeps_alive: bool) -> str:
    return f"Connection: {'keep-alive' if keeps_alive else 'close'}\r\n"
