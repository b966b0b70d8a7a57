"""The rate at which bars are sent."""

import time
from collections import deque
from collections.abc import Callable

#: Seconds over which the rate is measured.
SPAN = 5.0


class Rate:
    """Bars per second over the last :data:`SPAN` seconds.

    Args:
        clock: seconds, from any start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()

    def at(self, sent: int) -> float:
        """The rate, given the number of bars sent in all."""
        now = self._clock()
        self._marks.append((now, sent))
        while now - self._marks[0][0] > SPAN:
            self._marks.popleft()
        since, before = self._marks[0]
        return (sent - before) / (now - since) if now > since else 0.0
