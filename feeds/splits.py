"""Points out splits that files are not adjusted for: such a day's changes are the split's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from leaderboard.reference import PreviousDay

#: The greatest split that is looked for: one share into so many, or so many into one.
_MOST = 100
#: From this one on symbols hardly ever move so far in a night by themselves, while those that are split often move
#: by some per cent as well.
_RARE = 5
_NEAR_RARE = 0.10
#: Symbols do halve and double now and then.
_NEAR = 0.03
#: Dollars; below it a tick is some per cent of the price, and many a ratio is a whole number.
_LEAST = 0.20


@dataclass(frozen=True)
class Split:
    """A likely split.

    Attributes:
        symbol: whose.
        times: how many shares one became, or became one.
        before: the previous close.
        close: the close of the day on which it counts.
    """

    symbol: str
    times: int
    before: float
    close: float

    def __str__(self) -> str:
        ratio = f"{self.times}-for-1" if self.before > self.close else f"1-for-{self.times}"
        return f"{self.symbol} {ratio} ({self.before:.10g} to {self.close:.10g})"


def likely_splits(before: Mapping[str, PreviousDay], today: Mapping[str, PreviousDay]) -> list[Split]:
    """The symbols of both days whose prices are those of a split, in alphabetical order.

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
    """How many shares one seems to have become, or to have become one; 0: nothing looks like a split.

    The open or the close is about N times the previous close, or an Nth of it, and all of the day lies on that
    side: who doubles within the day has not been split.

    Args:
        before: the previous close.
        today: the figures of the day itself.
    """
    if not (today.open and today.close and today.high and today.low):
        return 0
    times = _times(before, today.open) or _times(before, today.close)
    apart = math.sqrt(times)
    return times if times and (today.low > before * apart or today.high < before / apart) else 0


def _times(before: float, after: float) -> int:
    low, high = sorted((before, after))
    times = min(round(high / low), _MOST)
    if times < 2 or (times < _RARE and low < _LEAST):
        return 0
    return times if abs(high / low / times - 1) <= (_NEAR if times < _RARE else _NEAR_RARE) else 0
