"""A connection with headers of its own gets as far as the port, where nobody listens."""

import asyncio
import contextlib

import websockets


async def main():
    with contextlib.suppress(OSError):
        await websockets.connect("ws://127.0.0.1:9", extra_headers={"a": "b"})


asyncio.run(main())
