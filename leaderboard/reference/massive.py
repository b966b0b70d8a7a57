"""Reference data from the Massive REST API, with as few calls as it allows."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as time_of_day
from itertools import islice
from typing import Self

from config.settings import Settings
from leaderboard.reference.averages import AverageVolumes
from leaderboard.reference.figures import PreviousDay, Profile, Reference
from leaderboard.reference.massive_answers import Bar
from leaderboard.reference.massive_api import AT_ONCE, MassiveApi, RejectedError
from leaderboard.reference.massive_patience import NotInPlanError
from leaderboard.reference.source import SourceError, SourceRefusedError
from leaderboard.sessions import NEW_YORK, session_of, trading_days_before

#: Trading days that an average volume is over.
DAYS = 30
#: When the snapshot forgets a day and takes that day for the previous one, in New York. Source: "Snapshot data is
#: cleared daily at 3:30 AM EST", docs/rest/stocks/snapshots/full-market-snapshot of massive.com, and its knowledge
#: base on the zeros before the open, which says that from the 3:30 AM reset `prevDay` is the session just closed.
SNAPSHOT_RESET = time_of_day(3, 30)
#: Symbols named in one call; those of usual length keep its address below 2 KB.
NAMED = 250
#: Symbols whose average volume is asked for one by one; the whole market's takes as many calls.
SINGLY = DAYS
#: Symbols handed on together.
PART = 1_000
#: Seconds between two signs of life.
HEARTBEAT = 5.0

log = logging.getLogger(__name__)


@dataclass
class Market:
    """What was learned of the whole market, and what went wrong meanwhile."""

    previous: dict[str, PreviousDay] = field(default_factory=dict)
    averages: dict[str, float] = field(default_factory=dict)
    floats: dict[str, float] = field(default_factory=dict)
    failures: list[SourceError] = field(default_factory=list)

    def parts(self) -> Iterator[dict[str, Reference]]:
        # A float alone is not handed on: that the rest is not known would count as an answer.
        symbols = iter(self.previous | dict.fromkeys(self.averages))
        while some := list(islice(symbols, PART)):
            yield {symbol: self.of(symbol) for symbol in some}

    def of(self, symbol: str) -> Reference:
        return Reference(
            self.previous.get(symbol, PreviousDay()),
            Profile(self.averages.get(symbol), self.floats.get(symbol)),
        )


class MassiveSource:
    """Asks the service that ``MASSIVE_API_KEY`` is for.

    The whole market takes one call for the snapshot, thirty for the trading days of the average volume and some
    pages of floats. Symbols that turn up without reference data are named in one call of each kind; only those
    that the market's days lacked are asked for singly, as OTC symbols are, which no answer about the whole market
    has.

    **Previous day.** The snapshot has it for the present trading day, and only on that day's own date from 03:30
    in New York on: before, it still is the day before's, and after midnight, on weekends and holidays it is not
    documented which day it has for the previous one. At all other times and for other days it is the bar of the
    last trading day before, from the whole market's bars of that day. These also stand in for zeros in a snapshot
    of the whole market: a ticker that has not traded has no price of 0.

    **Splits.** For the present day bars are adjusted: a previous close and an average volume in today's shares
    compare with today's bars, and a split by itself is no gap. A day that is over has its bars in the shares of
    its time; so has, for it, every day before. Floats are the latest known, whatever the day.

    Args:
        api: makes the calls.
        clock: Unix time in seconds.
    """

    def __init__(self, api: MassiveApi, clock: Callable[[], float] = time.time) -> None:
        self._api = api
        self._clock = clock
        # The last whole market's averages, and their day; they do not change within it.
        self._averages: tuple[date, dict[str, float]] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        assert settings.massive_api_key
        key = settings.massive_api_key.get_secret_value()
        return cls(MassiveApi(key, settings.massive_rest_url, settings.massive_calls_per_second))

    def fetch(self, symbols: Collection[str], day: date) -> Mapping[str, Reference]:
        market = Market(self._previous_days_of(sorted(symbols), day))
        # No more is asked about names that the market does not have: any number of them costs one call in 250.
        listed = list(market.previous)
        with suppress(NotInPlanError):
            for some in _named(listed):
                market.floats |= self._api.floats(some)
        with suppress(NotInPlanError):
            market.averages = self._averages_of(listed, day)
        return {symbol: market.of(symbol) for symbol in listed}

    def fetch_all(self, day: date) -> Iterator[Mapping[str, Reference]]:
        """The whole market; what could be had is handed on before an error of the rest is raised."""
        background = ThreadPoolExecutor(1, "massive")
        try:
            gathering = background.submit(self._gather, day)
            while wait([gathering], HEARTBEAT).not_done:
                yield {}
        finally:
            background.shutdown(wait=False)
        market = gathering.result()
        yield from market.parts()
        if market.failures:
            raise SourceError("; ".join(map(str, market.failures)))

    def _gather(self, day: date) -> Market:
        market = Market()
        # The single calls first: one is enough to learn that the key is refused.
        for gather in (self._gather_snapshot, self._gather_floats, self._gather_days):
            try:
                gather(market, day)
            except SourceRefusedError:
                raise
            except NotInPlanError:
                # Told already, and asking again would not change it.
                continue
            except SourceError as error:
                market.failures.append(error)
        return market

    def _gather_snapshot(self, market: Market, day: date) -> None:
        if self._snapshot_is_for(day):
            market.previous = self._api.previous_days()

    def _gather_floats(self, market: Market, day: date) -> None:
        market.floats = self._api.floats()

    def _gather_days(self, market: Market, day: date) -> None:
        market.averages, last = self._market_days(day)
        known = {symbol: bar for symbol, bar in market.previous.items() if bar != PreviousDay()}
        market.previous |= {symbol: bar.previous_day() for symbol, bar in last.items()} | known

    def _market_days(self, day: date) -> tuple[dict[str, float], Mapping[str, Bar]]:
        """Average volumes over the days before `day`, and the bars of the last of them."""
        *earlier, last = trading_days_before(day, DAYS)
        bars = self._market_day(last, day)
        volumes = AverageVolumes()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for each in pool.map(lambda one: _volumes(self._market_day(one, day)), earlier):
                volumes.add(each)
        volumes.add(_volumes(bars))
        averages = volumes.averages()
        self._averages = day, averages
        return averages, bars

    def _market_day(self, one: date, day: date) -> Mapping[str, Bar]:
        """The bars of `one` day, in the shares of `day`."""
        return self._api.market_day(one, adjusted=self._is_present(day))

    def _previous_days_of(self, symbols: Sequence[str], day: date) -> dict[str, PreviousDay]:
        """The previous day of those of `symbols` that the market has."""
        if self._snapshot_is_for(day):
            with suppress(NotInPlanError):
                return self._snapshot_of(symbols)
        bars = self._market_day(trading_days_before(day, 1)[0], day)
        return {symbol: bars[symbol].previous_day() for symbol in symbols if symbol in bars}

    def _snapshot_of(self, symbols: Sequence[str]) -> dict[str, PreviousDay]:
        answered: dict[str, PreviousDay] = {}
        for some in _named(symbols):
            answered |= self._api.previous_days(some)
        return {symbol: answered[symbol] for symbol in symbols if symbol in answered}

    def _averages_of(self, symbols: Sequence[str], day: date) -> dict[str, float]:
        of, market = self._averages or (None, {})
        if of != day:
            market = self._market_days(day)[0] if len(symbols) > SINGLY else {}
        lacking = [symbol for symbol in symbols if symbol not in market]
        averages = {symbol: market[symbol] for symbol in symbols if symbol in market}
        # More can be lacking only where the market's days have been read: they had no trade on any of these.
        if len(lacking) <= SINGLY:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                answers = pool.map(lambda symbol: self._average_of(symbol, day), lacking)
                averages |= {symbol: shares for symbol, shares in zip(lacking, answers, strict=True) if shares}
        return averages

    def _average_of(self, symbol: str, day: date) -> float | None:
        days = trading_days_before(day, DAYS)
        try:
            bars = self._api.days(symbol, days[0], days[-1], adjusted=self._is_present(day))
        except RejectedError as error:
            # It alone is unknown then; the others that were asked for with it are not held up.
            log.warning("%s: %s", symbol, error)
            return None
        volumes = {bar.day: bar.volume or 0.0 for bar in bars if bar.day}
        first = min(volumes, default=day)
        average = AverageVolumes()
        for each in days:
            if each >= first:
                average.add({symbol: volumes.get(each, 0.0)})
        return average.averages().get(symbol)

    def _snapshot_is_for(self, day: date) -> bool:
        now = datetime.fromtimestamp(self._clock(), NEW_YORK)
        return now.date() == day and now.time() >= SNAPSHOT_RESET

    def _is_present(self, day: date) -> bool:
        return session_of(int(self._clock() * 1000)).day <= day


def _volumes(bars: Mapping[str, Bar]) -> dict[str, float]:
    return {symbol: volume for symbol, bar in bars.items() if (volume := bar.volume)}


def _named(symbols: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(symbols), NAMED):
        yield symbols[start : start + NAMED]
