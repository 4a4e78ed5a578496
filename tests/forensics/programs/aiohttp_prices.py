"""A small aiohttp client: fetches prices, and forgets that a session wants to be closed."""

import asyncio

import aiohttp
import answering

URL = answering.start()


class PriceFeed:
    def __init__(self):
        self.session = aiohttp.ClientSession()

    async def price(self, name):
        async with self.session.get(URL + name) as response:
            return await response.text()


async def main():
    feed = PriceFeed()
    print(await feed.price("gold"))
    feed = PriceFeed()
    print(await feed.price("silver"))
    await feed.session.close()


asyncio.run(main())
