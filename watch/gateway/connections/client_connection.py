"""A client's connection, whatever it speaks: what it sends, when, and what it takes."""

import asyncio
import logging
from collections.abc import Callable

from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.connections.fair_scheduler import FairScheduler
from watch.gateway.limits import LEAST_TAKEN, WRITE_DEADLINE

log = logging.getLogger(__name__)

# Bytes that are parsed at a time, and that wait in this process before no more are read.
_PIECE = 2048
_HELD = 16_384


class ClientConnection:
    """Hands on what a client sends piece by piece, and knows when it has to come to an end.

    Args:
        transport: the connection.
        address: where it comes from.
        scheduler: when what it sends is taken.

    Attributes:
        feed: called with each piece.
        is_blocked: whether no more can be taken at the moment; :meth:`go_on` is to be called when that ends.
        due: when what is awaited from the client has to have come; None where nothing is.
        judges_writes: whether a client that takes nothing is cut off here; else the broadcaster sees to it.
    """

    def __init__(self, transport: asyncio.Transport, address: ClientAddress, scheduler: FairScheduler) -> None:
        self.transport = transport
        self.address = address
        self.feed: Callable[[bytes], None]
        self.is_blocked: Callable[[], bool] = lambda: False
        self.due: float | None = None
        self.judges_writes = True
        self._scheduler = scheduler
        self._held = bytearray()
        self._waits = False
        self._most_left = 0
        self._took: float | None = None
        self._closing: float | None = None

    # --- what it sends

    def received(self, data: bytes) -> None:
        self._held += data
        if len(self._held) > _HELD:
            self.transport.pause_reading()
        self.go_on()

    def go_on(self) -> None:
        """Take what waits when it is its turn, or read more."""
        if self.transport.is_closing():
            self._held.clear()
        elif self._waits or self.is_blocked():
            return
        elif self._held:
            self._waits = True
            self._scheduler.enter(self.address, self._take)
        else:
            self.transport.resume_reading()

    def stop(self) -> None:
        """Take nothing more."""
        self.is_blocked = lambda: True
        self._held.clear()
        self.transport.pause_reading()

    def _take(self) -> None:
        self._waits = False
        if self.transport.is_closing() or self.is_blocked():
            return
        piece = bytes(self._held[:_PIECE])
        del self._held[:_PIECE]
        self.address.work.take()
        try:
            self.feed(piece)
        except Exception:
            log.exception("what a client sent could not be taken")
            self.transport.abort()
        self.go_on()

    # --- what it takes, and when it ends

    def has_taken(self) -> None:
        """Note that the client has taken most of what waited for it."""
        self._took = None

    def is_overdue(self, now: float) -> bool:
        """Whether what has to come did not, or a close does not end.

        What has come and waits for its turn is not the client's fault.
        """
        if self.transport.is_closing():
            self._closing = self._closing or now
            return now - self._closing > WRITE_DEADLINE
        return self.due is not None and now > self.due and not self._waits

    def is_stalled(self, now: float) -> bool:
        """Whether it has not taken of what waits for it what it has to in time."""
        left = self.transport.get_write_buffer_size()
        if self._took is None or left == 0 or left <= self._most_left - LEAST_TAKEN:
            self._took = now
            self._most_left = left
        self._most_left = max(self._most_left, left)
        return self.judges_writes and now - self._took > WRITE_DEADLINE
