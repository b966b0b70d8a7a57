"""A token bucket."""

import time
from collections.abc import Callable


class TokenBucket:
    """Allows a burst at once, and so much a second from then on. It can be overdrawn, and is then in debt.

    Args:
        burst: what it holds at first and at most.
        rate: what comes back in a second.
        clock: seconds.
    """

    __slots__ = ("_at", "_burst", "_clock", "_level", "_rate")

    def __init__(self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = self._level = burst
        self._rate = rate
        self._clock = clock
        self._at = clock()

    def take(self, amount: float = 1.0) -> bool:
        """Take from it. Returns whether there was as much."""
        self._level = self._refilled() - amount
        return self._level >= 0

    @property
    def debt(self) -> float:
        """Seconds until it is no longer overdrawn."""
        return max(0.0, -self._refilled() / self._rate)

    @property
    def is_full(self) -> bool:
        return self._refilled() >= self._burst

    def _refilled(self) -> float:
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._at) * self._rate)
        self._at = now
        return self._level
