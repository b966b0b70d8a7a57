"""Keeps the gateway's background work going, whatever it meets."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from watch.gateway.redis_values import InvalidValueError

log = logging.getLogger(__name__)

#: Seconds between two lines of log about the same part, and for which a failure counts as present.
QUIET = 60.0
RECENT = 15.0
# Seconds until work that failed begins again.
_PAUSE = 1.0

T = TypeVar("T")
Work = Callable[[], Awaitable[None]]


class Supervisor:
    """Runs parts of the gateway's work; one that fails unexpectedly is logged and begins again.

    What workers, proxies, Redis and clients say is validated where it comes in. This is for what nobody thought
    of: it must end neither the gateway nor what polls, and it must be seen.

    Attributes:
        errors: unexpected errors since the start, by part.
    """

    def __init__(self) -> None:
        self._failures: dict[str, tuple[float, str]] = {}
        self._logged: dict[str, float] = {}
        self.errors: dict[str, int] = {}

    @property
    def failing(self) -> dict[str, str]:
        """The parts that have failed in the last :data:`RECENT` seconds and not succeeded since, and how."""
        since = time.monotonic() - RECENT
        return {part: why for part, (at, why) in self._failures.items() if at > since}

    async def keep(self, part: str, work: Work) -> None:
        """Run what never ends by itself; begin it again whenever it fails."""
        await self.every(_PAUSE, part, work)

    async def every(self, interval: float, part: str, work: Work) -> None:
        """Do something again and again, with so many seconds between."""
        while True:
            await self.attempt(part, work)
            await asyncio.sleep(interval)

    async def until_done(self, part: str, work: Work) -> None:
        """Do something until it succeeds."""
        while not await self.attempt(part, work):
            await asyncio.sleep(_PAUSE)

    async def attempt(self, part: str, work: Work) -> bool:
        """Do something once. Returns whether it succeeded."""

        async def done() -> bool:
            await work()
            return True

        return await self.result(part, done) or False

    async def result(self, part: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """What a part's work comes to; None where it fails."""
        try:
            came = await work()
        except Exception as error:
            self.report(part, error)
            return None
        self._failures.pop(part, None)
        return came

    def report(self, part: str, error: Exception) -> None:
        """Count what went wrong with a part, have health tell of it, log it once in :data:`QUIET` seconds."""
        now = time.monotonic()
        self.errors[part] = self.errors.get(part, 0) + 1
        # Anybody may ask for health: what an unexpected error says is for the log alone.
        self._failures[part] = now, str(error) if isinstance(error, InvalidValueError) else type(error).__name__
        if now - self._logged.get(part, -QUIET) >= QUIET:
            self._logged[part] = now
            log.error("%s failed unexpectedly (%d times so far)", part, self.errors[part], exc_info=error)
