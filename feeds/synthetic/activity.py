"""How many symbols trade in a second, and which."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from leaderboard.sessions import AFTER_HOURS

#: From 09:30 to 16:00.
REGULAR_SECONDS = 23_400
#: From 04:00 to 09:30.
PRE_SECONDS = 19_800

# Seconds in which the rate decays after the open and through the morning, and rises before the close.
_BURST, _MORNING, _CLOSE = 300.0, 3_600.0, 1_800.0
# The mean of the regular session's rate: a floor, the burst, the morning, the close.
_MEAN = (
    0.75
    + 2.2 * _BURST / REGULAR_SECONDS
    + 0.6 * _MORNING / REGULAR_SECONDS * (1 - math.exp(-REGULAR_SECONDS / _MORNING))
    + 0.5 * _CLOSE / REGULAR_SECONDS
)


def rate_share(seconds: float, regular: int = REGULAR_SECONDS) -> float:
    """The market's rate of bars, in multiples of the regular session's mean.

    At night, when no market is open, it is 1: who tries the system then wants to see bars.

    Args:
        seconds: since 09:30; negative in the pre-market.
        regular: how long the day's regular hours last.
    """
    if seconds < 0:
        # A hundredth at 04:00, a tenth just before the open.
        return 0.01 * math.pow(10, 1 + max(seconds, -PRE_SECONDS) / PRE_SECONDS)
    if seconds < regular:
        burst = 2.2 * math.exp(-seconds / _BURST)
        morning = 0.6 * math.exp(-seconds / _MORNING)
        close = 0.5 * math.exp((seconds - regular) / _CLOSE)
        return (0.75 + burst + morning + close) / _MEAN
    return 0.04 if seconds < regular + AFTER_HOURS.total_seconds() else 1.0


class Activity:
    """Each symbol's chance of a bar in a second, so that the whole market has a given rate of bars.

    A symbol's trades are a Poisson process at its own rate, and a second with at least one trade has one bar. The
    busiest symbols have one every second. At a higher rate, more of the bars are those of quiet symbols.

    Args:
        weights: how often each symbol trades, relative to the others.
    """

    def __init__(self, weights: Sequence[float]) -> None:
        self._base = weights
        self._weights = list(weights)
        # For each level, trades a second of a symbol of weight 1: the market's bars a second.
        self._levels = [math.pow(2, step / 2) / max(weights) for step in range(-40, 60)]
        self._rates = [-sum(math.expm1(-level * weight) for weight in weights) for level in self._levels]

    def chances(self, rate: float) -> list[float]:
        """Each symbol's chance of a bar in a second, for `rate` bars a second in the mean."""
        level = self.level(rate)
        expm1 = math.expm1
        return [-expm1(-level * weight) for weight in self._weights]

    def change(self, symbol: int, times: float) -> None:
        """From now on `symbol` trades `times` as often as usual; 0: not at all."""
        self._weights[symbol] = self._base[symbol] * times

    def level(self, rate: float) -> float:
        """Trades a second of a symbol of weight 1, for `rate` bars a second of all symbols in the mean.

        The rate is limited to 0.98 bars a symbol.
        """
        rate = min(rate, 0.98 * len(self._base))
        above = bisect_left(self._rates, rate)
        if above == 0:
            return self._levels[0] * rate / self._rates[0]
        if above == len(self._rates):
            return self._levels[-1]
        low, high = self._rates[above - 1], self._rates[above]
        share = math.log(rate / low) / math.log(high / low)
        return self._levels[above - 1] * math.pow(self._levels[above] / self._levels[above - 1], share)
