"""The gateway's copy of the whole market, for requests that boards cannot answer."""

import asyncio
import secrets
from dataclasses import replace

import numpy as np
from redis.asyncio import Redis

from leaderboard.fields import WINDOWS
from leaderboard.market.change_feed import Changes
from leaderboard.market.market_feed import AsyncMarketFeed
from leaderboard.market.table import MarketTable, Numbers
from leaderboard.market.windows import Windows, slot_of
from leaderboard.sessions import Session
from leaderboard.shards import Shards
from leaderboard.store.snapshots import answer_time
from watch.gateway.shared_refresh import SharedRefresh
from watch.gateway.supervisor import Supervisor

# Seconds after the last request in which refreshes go on.
_WARM = 300.0
# Rows that are parsed at a time: some 4 ms, in which nothing else of the gateway goes on.
_CHUNK = 250


class Market:
    """The table of the market, kept up by the change feed while somebody asks for it.

    The first request loads it. From then on it is refreshed each second, so that a request has little to wait for,
    until there were no requests for some minutes. Then it is dropped.

    Args:
        shards: the servers of the boards.
        supervisor: runs the background work.
        interval: seconds between two published ticks.

    Attributes:
        version: differs wherever the table does.
    """

    def __init__(self, shards: Shards[Redis], supervisor: Supervisor, interval: float) -> None:
        self._shards = shards
        self._interval = interval
        self._feed = AsyncMarketFeed(shards, answer_time(interval))
        self._shared = SharedRefresh("the market's table", supervisor, self._refresh, self._forget, warm=_WARM)
        self._forget()

    def _forget(self) -> None:
        self._table = MarketTable(len(self._shards))
        self._windows = Windows(self._table, self._interval)
        # Rises with each change of the table or of its windows. It begins with a random number, because Redis may
        # use a revision again after a restart or a loss of data.
        self.version = secrets.randbits(64)
        # Up to what the table is complete, also where a refresh was cut short.
        self._since: tuple[int, ...] = ()
        self._session: Session | None = None

    async def caught_up(self) -> MarketTable:
        """The table, with all that had changed when this was called. It stays as it is until the next await.

        Requests that come together share one refresh, which begins after they came.

        Raises:
            InvalidValueError: a key holds something else.
            RedisError: Redis refuses, or does not answer.
        """
        await self._shared.caught_up()
        return self._table

    async def run(self) -> None:
        """Keep the table warm until cancelled."""
        await self._shared.run()

    async def _refresh(self) -> None:
        before_since, before_session = self._since, self._session
        changes = await self._feed.read(before_since, before_session, self._table.away)
        if changes.since == 0:
            # The first chunk empties the table: if this is cancelled before the last one, all is read again.
            self._since, self._session = (), None
        for chunk in _chunks(changes):
            self._table.apply(chunk)
            await asyncio.sleep(0)
        before = self._values_of_windows()
        await self._windows.read_async(self._shards.first, slot_of(changes.time, self._interval))
        is_same = (before_since, before_session) == (changes.positions, changes.session)
        self._since, self._session = changes.positions, changes.session
        if self._windows.misses_ticks:
            # Redis may have lost data, and its revision have passed the table's since: read all the next time.
            self._since, self._session = (), None
        if not (is_same and np.array_equal(before, self._values_of_windows(), equal_nan=True)):
            self.version += 1

    def _values_of_windows(self) -> Numbers:
        return np.stack([self._table.column(window.name) for window in WINDOWS])


def _chunks(changes: Changes) -> list[Changes]:
    """Changes in pieces. Only the first may empty the table."""
    chunks = []
    for start in range(0, max(1, len(changes.symbols)), _CHUNK):
        part = slice(start, start + _CHUNK)
        chunks.append(
            replace(
                changes,
                since=1 if start else changes.since,
                symbols=changes.symbols[part],
                revisions=changes.revisions[part],
                quotes=changes.quotes[part],
            )
        )
    return chunks
