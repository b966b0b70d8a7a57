"""A bar of a flat file, and its event."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from feeds.event_dict import EventDict

MINUTE = 60
#: Seconds of a day aggregate, also on the days when daylight saving begins or ends.
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
        """When the bar is complete, Unix milliseconds."""
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
