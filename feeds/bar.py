"""A bar of a flat file, and the event that it becomes."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

#: An event with short field names; see :class:`leaderboard.event.Event`.
EventDict = dict[str, Any]

MINUTE = 60
#: The length of a day aggregate. Daylight saving makes no difference here.
DAY = 86_400


class Bar(NamedTuple):
    """One symbol's trades of a second, a minute or a whole day.

    Attributes:
        symbol: the ticker.
        start: Unix milliseconds.
        seconds: the bar's length.
        volume: shares; can be fractional.
        open, close, high, low: dollars.
        vwap: dollars; 0 if the file has none.
    """

    symbol: str
    start: int
    seconds: int
    volume: float
    open: float
    close: float
    high: float
    low: float
    vwap: float

    @property
    def end(self) -> int:
        """Unix milliseconds of the instant at which the bar is complete."""
        return self.start + self.seconds * 1000


def events(bars: Iterable[Bar]) -> Iterator[EventDict]:
    """The events of one trading day's bars, with each symbol's running volume.

    Args:
        bars: the day's bars in time order.
    """
    accumulated: dict[str, float] = {}
    for bar in bars:
        total = accumulated[bar.symbol] = accumulated.get(bar.symbol, 0.0) + bar.volume
        event: EventDict = {
            "ev": "A" if bar.seconds < MINUTE else "AM",
            "sym": bar.symbol,
            "v": bar.volume,
            "av": total,
            "o": bar.open,
            "c": bar.close,
            "h": bar.high,
            "l": bar.low,
            "s": bar.start,
            "e": bar.end,
        }
        if bar.vwap:
            event["vw"] = bar.vwap
        yield event
