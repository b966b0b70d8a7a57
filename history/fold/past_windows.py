"""The windows of past ticks: each row against itself as it stood at the ticks some seconds before."""

from collections import deque
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from history.fold.market_fold import MarketFold
from leaderboard.doubles import GREATEST
from leaderboard.fields import WINDOWS, Window

_FIELDS = tuple(dict.fromkeys(window.field for window in WINDOWS))
#: Seconds that the longest window reaches back.
LONGEST = max(window.seconds for window in WINDOWS)

Numbers = NDArray[np.float64]


class _Past(NamedTuple):
    """How the rows stood at a tick: by field, by row number."""

    slot: int
    columns: dict[str, Numbers]


class PastWindows:
    """Computes the windows of ticks that are given in their order.

    Those that are published come from :mod:`leaderboard.market.windows`, which reads what each tick has changed.

    It keeps two numbers of each symbol and tick of the last 300 seconds: 53 MB for 11,000 symbols.

    Args:
        fold: to whose table it adds the values of the windows.
        interval: seconds between two ticks.
    """

    def __init__(self, fold: MarketFold, interval: float) -> None:
        self._fold = fold
        self._interval = interval
        self._ticks: deque[_Past] = deque()
        self._resets = fold.table.resets

    def put(self, slot: int) -> None:
        """Put the windows of a tick into the table, and note the tick."""
        self._forget_other_days()
        self._fold.table.set_windows([self._values(window, slot) for window in WINDOWS])
        self.note(slot)

    def note(self, slot: int) -> None:
        """Note a tick whose windows are not needed. The fold need not be settled."""
        self._forget_other_days()
        self._ticks.append(_Past(slot, {name: self._fold.of_bars(name).copy() for name in _FIELDS}))
        oldest = self._target(LONGEST, slot)
        while len(self._ticks) > 1 and self._ticks[1].slot <= oldest:
            self._ticks.popleft()

    def _forget_other_days(self) -> None:
        if self._resets != self._fold.table.resets:
            self._resets = self._fold.table.resets
            self._ticks.clear()

    def _target(self, seconds: int, slot: int) -> int:
        return slot - round(seconds / self._interval)

    def _values(self, window: Window, slot: int) -> Any:
        target = self._target(window.seconds, slot)
        past = next((tick for tick in reversed(self._ticks) if tick.slot <= target), None)
        if past is None:
            return np.nan
        now = self._fold.of_bars(window.field)
        # Symbols that had not traded by then follow those that had.
        then = past.columns[window.field]
        then = np.pad(then, (0, len(now) - len(then)), constant_values=np.nan)
        difference: Numbers = now - then
        if not window.is_percent:
            return difference
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return np.where(then == 0, np.nan, np.minimum(difference / then * 100, GREATEST))
