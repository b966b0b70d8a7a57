"""Processes beside :mod:`bench.returning`: who publishes, who listens honestly, and who subscribes to much."""

import asyncio
import os
import random
import sys
import time
from collections import deque
from contextlib import suppress
from string import ascii_lowercase

import msgspec
import uvloop
from redis import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect as connect_sync

from bench.child import await_go, ready, receive, report

#: What is published last.
END = "[]"
SYMBOLS = 11_000
# Parts of a second in which quotes are published together.
_TURNS = 20
# Seconds without a publication after which the honest client waits no longer.
_PATIENCE = 30.0
# Addresses that the crowd comes from.
_ADDRESSES = 50


class Flow(msgspec.Struct):
    """Quotes of :data:`SYMBOLS` symbols.

    Attributes:
        url: of the boards' Redis.
        rate: quotes a second.
    """

    url: str
    rate: int


class Listening(msgspec.Struct):
    """One board, by one client.

    Attributes:
        port: of the gateway.
        feed: the board's.
    """

    port: int
    feed: str


class Crowd(msgspec.Struct):
    """Who subscribes to how much.

    Attributes:
        port: of the gateway.
        clients: connections, all at once.
        feeds: of each.
        pattern: whether they are patterns.
        patience: seconds for the answers to all.
    """

    port: int
    clients: int
    feeds: int
    pattern: bool
    patience: float


class Subscribed(msgspec.Struct):
    """What came of it.

    Attributes:
        took: seconds until all was answered.
        refused: subscriptions answered by an error.
        unanswered: those without an answer.
    """

    took: float
    refused: int
    unanswered: int


def symbol(n: int) -> str:
    """One of the symbols, four letters."""
    letters = [chr(ord("A") + n // 26**place % 26) for place in range(4)]
    return "".join(letters)


def flow(order: Flow) -> None:
    """Publish quotes until killed."""
    redis = Redis.from_url(order.url)
    symbols = [symbol(n) for n in range(SYMBOLS)]
    quotes = [(f"quote:{each}", f'{{"symbol":"{each}","padding":"{" " * 600}"}}') for each in symbols]
    ready()
    due, at = time.monotonic(), 0
    while True:
        with redis.pipeline(transaction=False) as pipe:
            for _ in range(order.rate // _TURNS):
                pipe.publish(*quotes[at % SYMBOLS])
                at += 1
            pipe.execute()
        due += 1 / _TURNS
        time.sleep(max(0.0, due - time.monotonic()))


def listen(order: Listening) -> list[float]:
    """Note how long each publication was on its way, seconds; :data:`_PATIENCE` where none came any more."""
    waits = []
    url = f"ws://127.0.0.1:{order.port}/ws"
    with connect_sync(url, proxy=None, max_queue=None, ping_interval=None) as client:
        client.send(msgspec.json.encode({"action": "subscribe", "feed": order.feed}).decode())
        client.recv()
        ready()
        try:
            while (text := client.recv(_PATIENCE)) != END:
                waits.append(time.monotonic() - float(text))
        except (TimeoutError, WebSocketException):
            waits.append(_PATIENCE)
    return waits


async def subscribe(order: Crowd) -> Subscribed:
    """Connect and subscribe all at once, then stay until the word to leave."""
    began = time.monotonic()
    answered = refused = 0
    clients: deque[ClientConnection] = deque()

    async def one(n: int) -> None:
        nonlocal answered, refused
        address = (f"127.0.1.{1 + n % _ADDRESSES}", 0)
        url = f"ws://127.0.0.1:{order.port}/ws"
        client = await connect(
            url, proxy=None, local_addr=address, open_timeout=order.patience, ping_interval=None
        )
        clients.append(client)
        for feed in _feeds(order, n):
            await client.send(msgspec.json.encode({"action": "subscribe", "feed": feed}).decode())
        left = order.feeds
        while left:
            text = await client.recv(decode=True)
            if text.startswith('{"status"'):
                left -= 1
                answered += 1
                refused += '"error"' in text[:20]

    tasks = [asyncio.create_task(one(n)) for n in range(order.clients)]
    if tasks:
        await asyncio.wait(tasks, timeout=order.patience)
    took = time.monotonic() - began
    for task in tasks:
        task.cancel()
    for error in {str(task.exception()) for task in tasks if task.done() and not task.cancelled()} - {"None"}:
        print("clients failed:", error, file=sys.stderr)
    readers = [asyncio.create_task(_drain(client)) for client in clients]
    ready()
    await asyncio.to_thread(await_go)
    for reader in readers:
        reader.cancel()
    return Subscribed(took, refused, order.clients * order.feeds - answered)


async def _drain(client: ClientConnection) -> None:
    with suppress(WebSocketException):
        async for _ in client:
            pass


def _feeds(order: Crowd, n: int) -> list[str]:
    if order.pattern:
        # All of them match every symbol.
        letters = [(star, a, b) for star in ("*", "") for a in ascii_lowercase for b in ascii_lowercase]
        return [f"quote:{star}[A-Z{a}{b}]*" for star, a, b in letters[: order.feeds]]
    chosen = random.Random(n).sample(range(SYMBOLS), order.feeds)
    return [f"quote:{symbol(each)}" for each in chosen]


def main() -> None:
    role = os.environ["ROLE"]
    if role == "flow":
        flow(receive(Flow))
    elif role == "listening":
        report(listen(receive(Listening)))
    else:
        order = receive(Crowd)
        ready()
        await_go()
        report(uvloop.run(subscribe(order)))


if __name__ == "__main__":
    main()
