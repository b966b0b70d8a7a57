"""A process of WebSocket clients of the gateway that measure the lag of quotes and count snapshots."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from bench.child import ready, receive, report

#: The clients' feeds, in turn: boards for most, quotes for some.
FEEDS = ("scanners:*", "scanners:*", "scanners:*", "quote:*", "quote:S0000*")
#: Seconds over which lags are summarized.
WINDOW = 5


class Order(msgspec.Struct):
    """How many clients to start, and for how long.

    Attributes:
        port: of the gateway.
        clients: how many.
        until: when they leave, Unix seconds.
    """

    port: int
    clients: int
    until: float


class Lag(msgspec.Struct):
    """How late the quotes of a window came.

    Attributes:
        at: its end, Unix seconds.
        quotes: how many.
        p50, p99, most: seconds from a bar's end to its quote's arrival at the client.
    """

    at: float
    quotes: int
    p50: float
    p99: float
    most: float


class Received(msgspec.Struct):
    """What the clients received.

    Attributes:
        lags: by window.
        boards: published boards that each client of boards got.
        dropped: clients whose connection ended before they left.
    """

    lags: list[Lag]
    boards: list[int]
    dropped: int


class _Count(NamedTuple):
    messages: int
    dropped: bool


class _Quote(msgspec.Struct):
    end_timestamp: float


class _Lags:
    """Collects lags by the window in which they came."""

    def __init__(self) -> None:
        self._windows: dict[int, list[float]] = {}
        self._decode = msgspec.json.Decoder(_Quote).decode

    def note(self, quote: str | bytes) -> None:
        now = time.time()
        lag = now - self._decode(quote).end_timestamp / 1000
        self._windows.setdefault(int(now / WINDOW), []).append(lag)

    def windows(self) -> list[Lag]:
        return [_lag(WINDOW * (window + 1.0), sorted(lags)) for window, lags in sorted(self._windows.items())]


def _lag(at: float, lags: list[float]) -> Lag:
    count = len(lags)
    return Lag(at, count, lags[count // 2], lags[count * 99 // 100], lags[-1])


async def _listen(order: Order) -> Received:
    lags = _Lags()
    async with asyncio.TaskGroup() as group:
        tasks = []
        for n in range(order.clients):
            feed = FEEDS[n % len(FEEDS)]
            client = await connect(f"ws://127.0.0.1:{order.port}/ws", max_size=None, proxy=None)
            await client.send(json.dumps({"action": "subscribe", "feed": feed}))
            await client.recv()
            # One of the clients that get all quotes measures their lag.
            note = lags.note if feed == FEEDS[3] and n < len(FEEDS) else None
            tasks.append((feed, group.create_task(_receive(client, order.until, note))))
        ready()
    boards = [task.result().messages for feed, task in tasks if feed == FEEDS[0]]
    return Received(lags.windows(), boards, sum(task.result().dropped for _, task in tasks))


async def _receive(client: ClientConnection, until: float, note: Callable[[str | bytes], None] | None) -> _Count:
    count = 0
    try:
        async with asyncio.timeout(max(0.0, until - time.time())):
            async for message in client:
                count += 1
                if note:
                    note(message)
        return _Count(count, dropped=True)
    except ConnectionClosedError:
        return _Count(count, dropped=True)
    except TimeoutError:
        await client.close()
        return _Count(count, dropped=False)


def main() -> None:
    report(uvloop.run(_listen(receive(Order))))


if __name__ == "__main__":
    main()
