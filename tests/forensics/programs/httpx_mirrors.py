"""An httpx script that leaks its client: each batch makes one, in a cycle with its callbacks."""

import asyncio
import gc

import answering
import httpx

URL = answering.start()


class Mirror:
    def __init__(self):
        self.client = httpx.AsyncClient(event_hooks={"response": [self.seen]})
        self.pages = 0

    async def seen(self, response):
        self.pages += 1

    async def check(self, names):
        for name in names:
            await self.client.get(URL + name)
        return self.pages


async def batch(names):
    mirror = Mirror()
    pages = await mirror.check(names)
    mirror = None
    return pages


async def main():
    print(await batch(["a", "b"]))
    gc.collect()
    print(await batch(["c"]))


asyncio.run(main())
