"""The sparklines of all symbols, kept up while somebody asks for them."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

import msgspec
import numpy as np
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.market.table import MarketTable
from leaderboard.sessions import Session
from watch.gateway.history.queries import FindCloses, SessionCloses
from watch.gateway.history.query_pool import QueryPool
from watch.gateway.market import Market
from watch.gateway.sparklines.close_grid import CloseGrid
from watch.gateway.supervisor import Supervisor

log = logging.getLogger(__name__)

# Seconds between two updates, and after the last request until the closes are dropped.
_INTERVAL = 5.0
_WARM = 300.0
# Seconds that a request waits for stored closes. The next one has them.
_TIMEOUT = 2.0
# Seconds from one attempt to read stored closes to the next.
_RETRY = 60.0

_decode = msgspec.msgpack.Decoder(SessionCloses).decode


class Lines(NamedTuple):
    """Sparklines.

    Attributes:
        session: that they show; None: nothing has traded yet.
        start: of the session, Unix milliseconds.
        step: milliseconds between two points.
        closes: by symbol, the oldest first; NaN: not known, or not traded yet.
    """

    session: Session | None
    start: int
    step: int
    closes: dict[str, list[float]]


class Sparklines:
    """The closes of the present session, of all symbols: 5 MB for 11,000.

    While somebody asks, they are taken from the market's table every few seconds. Those from before the first
    request are read from recorded history, once for all symbols; without history they are not known.

    Args:
        market: the whole market.
        pool: answers queries over history; None: nothing is recorded here.
        supervisor: runs the background work.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        market: Market,
        pool: QueryPool | None,
        supervisor: Supervisor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._market = market
        self._pool = pool
        self._supervisor = supervisor
        self._clock = clock
        self._asked_at: float | None = None
        self._start_again(None)

    def _start_again(self, source: tuple[Session, int] | None) -> None:
        # The session, and how often the table had been emptied: rows are of both.
        self._source = source
        self._grid = CloseGrid(source[0].start if source else 0)
        self._loading: asyncio.Task[bool] | None = None
        # When stored closes may be asked for, by the clock.
        self._load_at = self._clock()
        self._is_whole = False

    async def lines(self, symbols: Iterable[str]) -> Lines:
        """The sparklines of symbols; without those that have not traded on the day.

        Raises:
            InvalidValueError: a key holds something else.
            RedisError: Redis refuses, or does not answer.
        """
        self._asked_at = self._clock()
        table = await self._update()
        if loading := self._load_if_needed():
            await asyncio.wait([loading], timeout=_TIMEOUT)
            table = await self._update()
        if self._source is None:
            return Lines(None, 0, self._grid.step, {})
        session, _ = self._source
        rows = {symbol: row for symbol in symbols if (row := table.row(symbol)) is not None}
        closes = {symbol: self._grid.line(row) for symbol, row in rows.items()}
        return Lines(session, self._grid.start, self._grid.step, closes)

    async def run(self) -> None:
        """Keep them up until cancelled, while they are asked for."""
        try:
            await self._supervisor.every(_INTERVAL, "sparklines", self.keep_up)
        finally:
            if self._loading:
                self._loading.cancel()

    async def keep_up(self) -> None:
        """Take the present closes, or drop all if nobody has asked for some minutes."""
        if self._asked_at is None:
            return
        if self._clock() - self._asked_at > _WARM:
            self._asked_at = None
            self._start_again(None)
            return
        # The next request fails in the same way, and says so.
        with suppress(RedisError, InvalidValueError):
            await self._update()

    async def _update(self) -> MarketTable:
        table = await self._market.caught_up()
        source = (table.session, table.resets) if table.session and len(table) else None
        if source != self._source:
            self._start_again(source)
        if source:
            ends = table.column("end_timestamp")
            in_session = table.column("start_timestamp") >= self._grid.start
            self._grid.put(int(ends.max()), np.where(in_session, table.column("close"), np.nan))
        return table

    # --- stored closes

    def _load_if_needed(self) -> asyncio.Task[bool] | None:
        if self._pool is None or self._is_whole or self._grid.first == 0:
            return None
        if self._loading is None and self._clock() >= self._load_at:
            self._load_at = self._clock() + _RETRY
            self._loading = asyncio.create_task(self._supervisor.attempt("stored sparklines", self._load))
            self._loading.add_done_callback(self._on_loaded)
        return self._loading

    def _on_loaded(self, task: asyncio.Task[bool]) -> None:
        if self._loading is task:
            self._loading = None

    async def _load(self) -> None:
        assert self._pool
        assert self._source
        source, grid = self._source, self._grid
        query = FindCloses(source[0].day, grid.start, grid.step, grid.first)
        try:
            found = _decode(await self._pool.answer(query))
        except HTTPException as error:
            log.warning("sparklines begin with the first request for them: %s", error.detail)
            return
        table = await self._update()
        if (source, grid.step) != (self._source, query.step):
            # The next request asks for what is lacking now.
            self._load_at = self._clock()
            return
        closes = np.frombuffer(found.closes, "<f8").reshape(len(found.symbols), query.count)
        rows = {n: row for n, symbol in enumerate(found.symbols) if (row := table.row(symbol)) is not None}
        grid.fill([*rows.values()], closes[[*rows]])
        self._is_whole = True
