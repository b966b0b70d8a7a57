"""A token bucket."""

import time
from collections.abc import Callable


class TokenBucket:
    """Allows a burst, and a steady rate from then on. It can be overdrawn, and is in debt then.

    Args:
        burst: tokens that it holds at first and at most.
        rate: tokens that it gains per second.
        clock: seconds.
    """

    __slots__ = ("_burst", "_clock", "_level", "_rate", "_refilled_at")

    def __init__(self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = self._level = burst
        self._rate = rate
        self._clock = clock
        self._refilled_at = clock()

    def take(self, amount: float = 1.0) -> bool:
        """Take tokens. Returns whether there were that many."""
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
        self._level = min(self._burst, self._level + (now - self._refilled_at) * self._rate)
        self._refilled_at = now
        return self._level
