"""The closes of a session in at most sixty points, which lie further apart as the session goes on."""

import numpy as np

from leaderboard.market.table import Numbers

#: Points of a symbol at most.
POINTS = 60
#: Milliseconds between two points at first. They double whenever there would be too many points.
FIRST_STEP = 60_000


class CloseGrid:
    """The last close of each symbol in each span of a session.

    A point is the close at the end of its span; the last one is the newest close. A symbol that does not trade in
    a span has the close of the span before.

    Args:
        start: of the session, Unix milliseconds.

    Attributes:
        start: as given.
        step: milliseconds that a span lasts.
        count: of the spans until now.
        first: the first span of which the close was put in as it came. Earlier ones are filled in.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.step = FIRST_STEP
        self.count = 0
        self.first = 0
        # Shape (spans, rows); NaN: not known, or not traded yet.
        self._closes: Numbers = np.empty((POINTS, 0))

    def put(self, now: int, closes: Numbers) -> None:
        """Put in the closes as they stand.

        Args:
            now: by the market's clock, Unix milliseconds.
            closes: by row number, dollars; NaN: the symbol has not traded in the session.
        """
        self._make_room(len(closes))
        span = max((now - 1 - self.start) // self.step, self.count - 1, 0)
        while span >= POINTS:
            self._double_step()
            span = max((now - 1 - self.start) // self.step, self.count - 1)
        if self.count == 0:
            self.first = span
        else:
            # Nothing was put in meanwhile: the closes stood.
            self._closes[self.count : span] = self._closes[self.count - 1]
        self._closes[span, : len(closes)] = closes
        self.count = span + 1

    def fill(self, rows: list[int], closes: Numbers) -> None:
        """Fill in spans from before the first one that was put in.

        Args:
            rows: numbers of rows.
            closes: shape (rows, spans), of the present step; NaN: no trade in the span.
        """
        known = np.zeros((len(rows), self.first))
        known[:] = closes[:, : self.first]
        # Each span without a trade points to the last one with one.
        last = np.maximum.accumulate(np.where(np.isnan(known), 0, np.arange(self.first)), axis=1)
        self._closes[: self.first, rows] = np.take_along_axis(known, last, axis=1).T

    def line(self, row: int) -> list[float]:
        """A row's closes, the oldest first; NaN: not known, or not traded yet."""
        closes: list[float] = self._closes[: self.count, row].tolist()
        return closes

    def _make_room(self, rows: int) -> None:
        room = rows - self._closes.shape[1]
        if room > 0:
            self._closes = np.pad(self._closes, ((0, 0), (0, room)), constant_values=np.nan)

    def _double_step(self) -> None:
        """Make one span of two, with the close of the later one."""
        count = (self.count + 1) // 2
        later = np.minimum(2 * np.arange(count) + 1, self.count - 1)
        closes = np.full_like(self._closes, np.nan)
        closes[:count] = self._closes[later]
        self._closes, self.count, self.first = closes, count, self.first // 2
        self.step *= 2
