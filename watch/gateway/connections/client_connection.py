"""One client's connection, HTTP or WebSocket: the input that waits for its turn, and the deadlines."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import cast

from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.connections.fair_scheduler import FairScheduler
from watch.gateway.limits import LEAST_TAKEN, WRITE_DEADLINE

log = logging.getLogger(__name__)

# Bytes of input that are parsed at a time, and that are buffered before no more is read.
_PIECE = 2048
_BUFFERED_INPUT = 16_384

# Bytes of output that wait in this process, and in the kernel unsent, before a client counts as slow. What waits
# there is sent, however old it becomes.
_HIGH_WATER = 64 * 1024
_UNSENT = 128 * 1024


class ClientConnection:
    """Passes what a client sends to the protocol, piece by piece, and knows when the connection is overdue.

    Args:
        transport: of the connection.
        address: where it comes from.
        scheduler: decides when a piece of its input is processed.

    Attributes:
        feed: called with each piece of input.
        is_blocked: returns whether input must wait; call :meth:`resume` when it need not any more.
        due: when the request that is awaited must have come; None: none is awaited.
        checks_writes: whether a stalled client is cut off here; for an open WebSocket, the broadcaster does that.
    """

    def __init__(self, transport: asyncio.Transport, address: ClientAddress, scheduler: FairScheduler) -> None:
        self.transport = transport
        self.address = address
        self.feed: Callable[[bytes], None]
        self.is_blocked: Callable[[], bool] = lambda: False
        self.due: float | None = None
        self.checks_writes = True
        self._scheduler = scheduler
        self._input = bytearray()
        self._is_scheduled = False
        self._most_unsent = 0
        self._progress_at: float | None = None
        self._closing_since: float | None = None
        _limit_output(transport)

    # --- input

    def receive(self, data: bytes) -> None:
        self._input += data
        if len(self._input) > _BUFFERED_INPUT:
            self.transport.pause_reading()
        self.resume()

    def resume(self) -> None:
        """Process the buffered input in its turn; if there is none, read more."""
        if self.transport.is_closing():
            self._input.clear()
        elif self._is_scheduled or self.is_blocked():
            return
        elif self._input:
            self._is_scheduled = True
            self._scheduler.schedule(self.address, self._process)
        else:
            self.transport.resume_reading()

    def stop_reading(self) -> None:
        self.is_blocked = lambda: True
        self._input.clear()
        self.transport.pause_reading()

    def _process(self) -> None:
        self._is_scheduled = False
        if self.transport.is_closing() or self.is_blocked():
            return
        piece = bytes(self._input[:_PIECE])
        del self._input[:_PIECE]
        self.address.work.take()
        try:
            self.feed(piece)
        except Exception:
            log.exception("a client's input failed unexpectedly")
            self.transport.abort()
        self.resume()

    # --- deadlines

    def output_drained(self) -> None:
        """Note that the client has taken most of what waited for it."""
        self._progress_at = None

    def is_overdue(self, now: float) -> bool:
        """Whether an awaited request did not come in time, or a close does not end.

        Input that came in time and waits for its turn is not the client's fault.
        """
        if self.transport.is_closing():
            self._closing_since = self._closing_since or now
            return now - self._closing_since > WRITE_DEADLINE
        return self.due is not None and now > self.due and not self._is_scheduled

    def is_stalled(self, now: float) -> bool:
        """Whether the client has for too long taken too little of its output."""
        unsent = self.transport.get_write_buffer_size()
        if self._progress_at is None or unsent == 0 or unsent <= self._most_unsent - LEAST_TAKEN:
            self._progress_at = now
            self._most_unsent = unsent
        self._most_unsent = max(self._most_unsent, unsent)
        return self.checks_writes and now - self._progress_at > WRITE_DEADLINE


def _limit_output(transport: asyncio.Transport) -> None:
    """Buffer little for a client that does not take it, here and in the kernel."""
    transport.set_write_buffer_limits(high=_HIGH_WATER)
    connection = cast(socket.socket, transport.get_extra_info("socket"))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
