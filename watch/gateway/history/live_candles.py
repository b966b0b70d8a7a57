"""The feeds ``candles:SYMBOL``: once a second, the candles that have changed."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import date
from functools import partial

import numpy as np
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from config.log_throttle import LogThrottle
from history.queries.candles import BAR
from watch.gateway.fanout.client import Client
from watch.gateway.history.candle_feed import CandleFeed
from watch.gateway.history.queries import FindBars, unpacked
from watch.gateway.history.query_pool import QueryPool
from watch.gateway.history.tape_tail import of_day
from watch.gateway.history.tape_tails import TapeTails
from watch.gateway.supervisor import Supervisor

log = logging.getLogger(__name__)

_INTERVAL = 1.0


class LiveCandles:
    """The candles of the symbols that clients are subscribed to. Without any it does nothing.

    Args:
        tails: the bars that come.
        pool: reads those that are stored.
        supervisor: runs the background work.
    """

    def __init__(self, tails: TapeTails, pool: QueryPool, supervisor: Supervisor) -> None:
        self._tails = tails
        self._pool = pool
        self._supervisor = supervisor
        self._feeds: dict[str, CandleFeed] = {}
        # The day of the feeds' candles, the losses of Redis when they began, and the last batch that they have.
        self._source: tuple[date | None, int] = (None, 0)
        self._number = 0
        self._loading: asyncio.Task[bool] | None = None
        self._throttle = LogThrottle()

    def join(self, client: Client, symbol: str) -> None:
        """Send a client the candles of a symbol from now on."""
        if symbol not in self._feeds:
            self._feeds[symbol] = CandleFeed(symbol)
        self._feeds[symbol].join(client)

    def leave(self, client: Client, symbol: str) -> None:
        """Stop sending them."""
        if feed := self._feeds.get(symbol):
            feed.leave(client)
            if feed.is_unused:
                del self._feeds[symbol]

    def leave_all(self, client: Client) -> None:
        for symbol in list(self._feeds):
            self.leave(client, symbol)

    async def run(self) -> None:
        """Keep the candles up until cancelled."""
        try:
            await self._supervisor.every(_INTERVAL, "live candles", self._update)
        finally:
            if self._loading:
                self._loading.cancel()

    async def _update(self) -> None:
        if not self._feeds:
            return
        try:
            # The candles of a server that is left out go on where they were.
            for error in await self._tails.caught_up():
                self._warn("the tape of a server", error)
        except (RedisError, HTTPException) as error:
            # Clients see no change meanwhile; it goes on where it was.
            self._warn("the tape", error)
            return
        day = self._tails.session.day if self._tails.session else None
        if day is None:
            return
        if self._source != (day, self._tails.losses):
            self._source = day, self._tails.losses
            for feed in self._feeds.values():
                feed.restart()
        self._add_new_bars(day)
        for feed in list(self._feeds.values()):
            for client in feed.update():
                client.forward(feed.channel, feed)
        self._load_if_needed(day)

    def _add_new_bars(self, day: date) -> None:
        batches = self._tails.since(self._number)
        # A tail has dropped some: the recorder was behind.
        has_missed = len(batches) < self._tails.number - self._number
        self._number = self._tails.number
        for symbol, feed in self._feeds.items():
            if feed.is_new:
                feed.is_new = False
                feed.add(self._tails.bars(symbol, day))
                continue
            if has_missed:
                feed.read_again()
            if news := [batch for batch in batches if symbol in batch.events]:
                feed.add(of_day(news, symbol, day))

    # --- stored bars

    def _load_if_needed(self, day: date) -> None:
        lacking = [symbol for symbol, feed in self._feeds.items() if feed.needs_stored]
        if lacking and (self._loading is None or self._loading.done()):
            load = partial(self._load, lacking, day)
            self._loading = asyncio.create_task(self._supervisor.attempt("stored candles", load))

    async def _load(self, symbols: Sequence[str], day: date) -> None:
        """Read the stored bars of symbols, one after another: requests over HTTP have a process of their own."""
        for symbol in symbols:
            feed = self._feeds.get(symbol)
            if feed is None or not feed.needs_stored:
                continue
            source, since = self._source, feed.needs_since
            try:
                bars = unpacked(await self._pool.answer(FindBars(symbol, day, since)))
            except HTTPException as error:
                if error.status_code != 404:
                    self._warn("stored bars", error)
                    return
                # The day begins: nothing of it is stored.
                bars = np.empty(0, BAR)
            if source == self._source:
                feed.add_stored(bars, since)

    def _warn(self, what: str, error: Exception) -> None:
        if self._throttle.allows(what):
            log.warning("live candles wait for %s: %s", what, error)
