"""The gateway's part that knows the past: queries over recorded days, and today's candles up to now."""

import asyncio
from datetime import date
from pathlib import Path

import msgspec
from msgspec.structs import replace
from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from history.queries.candles import Interval
from leaderboard import keys
from leaderboard.connections import redis_values
from leaderboard.market.windows import slot_of
from leaderboard.sessions import session_of
from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.history.live_candles import LiveCandles
from watch.gateway.history.queries import (
    FindBoard,
    FindCandles,
    FindCandlesAt,
    FindDays,
    FindMarket,
    PastBoard,
    PastMarket,
    packed,
)
from watch.gateway.history.query_pool import QueryPool
from watch.gateway.history.tape_tail import TapeTail
from watch.gateway.responses import InvalidParameterError
from watch.gateway.supervisor import Supervisor

#: What is answered where nothing is recorded.
NO_HISTORY = "no history is recorded here: HISTORY_DIR is not set"

# Milliseconds without a publication after which, if nobody records, some may be missing.
_QUIET = 60_000

_decode_board = msgspec.json.Decoder(PastBoard).decode
_decode_market = msgspec.json.Decoder(PastMarket).decode


class RecordedHistory:
    """What is recorded on this machine.

    Args:
        folder: where history is recorded.
        redis: of the boards.
        supervisor: runs the background work.
        interval: seconds between two published ticks.

    Attributes:
        pool: answers queries.
        live: the feeds of live candles.
    """

    def __init__(self, folder: Path, redis: Redis, supervisor: Supervisor, interval: float) -> None:
        self._redis = redis
        self._interval = interval
        self._tail = TapeTail(redis, supervisor)
        self.pool = QueryPool(folder)
        self.live = LiveCandles(self._tail, self.pool, supervisor)

    async def run(self) -> None:
        """Keep today's candles up until cancelled, while somebody asks for them."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tail.run())
                tasks.create_task(self.live.run())
        finally:
            await self.pool.close()

    async def candles(
        self,
        symbol: str,
        day: date | None,
        interval: Interval,
        address: ClientAddress,
        *,
        is_csv: bool,
    ) -> bytes:
        """A symbol's candles of a day, as JSON or CSV; those of the boards' day up to now.

        Args:
            symbol: whose.
            day: the trading day; None: that of the boards.
            interval: of the candles.
            address: of the client.
            is_csv: whether they are wanted as CSV.

        Raises:
            HTTPException: nothing is recorded of that day (404), or there is no answer at the moment (503).
            InvalidValueError, RedisError: the boards' Redis cannot be read.
        """
        present = redis_values.session(await self._redis.get(keys.SESSION))
        day = day or (present.day if present else None)
        if day is None:
            raise HTTPException(404, "no day has begun yet")
        query = FindCandles(symbol, day, interval, is_csv=is_csv)
        if present and day == present.day:
            await self._tail.caught_up()
            live = packed(self._tail.bars(symbol, day))
            query = replace(query, live=live, is_recorded=self._tail.is_recorded)
        return await self.pool.answer(query, address)

    async def candles_at(
        self, symbol: str, at: int, interval: Interval, address: ClientAddress, *, is_csv: bool
    ) -> bytes:
        """A symbol's candles as they stood at a second, as JSON or CSV.

        Args:
            symbol: whose.
            at: the second, Unix milliseconds.
            interval: of the candles.
            address: of the client.
            is_csv: whether they are wanted as CSV.

        Raises:
            InvalidParameterError: that second has not come yet.
            HTTPException: it is not known what was published then (404), or there is no answer now (503).
            InvalidValueError, RedisError: the boards' Redis cannot be read.
        """
        await self._check_stored(at)
        return await self.pool.answer(FindCandlesAt(symbol, at, interval, is_csv=is_csv), address)

    async def board(self, name: str, at: int, address: ClientAddress) -> PastBoard:
        """A board or screen as it was published at a second.

        Args:
            name: of the board or screen.
            at: the second, Unix milliseconds.
            address: of the client.

        Raises:
            InvalidParameterError: that second has not come yet.
            HTTPException: it is not known what was published then (404), or there is no answer now (503).
            InvalidValueError, RedisError: the boards' Redis cannot be read.
        """
        may_be_missing = await self._check_stored(at)
        found = _decode_board(await self.pool.answer(FindBoard(name, at), address))
        if may_be_missing:
            _check_recorded(at, found.published_at)
        return found

    async def market(self, query: FindMarket, address: ClientAddress) -> PastMarket:
        """Boards, screens and quotes as they stood at a second.

        Args:
            query: what is wanted of which second.
            address: of the client.

        Raises:
            InvalidParameterError: that second has not come yet.
            HTTPException: it is not known what was published then (404), or there is no answer now (503).
            InvalidValueError, RedisError: the boards' Redis cannot be read.
        """
        may_be_missing = await self._check_stored(query.at)
        found = _decode_market(await self.pool.answer(query, address))
        if may_be_missing:
            _check_recorded(query.at, found.published_at)
        return found

    async def days(self, address: ClientAddress) -> bytes:
        """The recorded days as JSON.

        Args:
            address: of the client.

        Raises:
            HTTPException: there is no answer now (503).
        """
        return await self.pool.answer(FindDays(), address)

    async def _check_stored(self, at: int) -> bool:
        """Check that what was recorded until a second's end is stored.

        Returns:
            Whether some may be missing: the day goes on, and nobody records.
        """
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            # Of the tape's entries, the first one is stored.
            pipe.xrange(keys.TAPE, count=2)
            pipe.get(keys.SESSION)
            pipe.exists(keys.RECORDING)
            now, entries, session, is_recorded = await pipe.execute(raise_on_error=False)
        seconds, microseconds = redis_values.checked("", now, "the time")
        # The tick of the second's slot is published within it.
        end = round((slot_of(at, self._interval) + 1) * self._interval * 1000)
        if at // 1000 > seconds:
            raise InvalidParameterError("at", "at: that second has not come yet", 400)
        waiting = redis_values.checked(keys.TAPE, entries, "a stream")[1:]
        times = [seconds * 1000 + microseconds // 1000, *(int(fields[b"t"]) for _, fields in waiting)]
        if min(times) < end:
            raise HTTPException(503, "that second is not stored yet", {"Retry-After": "5"})
        present = redis_values.session(session)
        is_of_today = present is not None and session_of(at).day == present.day
        return is_of_today and not redis_values.checked(keys.RECORDING, is_recorded, "a flag")


def _check_recorded(at: int, published_at: int) -> None:
    """Check that what was published last is of a second, where nobody records the day.

    Raises:
        HTTPException: it may not be; the answer is 404.
    """
    if at - published_at > _QUIET:
        raise HTTPException(404, "nobody records now, so what was published then is not known")
