"""What a client is told, in the order in which it asked."""

import asyncio
from collections.abc import Awaitable, Callable

from watch.gateway.fanout.client import Client

# Answers that wait at most; who asks for more waits with them.
_MOST = 200


class ReplyQueue:
    """Answers to subscriptions wait until Redis has confirmed them, all that there are at a time.

    One by one a client that comes back with a thousand feeds would wait for Redis a thousand times.

    Args:
        client: to be told.
        settle: returns once Redis has confirmed what was subscribed to before.
    """

    def __init__(self, client: Client, settle: Callable[[], Awaitable[None]]) -> None:
        self._client = client
        self._settle = settle
        self._waiting: list[bytes] = []
        self._sending: asyncio.Task[None] | None = None

    async def confirmed(self, answer: bytes) -> None:
        """Tell it once Redis has confirmed all that was subscribed to until now."""
        self._waiting.append(answer)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        if len(self._waiting) >= _MOST:
            await self.sent()

    async def sent(self) -> None:
        """Wait until all of these are sent."""
        if self._sending:
            await self._sending

    async def _send(self) -> None:
        while self._waiting:
            answers, self._waiting = self._waiting, []
            await self._settle()
            for answer in answers:
                self._client.reply(answer)

    def drop(self) -> None:
        """Tell nothing more."""
        if self._sending:
            self._sending.cancel()
