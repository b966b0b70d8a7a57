"""A process of :mod:`bench.followers`: many WebSocket clients that follow boards by deltas.

They take compressed messages, as browsers do, and note when each delta comes. They read the headers of frames, and
of a payload no more than its number.
"""

import asyncio
import re
import resource
import time
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import msgspec
import uvloop

from bench.child import await_go, ready, receive, report
from bench.websocket_client import handshake, subscription

_BUFFER = bytearray(1 << 20)
# Bytes of a payload that name its feed and its number, and bytes of a compressed one that have them.
_BEGINNING, _COMPRESSED_BEGINNING = 96, 512
# Of a frame's first byte: its payload is compressed. And the whole byte of a ping and of its answer.
_COMPRESSED = 0x40
_PING, _PONG = 0x89, 0x8A
_SEQ = re.compile(rb'^{"feed":"([^"]+)","seq":(\d+),("base")?')
# Files that the process needs besides its connections.
_OTHER_FILES = 64


class Order(msgspec.Struct):
    """What the clients do.

    Attributes:
        port: of the gateway.
        clients: how many.
        first: number of the first, by which they have different addresses.
        per_address: clients of one address.
        feeds: boards that each of them follows.
        fields, limit: as in a subscription.
    """

    port: int
    clients: int
    first: int
    per_address: int
    feeds: list[str]
    fields: list[str] | None
    limit: int | None


class Tick(msgspec.Struct):
    """When the clients of the process had the deltas of one tick.

    Attributes:
        first, last: seconds of the machine's monotonic clock.
        messages: deltas of all clients.
    """

    first: float
    last: float
    messages: int


class Followed(msgspec.Struct):
    """What the clients received.

    Attributes:
        ticks: by the number of the boards.
        began: when they were told to connect again, seconds of the machine's monotonic clock.
        back: when the last of them had its boards.
        wholes: whole boards that were sent to clients which had one.
        bytes: of all messages of the ticks.
    """

    ticks: dict[int, Tick]
    began: float
    back: float
    wholes: int
    bytes: int


class _Crowd:
    """All clients of the process."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.ticks: dict[int, Tick] = {}
        self.wholes = 0
        self.bytes = 0
        self._waiting = 0
        self._all_there = asyncio.Event()
        self._clients: list[_Client] = []

    async def connect(self) -> None:
        """Connect all clients at once, and wait until each has its boards."""
        order = self.order
        loop = asyncio.get_running_loop()
        self._waiting = order.clients * len(order.feeds)
        self._all_there.clear()
        self._clients = [_Client(self) for _ in range(order.clients)]

        async def one(n: int, client: "_Client") -> None:
            number = (order.first + n) // order.per_address
            address = (f"127.0.{1 + number // 250}.{1 + number % 250}", 0)
            await loop.create_connection(lambda: client, "127.0.0.1", order.port, local_addr=address)

        await asyncio.gather(*(one(n, client) for n, client in enumerate(self._clients)))
        await self._all_there.wait()

    def leave(self) -> None:
        """Cut all connections."""
        for client in self._clients:
            client.abort()

    def on_whole(self, had: bool) -> None:
        self.wholes += had
        self._waiting -= not had
        if not self._waiting:
            self._all_there.set()

    def on_delta(self, seq: int, size: int) -> None:
        now = time.monotonic()
        self.bytes += size
        tick = self.ticks.get(seq)
        if tick is None:
            self.ticks[seq] = Tick(now, now, 1)
        else:
            tick.last = now
            tick.messages += 1


class _Client(asyncio.BufferedProtocol):
    """One client. All clients read into the same buffer."""

    def __init__(self, crowd: _Crowd) -> None:
        self._crowd = crowd
        self._begun = bytearray()
        self._upgraded = False
        # Bytes of the frame that are still to come; None: its header is not read yet.
        self._left: int | None = None
        self._size = 0
        # The first byte of the frame that is read now.
        self._kind = 0
        self._has: set[bytes] = set()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(handshake(self._crowd.order.port, "permessage-deflate"))

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def get_buffer(self, sizehint: int) -> bytearray:
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        at = 0
        while at < nbytes:
            if self._left is None:
                at = self._read_header(at, nbytes)
            else:
                taken = min(self._left, nbytes - at)
                if (room := _COMPRESSED_BEGINNING - len(self._begun)) > 0:
                    self._begun += _BUFFER[at : at + min(room, taken)]
                self._left -= taken
                at += taken
            if self._left == 0:
                self._message()

    def _read_header(self, at: int, end: int) -> int:
        """Read what there is of a header. Returns where it ends."""
        begun = self._begun
        while at < end and self._left is None:
            begun.append(_BUFFER[at])
            at += 1
            if not self._upgraded:
                if begun.endswith(b"\r\n\r\n"):
                    self._upgrade()
            elif len(begun) >= 2 and len(begun) == {126: 4, 127: 10}.get(begun[1], 2):
                self._left = int.from_bytes(begun[2:], "big") if len(begun) > 2 else begun[1]
                self._size = self._left
                self._kind = begun[0]
                begun.clear()
        return at

    def _upgrade(self) -> None:
        assert self._begun.startswith(b"HTTP/1.1 101"), bytes(self._begun)
        assert self._transport
        self._upgraded = True
        self._begun.clear()
        order = self._crowd.order
        options: dict[str, Any] = {"mode": "delta"}
        options |= {name: value for name in ("fields", "limit") if (value := getattr(order, name)) is not None}
        self._transport.write(b"".join(subscription(feed, **options) for feed in order.feeds))

    def _message(self) -> None:
        beginning = bytes(self._begun)
        self._begun.clear()
        self._left = None
        if self._kind == _PING:
            assert self._transport
            # The mask is zero.
            self._transport.write(bytes((_PONG, 0x80 | len(beginning))) + bytes(4) + beginning)
            return
        named = _named(beginning, bool(self._kind & _COMPRESSED))
        if not named:
            return
        feed, seq, is_delta = named
        if is_delta:
            self._crowd.on_delta(seq, self._size)
        else:
            self._crowd.on_whole(feed in self._has)
            self._has.add(feed)


# Most clients are sent the same bytes, which are read for the first of them.
@lru_cache(maxsize=64)
def _named(beginning: bytes, is_compressed: bool) -> tuple[bytes, int, bool] | None:
    """A message's feed, its number, and whether it is a delta; None: it is of no board."""
    if is_compressed:
        beginning = zlib.decompressobj(-zlib.MAX_WBITS).decompress(beginning, _BEGINNING)
    found = _SEQ.match(beginning)
    return (found[1], int(found[2]), bool(found[3])) if found else None


async def _follow(order: Order) -> Followed:
    crowd = _Crowd(order)
    await crowd.connect()
    await _say_when(ready)
    ticks, size, crowd.ticks, crowd.bytes, wholes = crowd.ticks, crowd.bytes, {}, 0, crowd.wholes
    crowd.leave()
    began = time.monotonic()
    await crowd.connect()
    back = time.monotonic()
    await _say_when(ready)
    return Followed(ticks, began, back, wholes, size)


async def _say_when(said: Callable[[], None]) -> None:
    """Say that a part is over, and wait for the word to go on."""
    said()
    await asyncio.to_thread(await_go)


def main() -> None:
    order = receive(Order)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 2 * order.clients + _OTHER_FILES), most))
    report(uvloop.run(_follow(order)))


if __name__ == "__main__":
    main()
