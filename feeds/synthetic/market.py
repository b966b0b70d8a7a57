"""A made-up market on one trading day."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from random import Random

from msgspec.structs import replace

from feeds.event_dict import EventDict
from feeds.synthetic.activity import PRE_SECONDS, REGULAR_SECONDS, Activity, rate_share
from feeds.synthetic.day_shape import DayShape
from feeds.synthetic.episode import USUAL, Episode, halt, run
from feeds.synthetic.listing import Listing, listings
from feeds.synthetic.stock import Stock
from leaderboard.reference import Reference, VolumeProfile
from leaderboard.sessions import Phase, Session

# In the mean of the regular session, one in so many symbols runs, for so many seconds.
_SYMBOLS_A_RUNNER = 100
_MOST_RUNNERS = 25
_RUN_SECONDS = 500
# Sessions of which volume profiles are made.
_SESSIONS = 30


class Market:
    """Listed symbols and their bars, second after second; the same arguments make the same market.

    A few symbols trade every second, most of them seldom. Some open with a gap, some run or are halted within the
    day. The pre-market is sparse. At 09:30 there is a burst of trading, which decays over minutes. A market whose
    first second is within the day begins with the volume that each symbol would have traded since 04:00.

    Args:
        symbols: the number of symbols.
        rate: bars per second in the mean of the regular session, limited to one bar a symbol.
        seed: of the random numbers.
        day: the trading day.
    """

    def __init__(self, symbols: int, rate: float, seed: int, day: date) -> None:
        self.day = day
        self._rate = rate
        # At most 80 % of the symbols have a bar in a second, unless a higher rate is wanted.
        self._most = max(0.8 * symbols, rate)
        self._random = Random(seed)
        regular = Session(day, Phase.REGULAR)
        self._open = regular.start
        self._regular_seconds = (regular.close - regular.start) // 1000
        listed = listings(symbols, self._random)
        weights = [each.weights for each in listed]
        self._regular = Activity([each.regular for each in weights])
        self._pre = Activity([each.pre for each in weights])
        self._ordinary = self._shape(REGULAR_SECONDS)
        self._stocks = [
            Stock(listing, self._ordinary.total(*each), self._random)
            for listing, each in zip(listed, weights, strict=True)
        ]
        self._has_begun = False
        self._runners = min(symbols / _SYMBOLS_A_RUNNER, _MOST_RUNNERS)
        # By symbol: the end of its current episode, and the episodes that follow.
        self._episodes: dict[int, tuple[int, Iterator[Episode]]] = {}

    def reference(self) -> dict[str, Reference]:
        """Each symbol's reference data."""
        return {stock.listing.symbol: self._reference(stock.listing) for stock in self._stocks}

    def _reference(self, listing: Listing) -> Reference:
        bars = self._ordinary.curve(*listing.usual_weights)
        # By the end of the day, a symbol has traded its average volume.
        share = (listing.reference.profile.avg_volume or 0.0) / bars[-1]
        means = [share * each for each in bars]
        return replace(listing.reference, volume_profile=VolumeProfile.of(means, _SESSIONS))

    def bars(self, second_start_ms: int) -> list[EventDict]:
        """The bars of one second.

        Args:
            second_start_ms: Unix milliseconds, a whole second, later than in the previous call.
        """
        since_open = (second_start_ms - self._open) // 1000
        activity = self._pre if since_open < 0 else self._regular
        rate = self._rate_at(since_open, self._regular_seconds)
        if not self._has_begun:
            self._begin_day(since_open)
        self._update_episodes(second_start_ms, rate)
        random = self._random.random
        return [
            stock.bar(second_start_ms, since_open >= 0)
            for stock, chance in zip(self._stocks, activity.chances(rate), strict=True)
            if random() < chance
        ]

    def _rate_at(self, since_open: float, regular_seconds: int) -> float:
        """Bars a second, so many seconds after 09:30, on a day with so many seconds of regular hours."""
        return min(self._rate * rate_share(since_open, regular_seconds), self._most)

    def _shape(self, regular_seconds: int) -> DayShape:
        rate = partial(self._rate_at, regular_seconds=regular_seconds)
        return DayShape(rate, regular_seconds, self._pre, self._regular)

    def _begin_day(self, since_open: float) -> None:
        """Have each symbol trade what it would have traded before now."""
        self._has_begun = True
        today = self._shape(self._regular_seconds)
        for stock in self._stocks:
            stock.trade_before(today.by(since_open + PRE_SECONDS, *stock.listing.weights))

    def _update_episodes(self, now: int, rate: float) -> None:
        """End the episodes that are over, and begin the next ones."""
        for symbol in [each for each, (until, _) in self._episodes.items() if until <= now]:
            self._begin(symbol, self._episodes[symbol][1], now)
        chance = self._runners / _RUN_SECONDS * min(rate / self._rate, 1.5)
        if self._random.random() < chance:
            # Small companies, and those with a gap, run more often than others.
            drawn = (self._random.randrange(len(self._stocks)) for _ in range(3))
            symbol = min(drawn, key=lambda each: self._stocks[each].listing.calmness)
            if symbol not in self._episodes:
                make_episodes = halt if self._random.random() < 0.15 else run
                self._begin(symbol, make_episodes(self._random), now)

    def _begin(self, symbol: int, episodes: Iterator[Episode], now: int) -> None:
        episode = next(episodes, USUAL)
        if episode is USUAL:
            del self._episodes[symbol]
        else:
            self._episodes[symbol] = (now + episode.seconds * 1000, episodes)
        self._stocks[symbol].begin(episode, now)
        for activity in (self._pre, self._regular):
            activity.change(symbol, episode.pace)
