"""Keeps the gateway's background work going when it fails unexpectedly."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from config.log_throttle import LogThrottle
from leaderboard.connections.redis_values import InvalidValueError

log = logging.getLogger(__name__)

#: Seconds for which a failure counts as present.
RECENT = 15.0
# Seconds until work that failed is started again.
_PAUSE = 1.0
# Seconds until work that has not ended is cancelled once more.
_CANCEL_AGAIN = 0.5

T = TypeVar("T")
Work = Callable[[], Awaitable[None]]


class Supervisor:
    """Runs background work. Work that fails unexpectedly is logged, counted and started again.

    The errors expected of workers, proxies, Redis and clients are handled where they occur. All others must end
    neither the gateway nor its background work, and must be seen.

    Attributes:
        errors: unexpected errors since the start, by the name of the work.
    """

    def __init__(self) -> None:
        self._failures: dict[str, tuple[float, str]] = {}
        self._throttle = LogThrottle()
        self.errors: dict[str, int] = {}

    @property
    def failing(self) -> dict[str, str]:
        """The work that failed in the last :data:`RECENT` seconds and has not succeeded since, and how."""
        since = time.monotonic() - RECENT
        return {name: why for name, (at, why) in self._failures.items() if at > since}

    async def keep(self, name: str, work: Work) -> None:
        """Run work that should never end. Start it again whenever it does."""
        await self.every(_PAUSE, name, work)

    async def every(self, interval: float, name: str, work: Work) -> None:
        """Do the work again and again, with `interval` seconds between."""
        while True:
            await self.attempt(name, work)
            await asyncio.sleep(interval)

    async def until_done(self, name: str, work: Work) -> None:
        """Do the work until it succeeds once."""
        while not await self.attempt(name, work):
            await asyncio.sleep(_PAUSE)

    async def attempt(self, name: str, work: Work) -> bool:
        """Do the work once. Returns whether it succeeded."""
        succeeded, _ = await self._try(name, work)
        return succeeded

    async def result(self, name: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """Do the work once. Returns its result; None if it fails."""
        _, result = await self._try(name, work)
        return result

    async def _try(self, name: str, work: Callable[[], Awaitable[T]]) -> tuple[bool, T | None]:
        try:
            result = await work()
        except Exception as error:
            self.report(name, error)
            return False, None
        self._failures.pop(name, None)
        return True, result

    def report(self, name: str, error: Exception) -> None:
        """Count an unexpected error, show it in the health, and log it, once a minute for the same work."""
        self.errors[name] = self.errors.get(name, 0) + 1
        is_junk = isinstance(error, InvalidValueError)
        # Anybody may read the health, so the text of an unexpected error is only logged.
        why = str(error) if is_junk else type(error).__name__
        self._failures[name] = time.monotonic(), why
        if self._throttle.allows(name):
            # Junk in Redis is not a bug, so a traceback would not help.
            trace = None if is_junk else error
            log.error("%s failed unexpectedly (%d times so far): %s", name, self.errors[name], why, exc_info=trace)


async def end(work: Collection[asyncio.Task[None]]) -> None:
    """Cancel background work until it has ended: redis-py loses a cancellation that comes while it connects."""
    pending = set(work)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN)
