"""Candles: a symbol's bars, resampled to minutes.

They are a function of the *set* of bars, as the boards are: of several bars that start together only the newest
counts, by the order in which the boards choose. The gateway imports this module without DuckDB.
"""

from datetime import date
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import astuple

from history.known_gap import KnownGap
from leaderboard.fields import TIE_BREAKS
from leaderboard.sessions import Phase, Session, next_trading_day

_encode = msgspec.json.Encoder().encode

#: A symbol's bars: rows of :data:`BAR`.
Bars = npt.NDArray[np.void]

_TIMES = ("start_timestamp", "end_timestamp")
#: What candles need of a bar: times in Unix milliseconds, volumes in shares, prices in dollars.
BAR = np.dtype(
    [(name, np.int64) for name in _TIMES]
    + [(name, np.float64) for name in ("accumulated_volume", "open", *TIE_BREAKS)]
)
# What candles show of them.
_SHOWN = ("close", "high", "low", "volume", "vwap", "aggregate_vwap")
#: The tie-breaks behind these, which no candle shows.
UNSHOWN = TIE_BREAKS[len(_SHOWN) :]


class Interval(StrEnum):
    """How much time a candle covers."""

    ONE_MINUTE = "1m"
    FIVE_MINUTES = "5m"
    FIFTEEN_MINUTES = "15m"

    @property
    def milliseconds(self) -> int:
        return int(self.removesuffix("m")) * 60_000


class Candle(Struct, frozen=True, gc=False):
    """What traded in one interval.

    Attributes:
        time: when the interval begins, Unix milliseconds.
        open, high, low, close: dollars; 0: no bar of the interval has a price.
        volume: shares.
        vwap: the bars' prices weighted by their volumes, dollars; the close where no volume traded.
        day_vwap: the volume-weighted average price of the day up to its newest bar that says it, as the feed says,
            dollars; 0: none does.
    """

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float
    day_vwap: float


def trading_span(day: date) -> range:
    """The times at which bars of a trading day start, Unix milliseconds."""
    return range(Session(day, Phase.PRE).start, Session(next_trading_day(day), Phase.PRE).start)


def each_once(bars: Bars) -> Bars:
    """The bars by their start, and of those that start together the newest."""
    starts = bars["start_timestamp"]
    if np.all(starts[1:] > starts[:-1]):
        return bars
    newness = ("start_timestamp", "end_timestamp", "accumulated_volume", *TIE_BREAKS)
    # The last key decides first. Where all else is equal the lowest open counts, as for the session's open price.
    ordered = bars[np.lexsort([-bars["open"], *(bars[name] for name in reversed(newness))])]
    starts = ordered["start_timestamp"]
    is_newest = np.ones(len(ordered), bool)
    is_newest[:-1] = starts[1:] != starts[:-1]
    return ordered[is_newest]


def needs_unshown(bars: Bars) -> bool:
    """Whether candles depend on :data:`UNSHOWN`: two bars have different open prices, but else are the same.

    Args:
        bars: in any order.
    """
    starts = np.sort(bars["start_timestamp"])
    repeated = bars[np.isin(bars["start_timestamp"], starts[1:][starts[1:] == starts[:-1]])]
    compared = ("start_timestamp", "end_timestamp", "accumulated_volume", *_SHOWN)
    ordered = repeated[np.lexsort([repeated[name] for name in compared])]
    alike = np.all([ordered[name][1:] == ordered[name][:-1] for name in compared], axis=0)
    return bool(np.any(alike & (ordered["open"][1:] != ordered["open"][:-1])))


def resample(bars: Bars, interval: Interval) -> list[Candle]:
    """The candles of a symbol's bars, the oldest first. An interval in which no bar starts has none.

    A high, low or volume-weighted price of 0 counts as the bar's close, as in the row. A bar without any price
    counts with its volume only.

    Args:
        bars: in any order, rows of :data:`BAR`; a bar may be repeated.
        interval: of the candles.
    """
    bars = each_once(bars)
    if not len(bars):
        return []
    times = bars["start_timestamp"] // interval.milliseconds * interval.milliseconds
    firsts = np.flatnonzero(np.concatenate(([True], times[1:] != times[:-1])))
    close, volume = bars["close"], bars["volume"]
    lows = np.minimum.reduceat(_or_close(bars, "low", missing=np.inf), firsts)
    closes = _last_price(close, firsts)
    # Junk of 1e308 shares may overflow: such a sum is infinite, which JSON writes as null.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        volumes = np.add.reduceat(volume, firsts)
        vwaps = np.add.reduceat(_or_close(bars, "vwap") * volume, firsts) / volumes
    columns: list[npt.NDArray[Any]] = [
        times[firsts],
        _first_price(_or_close(bars, "open"), firsts),
        np.maximum.reduceat(_or_close(bars, "high"), firsts),
        np.where(np.isinf(lows), 0.0, lows),
        closes,
        volumes,
        np.where(volumes > 0, vwaps, closes),
        _last_price(bars["aggregate_vwap"], firsts),
    ]
    return [Candle(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def _or_close(bars: Bars, name: str, missing: float = 0.0) -> npt.NDArray[np.float64]:
    """A price of each bar, or its close where that is 0, or `missing` where both are."""
    prices = np.where(bars[name] == 0, bars["close"], bars[name])
    return np.where(prices == 0, missing, prices)


def _first_price(prices: npt.NDArray[np.float64], firsts: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """The first price of each group of bars that is not 0, if there is one."""
    numbers = np.arange(len(prices))
    found = np.minimum.reduceat(np.where(prices == 0, len(prices), numbers), firsts)
    return np.concatenate((prices, [0.0]))[found]


def _last_price(prices: npt.NDArray[np.float64], firsts: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """The last price of each group of bars that is not 0, if there is one."""
    numbers = np.arange(len(prices))
    found = np.maximum.reduceat(np.where(prices == 0, -1, numbers), firsts)
    return np.concatenate((prices, [0.0]))[found]


class DayHours(Struct, frozen=True):
    """When the hours of a trading day begin and end, Unix milliseconds.

    Attributes:
        day_start: when the pre-market begins.
        open: when the regular hours begin.
        close: when they end, and after hours begin.
        trading_end: when after hours end.
    """

    day_start: int
    open: int
    close: int
    trading_end: int

    @classmethod
    def of(cls, day: date) -> "DayHours":
        regular = Session(day, Phase.REGULAR)
        return cls(regular.day_start, regular.start, regular.close, regular.trading_end)


class DayCandles(Struct, frozen=True):
    """A symbol's candles of a day.

    Attributes:
        hours: of the day.
        candles: the oldest first; an interval in which nothing traded has none.
        gaps: times of which candles may be missing, or lack bars.
        is_recorded: of the boards' day, whether bars are recorded at the moment; None: of a day that is past.
    """

    symbol: str
    day: date
    interval: Interval
    hours: DayHours
    gaps: list[KnownGap]
    candles: list[Candle]
    is_recorded: bool | None = None

    def json(self) -> bytes:
        return _encode(self)

    def csv(self) -> bytes:
        """A line of names and a line a candle (RFC 4180), with the numbers of the JSON; null is an empty cell."""
        names = ",".join(Candle.__struct_fields__).encode()
        lines = [b",".join(map(_encode, astuple(candle))).replace(b"null", b"") for candle in self.candles]
        return b"\r\n".join([names, *lines, b""])
