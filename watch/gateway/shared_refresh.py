"""Refreshes of what requests need from Redis: shared, and repeated while requests come."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway.supervisor import Supervisor

#: Seconds between two refreshes while requests come.
INTERVAL = 1.0


class SharedRefresh:
    """Keeps a copy of data up to date while requests need it, so that a request has little to wait for.

    Args:
        name: of the background work.
        supervisor: runs it.
        refresh: brings the copy up to date.
        drop: empties the copy.
        warm: seconds after the last request in which refreshes go on. Then the copy is dropped.
    """

    def __init__(
        self,
        name: str,
        supervisor: Supervisor,
        refresh: Callable[[], Awaitable[None]],
        drop: Callable[[], None],
        *,
        warm: float,
    ) -> None:
        self._name = name
        self._supervisor = supervisor
        self._refresh = refresh
        self._drop = drop
        self._warm = warm
        self._lock = asyncio.Lock()
        # Refreshes are numbered as they begin; the last one that has succeeded.
        self._begun = self._succeeded = 0
        # When the last request came, by the monotonic clock; None: none did since the copy was dropped.
        self._asked_at: float | None = None

    async def caught_up(self) -> None:
        """Have the copy contain all that was there when this was called.

        Requests that come together share one refresh, which begins after they came. What it raises, each raises.
        """
        self._asked_at = time.monotonic()
        await self._refresh_once()

    async def run(self) -> None:
        """Keep the copy warm until cancelled."""
        await self._supervisor.every(INTERVAL, self._name, self._keep_warm)

    async def _keep_warm(self) -> None:
        if self._asked_at is None:
            return
        if time.monotonic() - self._asked_at < self._warm:
            # The next request fails in the same way, and says so.
            with suppress(RedisError, InvalidValueError, HTTPException):
                await self._refresh_once()
        elif not self._lock.locked():
            self._asked_at = None
            self._drop()

    async def _refresh_once(self) -> None:
        needed = self._begun + 1
        async with self._lock:
            if self._succeeded < needed:
                self._begun += 1
                number = self._begun
                await self._refresh()
                self._succeeded = number
