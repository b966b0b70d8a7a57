"""The trading days in flat files, and each day's figures for the next."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from feeds.flatfiles.bar import DAY, Bar
from feeds.flatfiles.bar_table import BarTable
from feeds.flatfiles.deduplication import deduplicate
from feeds.flatfiles.flat_file import FlatFile
from leaderboard.reference import PreviousDay
from leaderboard.sessions import Phase, Session


@dataclass(frozen=True)
class TradingDay:
    """All bars of one trading day, from one or more files.

    Attributes:
        day: its date.
        parts: its bars, by file.
        repeated: the number of dropped duplicate rows.
    """

    day: date
    parts: list[BarTable]
    repeated: int

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def bars(self) -> Iterator[Bar]:
        """Sorted by end, then by symbol."""
        return heapq.merge(*self.parts, key=lambda bar: (bar.end, bar.symbol))

    def regular_end(self) -> int:
        """When the last bar of the regular hours ends, Unix milliseconds; 0 if there is none."""
        regular = Session(self.day, Phase.REGULAR)
        end = max(part.end_before(regular.close) for part in self.parts)
        return end if end > regular.start else 0

    @cached_property
    def figures(self) -> Mapping[str, PreviousDay]:
        """The day's figures, which are the next day's previous-day figures, by symbol."""
        return figures(self.day, self.bars())


def trading_days(files: Iterable[FlatFile]) -> list[TradingDay]:
    """The days of all `files`, earliest first, without duplicate bars.

    Raises:
        FeedError: files hold two bars of a symbol that overlap and differ; the text names the lines.
    """
    parts = defaultdict(list)
    for file in files:
        for day, bars in file.days.items():
            parts[day].append(bars)
    return [TradingDay(day, parts[day], deduplicate(parts[day])) for day in sorted(parts)]


def figures(day: date, bars: Iterable[Bar]) -> dict[str, PreviousDay]:
    """A day's figures, which are the next day's previous-day figures, by symbol.

    Prices are those of the regular hours, from 09:30 to the close, and None without a bar in these hours. The vwap
    is volume-weighted over the bars' typical price (h+l+c)/3. The volume is the whole trading day's. A day
    aggregate counts as the regular hours' only bar.

    Args:
        day: the trading day.
        bars: its bars in time order.
    """
    regular = Session(day, Phase.REGULAR)
    opening, closing = regular.start, regular.close
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    for bar in bars:
        total = sums[bar.symbol]
        total.volume += bar.volume
        if bar.seconds == DAY or opening <= bar.start < closing:
            total.add_regular(bar)
    return {symbol: total.figures() for symbol, total in sums.items()}


class _Sum:
    """One symbol's day so far."""

    __slots__ = ("close", "high", "low", "open", "regular_turnover", "regular_volume", "volume")

    def __init__(self) -> None:
        self.open: float | None = None
        self.high = self.low = self.close = 0.0
        self.volume = self.regular_volume = self.regular_turnover = 0.0

    def add_regular(self, bar: Bar) -> None:
        # A price of 0 is missing: use the close instead. Ignore a bar without a close.
        if not bar.close:
            return
        first, high, low = bar.open or bar.close, bar.high or bar.close, bar.low or bar.close
        if self.open is None:
            self.open, self.high, self.low = first, high, low
        self.high = max(self.high, high)
        self.low = min(self.low, low)
        self.close = bar.close
        self.regular_volume += bar.volume
        self.regular_turnover += bar.volume * (high + low + bar.close) / 3

    def figures(self) -> PreviousDay:
        if self.open is None:
            return PreviousDay(volume=self.volume)
        vwap = self.regular_turnover / self.regular_volume if self.regular_volume else None
        return PreviousDay(self.open, self.high, self.low, self.close, self.volume, vwap)
