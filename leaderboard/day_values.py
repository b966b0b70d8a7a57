"""What bars of a symbol's trading day say of it together: highs, lows, and the close of the regular hours.

``apply.lua`` merges these values over all bars of the day. The order of merging makes no difference, and merging
the same values twice changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from leaderboard.event import Event
from leaderboard.sessions import Hours, Phase, session_of


class DayValues(NamedTuple):
    """Prices are in dollars, times in Unix milliseconds; 0: there is none.

    Attributes:
        high, low: the highest and the lowest price.
        high_at: end of the earliest bar that reached `high`.
        pre_high, pre_low: the same over bars of the pre-market.
        regular_end, regular_volume, regular_start, regular_close: of the newest bar of the regular hours: its end,
            its accumulated volume, its start and its close.
    """

    high: float
    high_at: int
    low: float
    pre_high: float
    pre_low: float
    regular_end: int
    regular_volume: float
    regular_start: int
    regular_close: float

    @classmethod
    def of_bars(cls, bars: Sequence[Event]) -> Self:
        """What bars of one session say.

        A bar whose high or low is 0 counts with its close. One without any price says nothing of the low.
        """
        session = session_of(bars[0].start_timestamp)
        high = max(bar.high or bar.close for bar in bars)
        reached = (bar.end_timestamp for bar in bars if (bar.high or bar.close) == high)
        low = min((bar.low or bar.close for bar in bars if bar.low or bar.close), default=0.0)
        regular = (
            (bar.end_timestamp, bar.accumulated_volume, bar.start_timestamp, bar.close)
            for bar in bars
            if session.hours_of_bar(bar.start_timestamp) is Hours.REGULAR
        )
        pre = (high, low) if session.phase is Phase.PRE else (0.0, 0.0)
        return cls(high, min(reached) if high else 0, low, *pre, *max(regular, default=(0, 0.0, 0, 0.0)))

    @classmethod
    def of_row(cls, row: Mapping[str, str]) -> Self:
        """What a stored row says.

        A row does not say which bar its `regular_close` is of: any bar of the regular hours replaces it.
        """
        high, low, high_at, pre_high, pre_low, regular_close = (float(row.get(name, "0")) for name in _OF_ROW)
        return cls(high, int(high_at), low, pre_high, pre_low, 0, 0.0, 0, regular_close)


_OF_ROW = ("day_high", "day_low", "high_at", "pre_high", "pre_low", "regular_close")
