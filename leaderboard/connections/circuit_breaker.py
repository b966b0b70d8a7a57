"""Spares callers the wait for a server that has just failed."""

import time

from redis.exceptions import TimeoutError

#: Seconds after a failure for which calls fail at once; doubled with each failure in a row, up to the second.
#: If the server did not answer, the second from the first time on: each call that is let through waits for it.
PAUSE = (0.5, 5.0)


class CircuitBreaker:
    """Remembers that a server has failed.

    One call of its callers is let through after each pause: its success closes the breaker.

    Attributes:
        error: what the last call failed with; None: it has succeeded.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None
        self._pause = PAUSE[0]
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls fail at once: with :attr:`error`."""
        return self.error is not None and time.monotonic() < self._until

    def failed(self, error: Exception) -> None:
        # Calls that were in flight together fail together: they count once.
        if not self.is_open:
            self._pause = self._next_pause(error)
            self._until = time.monotonic() + self._pause
        self.error = error

    def _next_pause(self, error: Exception) -> float:
        if isinstance(error, TimeoutError):
            return PAUSE[1]
        return PAUSE[0] if self.error is None else min(2 * self._pause, PAUSE[1])

    def succeeded(self) -> None:
        self.error = None
