"""A load generator: many WebSocket clients in one process, which read only the headers of frames and note when
snapshots come.
"""

import asyncio
import time
from typing import cast

import msgspec
import uvloop

from bench.child import ready, receive, report
from bench.websocket_client import handshake, subscription

_BUFFER = bytearray(1 << 20)
_COMPRESSED = 0x40
# Bytes. A shorter message is not a snapshot but an answer.
_SNAPSHOT = 4096


class Order(msgspec.Struct):
    """How many clients to start, and what they subscribe to.

    Attributes:
        port: of the gateway.
        clients: how many.
        feeds: that each of them subscribes to.
        snapshots: that each of them waits for.
        deflate: whether they take compressed messages.
    """

    port: int
    clients: int
    feeds: list[str]
    snapshots: int
    deflate: bool


class Received(msgspec.Struct):
    """What the clients received.

    Attributes:
        arrivals: by client, when it had each snapshot's last byte, in seconds of the machine's monotonic clock.
        bytes: of all snapshots, as transferred.
        compressed: how many of them were compressed.
    """

    arrivals: list[list[float]]
    bytes: int
    compressed: int


class _Client(asyncio.BufferedProtocol):
    """One client. All clients read into the same buffer: payloads are not needed."""

    def __init__(self, order: Order, done: asyncio.Future[None]) -> None:
        self._order = order
        self._done = done
        self._header = b""
        self._upgraded = False
        self._left = 0
        self._is_snapshot = False
        self.subscribed = asyncio.Event()
        self._answers = 0
        self.arrivals: list[float] = []
        self.bytes = self.compressed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        extensions = "permessage-deflate" if self._order.deflate else ""
        self._transport.write(handshake(self._order.port, extensions))

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the gateway closed a connection"))

    def get_buffer(self, sizehint: int) -> bytearray:
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        at = 0
        while at < nbytes:
            if self._left:
                taken = min(self._left, nbytes - at)
                self._left -= taken
                at += taken
                if not self._left:
                    self._message()
            else:
                # Headers are short: read them byte by byte.
                self._header += _BUFFER[at : at + 1]
                at += 1
                self._look()

    def _look(self) -> None:
        header = self._header
        if not self._upgraded:
            if header.endswith(b"\r\n\r\n"):
                assert header.startswith(b"HTTP/1.1 101"), header
                self._upgraded, self._header = True, b""
                self._transport.write(b"".join(map(subscription, self._order.feeds)))
            return
        if len(header) < 2:
            return
        short = header[1]
        length = {126: 4, 127: 10}.get(short, 2)
        if len(header) == length:
            self._left = int.from_bytes(header[2:], "big") if length > 2 else short
            self._is_snapshot = self._left >= _SNAPSHOT
            if self._is_snapshot:
                self.bytes += self._left + length
                self.compressed += bool(header[0] & _COMPRESSED)
            self._header = b""

    def _message(self) -> None:
        if not self._is_snapshot:
            self._answers += 1
            if self._answers == len(self._order.feeds):
                self.subscribed.set()
            return
        self.arrivals.append(time.monotonic())
        if len(self.arrivals) == self._order.snapshots:
            self._done.set_result(None)


async def _listen(order: Order) -> Received:
    loop = asyncio.get_running_loop()
    clients: list[_Client] = []
    done: list[asyncio.Future[None]] = []
    for _ in range(order.clients):
        done.append(loop.create_future())
        _, client = await loop.create_connection(lambda: _Client(order, done[-1]), "127.0.0.1", order.port)
        await client.subscribed.wait()
        clients.append(client)
    ready()
    await asyncio.gather(*done)
    return Received(
        [client.arrivals for client in clients],
        sum(client.bytes for client in clients),
        sum(client.compressed for client in clients),
    )


def main() -> None:
    report(uvloop.run(_listen(receive(Order))))


if __name__ == "__main__":
    main()
