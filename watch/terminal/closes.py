"""The prices of the selected symbol, minute by minute: those recorded, and those that came since."""

from datetime import date
from pathlib import Path

from leaderboard.sessions import session_of

_MINUTE = 60_000


class Closes:
    """The last price of each minute of a symbol's newest day.

    Args:
        symbol: whose.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self._day = date.min
        # By minute, since 1970: when its last bar ended, Unix milliseconds, and that bar's close.
        self._closes: dict[int, tuple[int, float]] = {}

    def add(self, ended: int, close: float) -> None:
        """Take a bar's close. Bars may come in any order, and more than once.

        Args:
            ended: when the bar ended, Unix milliseconds.
            close: dollars.
        """
        day = session_of(ended - 1).day
        if day > self._day:
            self._day = day
            self._closes.clear()
        minute = (ended - 1) // _MINUTE
        if day == self._day and ended >= self._closes.get(minute, (0, 0.0))[0]:
            self._closes[minute] = ended, close

    def prices(self) -> list[float]:
        """The prices in dollars, the oldest first."""
        return [self._closes[minute][1] for minute in sorted(self._closes)]


def recorded_closes(folder: Path, symbol: str, day: date) -> list[tuple[int, float]]:
    """When each recorded minute of a symbol's day ended, Unix milliseconds, and its close in dollars.

    Nothing, where nothing is recorded of them, or the extra `history` is not installed.

    Raises:
        history.errors.HistoryError: what is recorded cannot be read.
    """
    try:
        from history.errors import NothingRecordedError
        from history.queries.candles import Interval
        from history.queries.day_candles import day_candles
    except ModuleNotFoundError:
        return []
    try:
        found = day_candles(folder, symbol, day, Interval.ONE_MINUTE)
    except NothingRecordedError:
        return []
    # A bar of the same minute that comes later ends later.
    return [(candle.time + 1, candle.close) for candle in found.candles]
