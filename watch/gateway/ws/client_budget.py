"""What one WebSocket client may send and be answered: frames, bytes and answers."""

import asyncio
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ProtocolError
from websockets.frames import Frame
from websockets.server import ServerProtocol

from watch.gateway.connections.client_connection import ClientConnection
from watch.gateway.connections.token_bucket import TokenBucket
from watch.gateway.counters import Counters
from watch.gateway.limits import (
    ANSWERED,
    ANSWERED_PER_SECOND,
    BYTES,
    BYTES_AS_A_FRAME,
    BYTES_PER_SECOND,
    FRAMES,
    FRAMES_PER_SECOND,
)

#: Close code for a client that breaks a rule of the gateway's.
POLICY_VIOLATION = 1008


class ClientBudget:
    """Charges a client, and its address, for what it sends and for what it is answered.

    Args:
        connection: of the client.
        counters: where clients beyond their budget are counted.
    """

    def __init__(self, connection: ClientConnection, counters: Counters) -> None:
        self._connection = connection
        self._counters = counters
        self._frames = TokenBucket(FRAMES, FRAMES_PER_SECOND)
        self._bytes = TokenBucket(BYTES, BYTES_PER_SECOND)
        self._answers = TokenBucket(ANSWERED, ANSWERED_PER_SECOND)

    def allows_frame(self) -> bool:
        """Charge for a frame. Returns whether the client may send it."""
        self._connection.address.work.take()
        return self._allows(self._frames.take())

    def allows_bytes(self, size: int) -> bool:
        """Charge for bytes. Returns whether the client may send them."""
        return self._allows(self._bytes.take(size))

    async def pay_answer(self, size: int) -> None:
        """Charge for an answer, and wait until the client's debt is paid.

        Args:
            size: of the answer, bytes.
        """
        self._connection.address.work.take(size // BYTES_AS_A_FRAME)
        self._answers.take(size)
        if debt := self._answers.debt:
            await asyncio.sleep(debt)

    def _allows(self, within_budget: bool) -> bool:
        self._counters.over_budget += not within_budget
        return within_budget


class BudgetedParser(ServerProtocol):
    """The WebSocket protocol's parser. Charges for each frame before it is looked at.

    Args:
        allows_frame: whether the client may send one more; if not, the connection is closed with 1008.
    """

    def __init__(self, allows_frame: Callable[[], bool], **rest: Any) -> None:
        super().__init__(**rest)
        self._allows_frame = allows_frame

    def recv_frame(self, frame: Frame) -> None:
        if not self._allows_frame():
            self.fail(POLICY_VIOLATION, reason := "too many messages")
            # This ends the parser. What was sent before stays valid.
            raise ProtocolError(reason)
        # Frames after the client's close are ignored; websockets fails on a second close.
        if self.close_rcvd is None:
            super().recv_frame(frame)
