"""Answers to one client that wait for Redis, sent in the order of the questions."""

import asyncio
from collections.abc import Awaitable, Callable

from watch.gateway.fanout.client import Client

# Answers that wait at most. A client that asks for more waits with them.
_MOST = 200


class ReplyQueue:
    """Holds answers to subscriptions until Redis has confirmed them, many at a time.

    One by one, a client that comes back with a thousand feeds would wait for Redis a thousand times.

    Args:
        client: who is answered.
        settle: returns when Redis has confirmed all earlier subscriptions.
    """

    def __init__(self, client: Client, settle: Callable[[], Awaitable[None]]) -> None:
        self._client = client
        self._settle = settle
        self._replies: list[bytes] = []
        self._sending: asyncio.Task[None] | None = None

    async def put(self, reply: bytes) -> None:
        """Send an answer when Redis has confirmed all subscriptions until now."""
        self._replies.append(reply)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        if len(self._replies) >= _MOST:
            await self.flush()

    async def flush(self) -> None:
        """Wait until all of these answers are sent."""
        if self._sending:
            await self._sending

    async def _send(self) -> None:
        while self._replies:
            replies, self._replies = self._replies, []
            await self._settle()
            for reply in replies:
                self._client.reply(reply)

    def cancel(self) -> None:
        """Send nothing more."""
        if self._sending:
            self._sending.cancel()
