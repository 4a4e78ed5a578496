"""A client is collected while another loop runs than the one that its connections belong to."""

import asyncio
import gc
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai

ANSWER = json.dumps({"object": "list", "data": []}).encode()


class Models(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept open, so there is something to close

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_):
        pass


async def ask(port):
    await openai.AsyncOpenAI(api_key="k", base_url=f"http://127.0.0.1:{port}/v1").models.list()


async def collect():
    gc.collect()
    await asyncio.sleep(0.05)  # what finalisers have scheduled now runs, on this loop


server = ThreadingHTTPServer(("127.0.0.1", 0), Models)
threading.Thread(target=server.serve_forever, daemon=True).start()
gc.disable()  # collected when we say so, the same in every run
asyncio.run(ask(server.server_address[1]))
asyncio.run(collect())
