"""Keeps a feed from filling the queue faster than workers empty it."""

import logging
import time
from collections.abc import Callable

#: Seconds between two checks of the queue.
POLL_INTERVAL = 0.25
#: Share of the queue's bound below which a feed that waited resumes.
RESUME = 0.8

log = logging.getLogger(__name__)


class Backpressure:
    """Waits while the queue is too deep.

    Args:
        depth: the number of bars queued.
        bound: the depth above which the feed waits, until it is below :data:`RESUME` of the bound.
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

    def wait(self, waiting: Callable[[int], None]) -> tuple[int, float]:
        """Check the queue, and wait if it is too deep.

        Args:
            waiting: called with the depth at each check while waiting.

        Returns:
            The depth in bars, and the seconds waited.
        """
        depth = self._depth()
        if depth <= self._bound:
            return depth, 0.0
        started, deepest = self._clock(), depth
        while depth >= RESUME * self._bound:
            waiting(depth)
            self._sleep(POLL_INTERVAL)
            depth = self._depth()
            deepest = max(deepest, depth)
        waited = self._clock() - started
        log.info("waited %.1f s for the workers: up to %d bars were queued", waited, deepest)
        return depth, waited
