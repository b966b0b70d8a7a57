"""When a bar is due, and when the queue is too deep for it."""

import logging
import time
from collections.abc import Callable
from typing import Protocol

#: Seconds of market time without a bar that are skipped, such as the night between two days.
GAP = 900
#: Seconds between two looks at the queue.
LOOK = 0.25
#: Share of the queue's bound below which a feed that waited goes on.
RESUME = 0.8

log = logging.getLogger(__name__)


class Pace(Protocol):
    """How market time runs against real time. Market time is in Unix milliseconds."""

    def delay(self, market: int) -> float:
        """Seconds until it is `market`; 0 where it is already."""
        ...

    def hold(self, seconds: float) -> None:
        """Market time stood still for so long."""
        ...


class MarketPace:
    """Market time at `speed` times real time; it starts at the first bar, whenever that was.

    Args:
        speed: seconds of market time per second; infinite: as fast as possible.
        clock: seconds, from any start.
    """

    def __init__(self, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed = speed
        self._clock = clock
        self._latest: int | None = None
        self._origin = (0, 0.0)

    def delay(self, market: int) -> float:
        if self._latest is None or market - self._latest > GAP * 1000:
            self._origin = (market, self._clock())
        self._latest = max(market, self._latest or 0)
        began, clock = self._origin
        return max(0.0, clock + (market - began) / 1000 / self._speed - self._clock())

    def hold(self, seconds: float) -> None:
        began, clock = self._origin
        self._origin = (began, clock + seconds)


class WallPace:
    """Market time is real time, and stands still for nobody.

    Args:
        clock: Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def delay(self, market: int) -> float:
        return max(0.0, market / 1000 - self._clock())

    def hold(self, seconds: float) -> None:
        pass


class Backpressure:
    """Keeps a feed from filling the queue faster than workers empty it.

    Args:
        depth: tells how many bars are queued.
        bound: the depth above which the feed waits, until it is below :data:`RESUME` of it.
        clock: seconds, from any start.
        sleep: sleeps so many seconds.
    """

    def __init__(
        self,
        depth: Callable[[], int],
        bound: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._depth = depth
        self._bound = bound
        self._clock = clock
        self._sleep = sleep

    def look(self, waiting: Callable[[int], None]) -> tuple[int, float]:
        """Look at the queue and, where it is too deep, wait.

        Args:
            waiting: is told the depth while waiting.

        Returns:
            The depth in bars, and the seconds waited.
        """
        depth = self._depth()
        if depth <= self._bound:
            return depth, 0.0
        began, deepest = self._clock(), depth
        while depth >= RESUME * self._bound:
            waiting(depth)
            self._sleep(LOOK)
            depth = self._depth()
            deepest = max(deepest, depth)
        waited = self._clock() - began
        log.info("waited %.1f s for the workers: up to %d bars were queued", waited, deepest)
        return depth, waited
