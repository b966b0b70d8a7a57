"""The bar as flat files hold it, and the event that it becomes."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

#: An event in the wire's short spelling; see :class:`leaderboard.event.Event`.
WireEvent = dict[str, Any]

MINUTE = 60
#: The length of a day aggregate; daylight saving makes no difference to what is done with it.
DAY = 86_400


class Bar(NamedTuple):
    """One symbol's trades of a second, a minute or a whole day.

    Attributes:
        symbol: the ticker.
        start: Unix milliseconds.
        seconds: its length.
        volume: shares; can be fractional.
        open, close, high, low: dollars.
        vwap: dollars; 0 where the file does not tell.
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
        """Unix milliseconds of the instant at which nothing more can be added to it."""
        return self.start + self.seconds * 1000


def events(bars: Iterable[Bar]) -> Iterator[WireEvent]:
    """The events of one trading day's bars, with each symbol's running volume.

    Args:
        bars: the day's bars in time order.
    """
    accumulated: dict[str, float] = {}
    for bar in bars:
        total = accumulated[bar.symbol] = accumulated.get(bar.symbol, 0.0) + bar.volume
        event: WireEvent = {
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
