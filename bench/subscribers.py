"""Processes beside :mod:`bench.returning`: a publisher, an honest client, and clients with many subscriptions."""

import asyncio
import os
import random
import sys
import time
from string import ascii_lowercase
from typing import cast

import msgspec
import uvloop
from redis import Redis
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect as connect_sync

from bench.bars import symbol_of
from bench.child import await_go, ready, receive, report
from bench.websocket_client import handshake, subscription

#: The last message that is published.
END = "[]"
SYMBOLS = 11_000
# Quotes are published in so many batches a second.
_TURNS = 20
# Both have the same length, so that the search needs the same overlap for both.
_SUBSCRIBED = b'"status":"subs'
_ERROR = b'"status":"erro'
# Seconds without a publication after which the honest client gives up.
_TIMEOUT = 30.0
# The number of addresses from which the clients connect.
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


class Load(msgspec.Struct):
    """How many clients there are, and how much they subscribe to.

    Attributes:
        port: of the gateway.
        clients: connections, all at once.
        feeds: of each.
        pattern: whether they are patterns.
        timeout: seconds to wait for all answers.
    """

    port: int
    clients: int
    feeds: int
    pattern: bool
    timeout: float


class Subscribed(msgspec.Struct):
    """How the subscriptions were answered.

    Attributes:
        took: seconds until all was answered.
        refused: subscriptions answered by an error.
        unanswered: those without an answer.
    """

    took: float
    refused: int
    unanswered: int


def flow(order: Flow) -> None:
    """Publish quotes until killed."""
    redis = Redis.from_url(order.url)
    symbols = [symbol_of(n) for n in range(SYMBOLS)]
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
    """Measure each publication's latency in seconds; :data:`_TIMEOUT` if none arrives any more."""
    waits = []
    url = f"ws://127.0.0.1:{order.port}/ws"
    with connect_sync(url, proxy=None, max_queue=None, ping_interval=None) as client:
        client.send(msgspec.json.encode({"action": "subscribe", "feed": order.feed}).decode())
        client.recv()
        ready()
        try:
            while (text := client.recv(_TIMEOUT)) != END:
                waits.append(time.monotonic() - float(text))
        except (TimeoutError, WebSocketException):
            waits.append(_TIMEOUT)
    return waits


class _Client(asyncio.Protocol):
    """One of many clients. It only counts answers."""

    def __init__(self, order: Load, feeds: list[str]) -> None:
        self._order = order
        self._feeds = feeds
        self._tail = b""
        self._upgraded = False
        self.subscribed = self.refused = 0
        self.done = asyncio.get_running_loop().create_future()

    @property
    def answered(self) -> int:
        return self.subscribed + self.refused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(handshake(self._order.port))

    def data_received(self, data: bytes) -> None:
        if not self._upgraded:
            self._upgraded = True
            self._transport.write(b"".join(map(subscription, self._feeds)))
        seen = self._tail + data
        # Keep what may be the beginning of an answer until the rest arrives.
        last = max(0, len(seen) - len(_SUBSCRIBED) + 1)
        self.subscribed += seen.count(_SUBSCRIBED)
        self.refused += seen.count(_ERROR)
        self._tail = seen[last:]
        if self.answered == len(self._feeds) and not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the gateway closed a connection"))


async def subscribe(order: Load) -> Subscribed:
    """Connect and subscribe all at once, then stay connected until the word to leave."""
    began = time.monotonic()
    clients = [_Client(order, _feeds(order, n)) for n in range(order.clients)]
    connecting = [asyncio.create_task(_connect(order.port, n, client)) for n, client in enumerate(clients)]
    waiting = [client.done for client in clients]
    if clients:
        await asyncio.wait([*connecting, *waiting], timeout=order.timeout)
    took = time.monotonic() - began
    for error in {str(each.exception()) for each in waiting if each.done()} - {"None"}:
        print("clients failed:", error, file=sys.stderr)
    ready()
    await asyncio.to_thread(await_go)
    answered = sum(client.answered for client in clients)
    return Subscribed(took, sum(client.refused for client in clients), order.clients * order.feeds - answered)


async def _connect(port: int, n: int, client: _Client) -> None:
    address = (f"127.0.1.{1 + n % _ADDRESSES}", 0)
    await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", port, local_addr=address)


def _feeds(order: Load, n: int) -> list[str]:
    if order.pattern:
        # All of them match every symbol.
        letters = [(star, a, b) for star in ("*", "") for a in ascii_lowercase for b in ascii_lowercase]
        return [f"quote:{star}[A-Z{a}{b}]*" for star, a, b in letters[: order.feeds]]
    chosen = random.Random(n).sample(range(SYMBOLS), order.feeds)
    return [f"quote:{symbol_of(each)}" for each in chosen]


def main() -> None:
    role = os.environ["ROLE"]
    if role == "flow":
        flow(receive(Flow))
    elif role == "listening":
        report(listen(receive(Listening)))
    else:
        order = receive(Load)
        ready()
        await_go()
        report(uvloop.run(subscribe(order)))


if __name__ == "__main__":
    main()
