"""asyncio.run twice with one client: the second run meets connections of the first one's loop."""

import asyncio

import answering
import httpx

URL = answering.start()
client = httpx.AsyncClient()


async def fetch(name):
    response = await client.get(URL + name)
    return response.text


def report(names):
    for name in names:
        try:
            print(asyncio.run(fetch(name)))
        except RuntimeError as error:
            print(error)


report(["first", "second"])
