"""Reference data from the Massive REST API, with as few calls as possible."""

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
from leaderboard.reference.figures import PreviousDay, Profile, Reference
from leaderboard.reference.massive.answers import Bar
from leaderboard.reference.massive.api import MAX_CONCURRENT, MassiveApi, RejectedError
from leaderboard.reference.massive.averages import AverageVolumes
from leaderboard.reference.massive.retries import NotInPlanError
from leaderboard.reference.source import SourceError, SourceRefusedError
from leaderboard.sessions import NEW_YORK, session_of, trading_days_before

#: Trading days over which the volume is averaged.
DAYS = 30
#: When the snapshot's current day becomes its previous day, in New York. Source: "Snapshot data is cleared daily
#: at 3:30 AM EST", docs/rest/stocks/snapshots/full-market-snapshot of massive.com, and its knowledge base on the
#: zeros before the open: from the 3:30 AM reset on, `prevDay` is the session that just closed.
SNAPSHOT_RESET = time_of_day(3, 30)
#: Symbols in one call; symbols of usual length keep the URL below 2 KB.
SYMBOLS_PER_CALL = 250
#: Symbols up to which average volumes are asked for one by one; the whole market's takes as many calls.
MAX_SINGLE_CALLS = DAYS
#: Symbols yielded together.
PART = 1_000
#: Seconds between two empty parts while calls are in flight, with which the caller renews its lease.
HEARTBEAT = 5.0

log = logging.getLogger(__name__)


@dataclass
class Market:
    """What was learned of the market, and which calls failed."""

    previous: dict[str, PreviousDay] = field(default_factory=dict)
    averages: dict[str, float] = field(default_factory=dict)
    floats: dict[str, float] = field(default_factory=dict)
    failures: list[SourceError] = field(default_factory=list)

    def parts(self) -> Iterator[dict[str, Reference]]:
        # Symbols with nothing but a float are left out: their unknown figures would be stored as answered.
        symbols = iter(self.previous | dict.fromkeys(self.averages))
        while some := list(islice(symbols, PART)):
            yield {symbol: self.of(symbol) for symbol in some}

    def of(self, symbol: str) -> Reference:
        return Reference(
            self.previous.get(symbol, PreviousDay()),
            Profile(self.averages.get(symbol), self.floats.get(symbol)),
        )


class MassiveSource:
    """The source behind ``MASSIVE_API_KEY``.

    The whole market takes one call for the snapshot, thirty for the trading days of the average volume, and a few
    pages of floats. Single symbols share one call of each kind; only average volumes that the market's days lack
    are asked for one by one, for example of OTC symbols, which no answer about the whole market includes.

    **Previous day.** The snapshot has it for the current trading day, on that day's own date from 03:30 in New
    York on. Before 03:30 the snapshot is still of the day before; after midnight, on weekends and on holidays
    Massive does not document which day it shows. At those times, and for other days, the previous day comes from
    the whole market's bars of the last trading day before. These bars also replace zeros in a snapshot: a ticker
    that has not traded has no price of 0.

    **Splits.** For the current day bars are adjusted, so that the previous close and the average volume are in
    today's shares and a split is not a gap. For a past day bars are not adjusted: they and the days before them
    are in the shares of their time. Floats are the latest known, whatever the day.

    Args:
        api: makes the calls.
        clock: Unix time in seconds.
    """

    def __init__(self, api: MassiveApi, clock: Callable[[], float] = time.time) -> None:
        self._api = api
        self._clock = clock
        # The whole market's averages and their day, within which they do not change.
        self._averages: tuple[date, dict[str, float]] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        assert settings.massive_api_key
        key = settings.massive_api_key.get_secret_value()
        return cls(MassiveApi(key, settings.massive_rest_url, settings.massive_calls_per_second))

    def fetch(self, symbols: Collection[str], day: date) -> Mapping[str, Reference]:
        market = Market(self._previous_days_of(sorted(symbols), day))
        # Symbols that the market does not have end here: made-up ones cost one call in 250 and no more.
        listed = list(market.previous)
        with suppress(NotInPlanError):
            for some in _calls_of(listed):
                market.floats |= self._api.floats(some)
        with suppress(NotInPlanError):
            market.averages = self._averages_of(listed, day)
        return {symbol: market.of(symbol) for symbol in listed}

    def fetch_all(self, day: date) -> Iterator[Mapping[str, Reference]]:
        """The whole market. When some calls fail, the others' answers are yielded before the error is raised."""
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
        # The single calls first: one is enough to see that the key is refused.
        for gather in (self._gather_snapshot, self._gather_floats, self._gather_days):
            try:
                gather(market, day)
            except SourceRefusedError:
                raise
            except NotInPlanError:
                # Logged already, and a retry would not change it.
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
        with ThreadPoolExecutor(MAX_CONCURRENT) as pool:
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
        for some in _calls_of(symbols):
            answered |= self._api.previous_days(some)
        return {symbol: answered[symbol] for symbol in symbols if symbol in answered}

    def _averages_of(self, symbols: Sequence[str], day: date) -> dict[str, float]:
        of, market = self._averages or (None, {})
        if of != day:
            market = self._market_days(day)[0] if len(symbols) > MAX_SINGLE_CALLS else {}
        lacking = [symbol for symbol in symbols if symbol not in market]
        averages = {symbol: market[symbol] for symbol in symbols if symbol in market}
        # More are lacking only after the market's days were read: those symbols did not trade on any of them.
        if len(lacking) <= MAX_SINGLE_CALLS:
            with ThreadPoolExecutor(MAX_CONCURRENT) as pool:
                answers = pool.map(lambda symbol: self._average_of(symbol, day), lacking)
                averages |= {symbol: shares for symbol, shares in zip(lacking, answers, strict=True) if shares}
        return averages

    def _average_of(self, symbol: str, day: date) -> float | None:
        days = trading_days_before(day, DAYS)
        try:
            bars = self._api.days(symbol, days[0], days[-1], adjusted=self._is_present(day))
        except RejectedError as error:
            # Only this symbol is unknown then, and the others go on.
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


def _calls_of(symbols: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(symbols), SYMBOLS_PER_CALL):
        yield symbols[start : start + SYMBOLS_PER_CALL]
