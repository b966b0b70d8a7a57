"""Makes up the symbols of a market: ticker, size, and reference data."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from string import ascii_uppercase
from typing import NamedTuple

from leaderboard.reference import PreviousDay, Profile, Reference

# The shares, in per cent, of tickers with one, two, three and four letters.
_LENGTHS = (1, 6, 45, 48)
# Of the gaps on ordinary days: their standard deviation, as a fraction of the price, and the mean of their size.
_GAPS = 0.007
_USUAL_GAP = _GAPS * math.sqrt(2 / math.pi)


class Weights(NamedTuple):
    """How often a symbol trades, relative to the others.

    Attributes:
        pre: before the open, when only symbols with a gap trade much.
        regular: after it.
    """

    pre: float
    regular: float


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol before the day's first bar.

    Attributes:
        symbol: the ticker.
        reference: its reference data.
        close: previous close, dollars.
        activity: how often it trades, in multiples of the market's median.
        average_volume: shares a day.
        free_float: shares.
        volatility: of this day, as a fraction of the price.
        gap: from the close to the day's first price, as a fraction of the close.
    """

    symbol: str
    reference: Reference
    close: float
    activity: float
    average_volume: float
    free_float: float
    volatility: float
    gap: float

    @property
    def weights(self) -> Weights:
        """How often it trades on this day."""
        return self._weights(abs(self.gap))

    @property
    def usual_weights(self) -> Weights:
        """How often it trades on an ordinary day."""
        return self._weights(_USUAL_GAP)

    def _weights(self, gap: float) -> Weights:
        more = 1 + 40 * gap
        return Weights(self.activity * more**2.5, self.activity * more)

    @property
    def calmness(self) -> float:
        """Orders symbols: the lowest attract the most speculation."""
        return self.free_float / (1 + 50 * abs(self.gap))


def listings(count: int, random: Random) -> list[Listing]:
    """`count` listings, with the same tickers whatever `random` gives."""
    return [_listing(symbol, random) for symbol, _ in zip(tickers(), range(count), strict=False)]


def tickers() -> Iterator[str]:
    """Tickers of one to four letters without end, each once and always the same."""
    random = Random("tickers")
    taken = set()
    while True:
        length = random.choices((1, 2, 3, 4), _LENGTHS)[0]
        ticker = "".join(random.choices(ascii_uppercase, k=length))
        if ticker not in taken:
            taken.add(ticker)
            yield ticker


def price(dollars: float) -> float:
    """The price as the exchange quotes it: in cents, under a dollar in hundredths of a cent."""
    return round(dollars, 2 if dollars >= 1 else 4)


def _listing(symbol: str, random: Random) -> Listing:
    size = random.gauss(0, 1)
    average_volume = _within(300_000 * math.exp(2.2 * size + random.gauss(0, 0.5)), 2_000, 150_000_000)
    free_float = _within(
        25e6 * math.pow(average_volume / 300_000, 0.8) * random.lognormvariate(0, 0.9), 150_000, 15e9
    )
    # Small companies move more, and more often open with a gap.
    smallness = (1e9 / free_float) ** 0.18
    if random.random() < min(0.02 * smallness**1.4, 0.12):
        size_of_gap = min(0.05 + random.expovariate(1 / 0.09), 0.6)
        gap = size_of_gap if random.random() < 0.62 else -size_of_gap
    else:
        gap = _within(random.gauss(0, _GAPS), -0.045, 0.045)
    volatility = _within(0.015 * smallness, 0.008, 0.09)
    previous = _previous_day(random, volatility, average_volume)
    reference = Reference(previous, Profile(avg_volume=round(average_volume), free_float=round(free_float)))
    assert previous.close is not None
    return Listing(
        symbol,
        reference,
        previous.close,
        math.exp(2.4 * size),
        average_volume,
        free_float,
        # After a gap the price moves more all day.
        volatility * (1 + 8 * abs(gap)),
        gap,
    )


def _previous_day(random: Random, volatility: float, average_volume: float) -> PreviousDay:
    close = math.exp(random.uniform(0, math.log(500)))
    open_ = close * math.exp(random.gauss(0, volatility))
    high = max(open_, close) * math.exp(abs(random.gauss(0, volatility / 2)))
    low = min(open_, close) * math.exp(-abs(random.gauss(0, volatility / 2)))
    open_, high, low, close = price(open_), price(high), price(low), price(close)
    volume = round(average_volume * random.lognormvariate(0, 0.4))
    return PreviousDay(open_, high, low, close, volume, vwap=round((open_ + high + low + close) / 4, 4))


def _within(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
