"""When a bar is due."""

import math
import time
from collections.abc import Callable
from typing import Protocol

#: Seconds of market time without a bar above which the gap is skipped, such as the night between two days.
GAP = 900


class Pace(Protocol):
    """How market time runs against real time. Market time is in Unix milliseconds."""

    def delay(self, market: int) -> float:
        """Seconds until market time is `market`; 0 if that is past."""
        ...

    def lag(self, market: int) -> float:
        """Seconds since market time was `market`; 0 if it is still to come. Safe to call from another thread."""
        ...

    def hold(self, seconds: float) -> None:
        """Let market time stand still for the seconds that have just passed."""
        ...


class MarketPace:
    """Market time runs at `speed` times real time, from the first bar on.

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
        return max(0.0, self._due(market) - self._clock())

    def lag(self, market: int) -> float:
        # What is sent as fast as possible is never late.
        return max(0.0, self._clock() - self._due(market)) if self._speed < math.inf else 0.0

    def hold(self, seconds: float) -> None:
        start, clock = self._origin
        self._origin = (start, clock + seconds)

    def _due(self, market: int) -> float:
        start, clock = self._origin
        return clock + (market - start) / 1000 / self._speed


class WallPace:
    """Market time is real time and never stands still.

    Args:
        clock: Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def delay(self, market: int) -> float:
        return max(0.0, market / 1000 - self._clock())

    def lag(self, market: int) -> float:
        return max(0.0, self._clock() - market / 1000)

    def hold(self, seconds: float) -> None:
        pass
