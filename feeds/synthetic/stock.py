"""One symbol on one trading day: its price, its volume and its bars."""

import math
from random import Random

from feeds.event_dict import EventDict
from feeds.synthetic.activity import REGULAR_SECONDS
from feeds.synthetic.episode import USUAL, Episode
from feeds.synthetic.listing import Listing, price

# This share of each move lasts. The rest decays, with a time constant of so many seconds.
_LASTING = 0.7
_REVERSION = 600.0
# Seconds without a trade after which the price's next move no longer grows.
_QUIET = 900.0
_CHEAPEST = math.log(0.05)
_VOLUME_SPREAD = 0.9
# The mean of a bar's volume, in multiples of the median.
_MEAN_BAR = math.exp(_VOLUME_SPREAD**2 / 2)


class Stock:
    """A listed symbol on one trading day.

    Args:
        listing: the symbol before the day.
        bars_a_day: how many bars it has on a day, in the mean.
        random: the source of random numbers.
    """

    __slots__ = (
        "_accumulated",
        "_deviation",
        "_drifted_to",
        "_episode",
        "_latest",
        "_official_open",
        "_random",
        "_spread",
        "_trade_size",
        "_turnover",
        "_value",
        "_volatility",
        "_volume",
        "listing",
    )

    def __init__(self, listing: Listing, bars_a_day: float, random: Random) -> None:
        self.listing = listing
        self._random = random
        self._episode = USUAL
        self._drifted_to = 0
        # Logarithms of dollars: the lasting value, and the price's decaying distance from it.
        self._value = max(math.log(listing.close * (1 + listing.gap)), _CHEAPEST)
        self._deviation = 0.0
        self._volatility = listing.volatility / math.sqrt(REGULAR_SECONDS)
        self._spread = min(3e-4 * (1e6 / listing.average_volume) ** 0.25, 6e-3)
        # A gap brings volume. The rest differs from day to day at random.
        of_today = listing.average_volume * (1 + 25 * abs(listing.gap)) * random.lognormvariate(-0.1, 0.4)
        self._volume = of_today / max(bars_a_day, 1.0) / _MEAN_BAR
        self._trade_size = random.uniform(20, 250)
        self._latest: int | None = None
        self._official_open: float | None = None
        self._accumulated = 0
        self._turnover = 0.0

    def trade_before(self, bars: float) -> None:
        """Have a volume of the day that is that of so many bars, before the first one."""
        self._accumulated = int(bars * self._volume * _MEAN_BAR)

    def begin(self, episode: Episode, now: int) -> None:
        """Begin an episode at `now`, Unix milliseconds."""
        self._drift(now)
        self._episode = episode
        self._value += episode.jump

    def bar(self, start: int, regular: bool) -> EventDict:
        """Make the bar of the second that begins at `start`.

        Args:
            start: Unix milliseconds, a whole second, later than in the previous call.
            regular: whether the regular session has begun.
        """
        random = self._random.random
        middle = self._move(start)
        spread = self._spread
        close = middle * (1 + spread * (random() - 0.5))
        open_ = middle * (1 - self._episode.drift) * (1 + spread * (random() - 0.5))
        high = max(open_, close) * (1 + spread * random() ** 3)
        low = min(open_, close) * (1 - spread * random() ** 3)
        open_, close, high, low = price(open_), price(close), price(high), price(low)
        volume = 1 + int(self._volume * self._episode.surge * math.exp(_VOLUME_SPREAD * self._random.gauss(0, 1)))
        share = random()
        vwap = round(share * open_ + (1 - share) * close, 4)
        if not self._turnover:
            # At the price of the first bar: the average of the day lies between its low and high.
            self._turnover = self._accumulated * vwap
        self._accumulated += volume
        self._turnover += volume * vwap
        event: EventDict = {
            "ev": "A",
            "sym": self.listing.symbol,
            "v": volume,
            "av": self._accumulated,
            "o": open_,
            "c": close,
            "h": high,
            "l": low,
            "vw": vwap,
            "a": round(self._turnover / self._accumulated, 4),
            "z": volume // math.ceil(volume / self._trade_size),
            "s": start,
            "e": start + 1000,
        }
        if regular:
            if self._official_open is None:
                self._official_open = open_
            event["op"] = self._official_open
        return event

    def _move(self, start: int) -> float:
        """Move the price by the time since the last bar, and return it in dollars."""
        elapsed = 1.0 if self._latest is None else min((start - self._latest) / 1000, _QUIET)
        self._latest = start
        self._drift(start)
        step = self._volatility * math.sqrt(elapsed) * self._random.gauss(0, 1)
        self._value = max(self._value + _LASTING * step, _CHEAPEST)
        self._deviation = self._deviation * math.exp(-elapsed / _REVERSION) + (1 - _LASTING) * step
        return math.exp(self._value + self._deviation)

    def _drift(self, now: int) -> None:
        self._value += self._episode.drift * (now - self._drifted_to) / 1000
        self._drifted_to = now
