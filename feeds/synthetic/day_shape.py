"""How a symbol's bars are spread over the day, in the mean."""

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from statistics import fmean

from feeds.synthetic.activity import PRE_SECONDS, Activity
from leaderboard.reference.volume_profile import STEP, TIMES
from leaderboard.sessions import AFTER_HOURS

_STEP_SECONDS = STEP // 1000
# Instants of a step at which the market's rate is taken: it changes much within the first minutes after the open.
_INSTANTS = range(0, _STEP_SECONDS, 10)
# Steps of the pre-market.
_PRE = PRE_SECONDS // _STEP_SECONDS


class DayShape:
    """The mean number of bars that a symbol has had by a time of the day.

    A busy symbol has a bar every second whatever the market does; those of a quiet one follow the market's rate.
    So each weight has a shape of its own. Weights are rounded to an eighth of an octave: then a market has some
    hundred different ones, and each is worked out once.

    Args:
        rate: the market's bars per second, by seconds since 09:30.
        regular_seconds: how long the regular hours last.
        pre: the activity of the pre-market.
        regular: the activity of the rest of the day.
    """

    def __init__(
        self, rate: Callable[[float], float], regular_seconds: int, pre: Activity, regular: Activity
    ) -> None:
        def level(step: int) -> float:
            begin = step * _STEP_SECONDS - PRE_SECONDS
            if begin >= regular_seconds + AFTER_HOURS.total_seconds():
                return 0.0
            return (pre if begin < 0 else regular).level(fmean(rate(begin + each) for each in _INSTANTS))

        levels = [level(step) for step in range(TIMES - 1)]
        self._pre, self._regular = _Hours(levels[:_PRE]), _Hours(levels[_PRE:])

    def total(self, pre_weight: float, regular_weight: float) -> float:
        """A symbol's bars of the whole day.

        Args:
            pre_weight: how often it trades before the open, relative to the other symbols.
            regular_weight: the same after it.
        """
        return self._pre.curve(pre_weight)[-1] + self._regular.curve(regular_weight)[-1]

    def curve(self, pre_weight: float, regular_weight: float) -> list[float]:
        """A symbol's bars by each of the times of a volume profile; see :meth:`total`."""
        before = self._pre.curve(pre_weight)
        return before + [before[-1] + bars for bars in self._regular.curve(regular_weight)[1:]]

    def by(self, seconds: float, pre_weight: float, regular_weight: float) -> float:
        """A symbol's bars by a time, `seconds` after 04:00; see :meth:`total`."""
        step = seconds / _STEP_SECONDS
        return self._pre.by(step, pre_weight) + self._regular.by(step - _PRE, regular_weight)


class _Hours:
    """A symbol's bars within some hours of the day, in the mean.

    Args:
        levels: for each step, the trades per second of a symbol of weight 1.
    """

    def __init__(self, levels: Sequence[float]) -> None:
        self._levels = levels
        self._curves: dict[int, list[float]] = {}

    def curve(self, weight: float) -> list[float]:
        """The bars by the begin of each step, then those by the end."""
        eighths = round(8 * math.log2(weight))
        if eighths not in self._curves:
            rounded = math.pow(2, eighths / 8)
            bars = (-_STEP_SECONDS * math.expm1(-level * rounded) for level in self._levels)
            self._curves[eighths] = [*accumulate(bars, initial=0.0)]
        return self._curves[eighths]

    def by(self, step: float, weight: float) -> float:
        """The bars by a time, in steps."""
        curve = self.curve(weight)
        step = min(max(step, 0.0), len(self._levels))
        at = min(int(step), len(self._levels) - 1)
        return curve[at] + (curve[at + 1] - curve[at]) * (step - at)
