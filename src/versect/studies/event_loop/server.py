"""A small OpenAI-compatible server: chat completions, plain and streamed, over HTTP/1.1.

Stdlib only. ``python server.py`` listens on a free port of 127.0.0.1 and prints the port. Answers
are computed from the jet described in the prompt, so that accuracy means something. It counts the
requests it receives: the only witness of a request that a client silently sends twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import re
import time


def quark_probability(prompt: str) -> float:
    """Judge a jet by what the prompt says of it: few particles and a narrow jet mean a quark."""
    evidence = 0.0
    found = re.search(r"multiplicity[:=]\s*([\d.]+)", prompt)
    if found:
        evidence += (41.5 - float(found[1])) / 9.0
    found = re.search(r"width[:=]\s*([\d.]+)", prompt)
    if found:
        evidence += (0.115 - float(found[1])) / 0.03
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, evidence))))


class Server:
    """One server with its settings and its count of requests."""

    def __init__(self, latency: float, keep_alive: float) -> None:
        self.latency, self.keep_alive = latency, keep_alive
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until either side has had enough."""
        try:
            while await self.answer_one(reader, writer):
                pass
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; give whether the connection stays open."""
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.keep_alive)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        stays = headers.get("connection", "").lower() != "close"
        if path.endswith("/chat/completions") and method == "POST":
            self.requests += 1
            if self.latency:
                await asyncio.sleep(self.latency)
            await self.complete(writer, json.loads(body), stays)
        elif path.endswith("/models"):
            models = [{"id": "local", "object": "model", "created": 0, "owned_by": "versect"}]
            self.send(writer, {"object": "list", "data": models}, stays)
        elif path == "/requests":
            self.send(writer, {"requests": self.requests}, stays)
        else:
            self.send(writer, {"error": {"message": f"no {path}"}}, stays, "404 Not Found")
        await writer.drain()
        return stays

    async def complete(self, writer: asyncio.StreamWriter, asked: dict, stays: bool) -> None:
        """Answer a chat completion, whole or as a stream of events."""
        prompt = " ".join(str(message.get("content")) for message in asked["messages"])
        answer = f"{quark_probability(prompt):.4f}"
        base = {
            "id": f"chatcmpl-{self.requests}",
            "created": int(time.time()),
            "model": asked.get("model", "local"),
        }
        if not asked.get("stream"):
            choice = {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": answer},
            }
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            whole = {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
            self.send(writer, whole, stays)
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for part in (*(answer[i : i + 2] for i in range(0, len(answer), 2)), None):
            choice = {
                "index": 0,
                "delta": {} if part is None else {"content": part},
                "finish_reason": "stop" if part is None else None,
            }
            event = {**base, "object": "chat.completion.chunk", "choices": [choice]}
            self.chunk(writer, f"data: {json.dumps(event)}\n\n")
            await writer.drain()
        self.chunk(writer, "data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")

    @staticmethod
    def chunk(writer: asyncio.StreamWriter, text: str) -> None:
        """Send one chunk of a body of unknown length."""
        writer.write(f"{len(text.encode()):x}\r\n{text}\r\n".encode())

    @staticmethod
    def send(
        writer: asyncio.StreamWriter, document: dict, stays: bool, status: str = "200 OK"
    ) -> None:
        """Send a JSON document."""
        body = json.dumps(document).encode()
        connection = "keep-alive" if stays else "close"
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: {connection}\r\n\r\n"
        )
        writer.write(head.encode() + body)


async def main() -> None:
    """Listen, say where, and serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--keep-alive", type=float, default=60.0, help="seconds of idleness")
    options = parser.parse_args()
    server = Server(options.latency, options.keep_alive)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", options.port, limit=1 << 20)
    print(listening.sockets[0].getsockname()[1], flush=True)
    async with listening:
        await listening.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
