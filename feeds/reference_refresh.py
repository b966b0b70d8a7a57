"""Keeps a feed's reference data from expiring in Redis while the feed runs."""

import time
from collections.abc import Callable, Mapping
from datetime import date

from leaderboard.reference import Reference

#: Seconds after which the figures are stored again. They expire after twice that; a real-time day is longer.
REFRESH_INTERVAL = 4 * 3600

Learn = Callable[[date, Mapping[str, Reference | None]], object]


class ReferenceRefresh:
    """A feed's reference data of one trading day.

    Args:
        learn: stores figures, as :meth:`leaderboard.reference.upkeep.ReferenceUpkeep.learn`.
        clock: seconds, from any start.
    """

    def __init__(self, learn: Learn, clock: Callable[[], float] = time.monotonic) -> None:
        self._learn = learn
        self._clock = clock
        self._answers: tuple[date, Mapping[str, Reference]] | None = None
        self._due = 0.0

    def put(self, day: date, answers: Mapping[str, Reference]) -> None:
        """Store the figures for the trading day `day`, in place of those of the day before."""
        self._answers = (day, answers) if answers else None
        self._due = self._clock()
        self.refresh()

    def refresh(self) -> None:
        """Store the figures again if the interval is over."""
        if self._answers and self._clock() >= self._due:
            self._learn(*self._answers)
            self._due = self._clock() + REFRESH_INTERVAL
