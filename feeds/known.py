"""Puts the reference data that a feed brings into Redis, and keeps it there while the feed runs."""

import time
from collections.abc import Callable, Mapping
from datetime import date

from leaderboard.reference import Reference

#: Seconds after which the figures are put again; they live twice as long, and a day at real speed longer still.
RENEWAL = 4 * 3600

Learn = Callable[[date, Mapping[str, Reference | None]], object]


class Known:
    """A feed's reference data of one trading day.

    Args:
        learn: stores figures, as :meth:`leaderboard.reference_upkeep.ReferenceUpkeep.learn`.
        clock: seconds, from any start.
    """

    def __init__(self, learn: Learn, clock: Callable[[], float] = time.monotonic) -> None:
        self._learn = learn
        self._clock = clock
        self._answers: tuple[date, Mapping[str, Reference]] | None = None
        self._due = 0.0

    def put(self, day: date, answers: Mapping[str, Reference]) -> None:
        """Put the figures for the trading day `day`, in place of those put before."""
        self._answers = (day, answers) if answers else None
        self._due = self._clock()
        self.renew()

    def renew(self) -> None:
        """Put them again, where that is due."""
        if self._answers and self._clock() >= self._due:
            self._learn(*self._answers)
            self._due = self._clock() + RENEWAL
