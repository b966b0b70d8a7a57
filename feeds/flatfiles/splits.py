"""Detects splits, for which flat files are not adjusted: a split looks like a large change of the price."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from leaderboard.reference import PreviousDay

#: The largest ratio of a split that is detected.
_MOST = 100
#: From this ratio on, a price hardly ever moves so far without a split, so the ratio may be less exact.
_RARE = 5
#: How far a large ratio may be from a whole number.
_NEAR_RARE = 0.10
#: The same for a small ratio: now and then a price halves or doubles without a split.
_NEAR = 0.03
#: Dollars. Below it a tick is some per cent of the price, so ratios are often near a whole number by chance.
_LEAST = 0.20


@dataclass(frozen=True)
class Split:
    """A likely split.

    Attributes:
        symbol: the ticker.
        times: the ratio: how many shares one became, or became one.
        before: the previous close.
        close: the close of the first day after the split.
    """

    symbol: str
    times: int
    before: float
    close: float

    def __str__(self) -> str:
        ratio = f"{self.times}-for-1" if self.before > self.close else f"1-for-{self.times}"
        return f"{self.symbol} {ratio} ({self.before:.10g} to {self.close:.10g})"


def likely_splits(before: Mapping[str, PreviousDay], today: Mapping[str, PreviousDay]) -> list[Split]:
    """Likely splits among the symbols of both days, in alphabetical order.

    Args:
        before: the figures of the day before.
        today: those of the day itself.
    """
    splits = []
    for symbol in sorted(before.keys() & today.keys()):
        previous, close = before[symbol].close, today[symbol].close
        if previous and close and (times := split_between(previous, today[symbol])):
            splits.append(Split(symbol, times, previous, close))
    return splits


def split_between(before: float, today: PreviousDay) -> int:
    """The ratio of a likely split; 0 if there is none.

    The open or the close is about N times the previous close, or an Nth of it, and the whole
    day is at least halfway there. A price that doubles within the day was not split.

    Args:
        before: the previous close.
        today: the figures of the day itself.
    """
    if not (today.open and today.close and today.high and today.low):
        return 0
    times = _times(before, today.open) or _times(before, today.close)
    halfway = math.sqrt(times)
    return times if times and (today.low > before * halfway or today.high < before / halfway) else 0


def _times(before: float, after: float) -> int:
    low, high = sorted((before, after))
    times = min(round(high / low), _MOST)
    if times < 2 or (times < _RARE and low < _LEAST):
        return 0
    return times if abs(high / low / times - 1) <= (_NEAR if times < _RARE else _NEAR_RARE) else 0
