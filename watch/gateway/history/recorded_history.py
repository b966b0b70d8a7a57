"""The gateway's part that knows the past: queries over recorded days, and today's candles up to now."""

import asyncio
from dataclasses import dataclass
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
from leaderboard.sessions import Session, session_of
from leaderboard.shards import Shards
from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.history.live_candles import LiveCandles
from watch.gateway.history.market_queries import (
    FindBoard,
    FindMarket,
    FindRanks,
    FindRun,
    PastBoard,
    PastMarket,
    PastRanks,
    PastSecond,
)
from watch.gateway.history.queries import FindCandles, FindCandlesAt, FindDays, FindLines, PastLines, packed
from watch.gateway.history.query_pool import QueryPool
from watch.gateway.history.tape_tails import TapeTails
from watch.gateway.responses import InvalidParameterError
from watch.gateway.supervisor import Supervisor

#: What is answered where nothing is recorded.
NO_HISTORY = "no history is recorded here: HISTORY_DIR is not set"

_NOBODY = "nobody records now, so what was published then is not known"

# Milliseconds without a publication after which, if nobody records, some may be missing.
_QUIET = 60_000

_decode_board = msgspec.json.Decoder(PastBoard).decode
_decode_market = msgspec.json.Decoder(PastMarket).decode
_decode_ranks = msgspec.json.Decoder(PastRanks).decode
_decode_lines = msgspec.json.Decoder(PastLines).decode
_decode_run = msgspec.json.Decoder(list[PastSecond]).decode


class RecordedHistory:
    """What is recorded on this machine.

    Args:
        folder: where history is recorded.
        shards: the servers of the boards.
        supervisor: runs the background work.
        interval: seconds between two published ticks.

    Attributes:
        pool: answers queries.
        live: the feeds of live candles.
    """

    def __init__(self, folder: Path, shards: Shards[Redis], supervisor: Supervisor, interval: float) -> None:
        # What is published is on the first one, and so is each tick's entry.
        self._redis = shards.first
        self._interval = interval
        self._tails = TapeTails(shards, supervisor)
        self.pool = QueryPool(folder)
        self.live = LiveCandles(self._tails, self.pool, supervisor)

    async def run(self) -> None:
        """Keep today's candles up until cancelled, while somebody asks for them."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tails.run())
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
            tail = self._tails.of(symbol)
            await tail.caught_up()
            live = packed(tail.bars(symbol, day))
            query = replace(query, live=live, is_recorded=tail.is_recorded)
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

    async def run_of_seconds(self, query: FindRun, address: ClientAddress) -> list[PastSecond]:
        """Boards, screens and quotes as they stood at a run of seconds: at those of them that are stored.

        Args:
            query: what is wanted of which seconds.
            address: of the client.

        Raises:
            InvalidParameterError: the first second has not come yet.
            HTTPException: there is no answer now, as where the first second is not stored yet (503).
            InvalidValueError, RedisError: the boards' Redis cannot be read.
        """
        stored = await self._stored()
        stored.check(query.seconds[0], self._interval)
        seconds = tuple(at for at in query.seconds if stored.has(at, self._interval))
        found = _decode_run(await self.pool.answer(replace(query, seconds=seconds), address))
        return [stored.judged(second) for second in found]

    async def ranks(self, query: FindRanks, address: ClientAddress) -> PastRanks:
        """Where the symbols of a board stood before a second: raises what :meth:`market` does.

        Args:
            query: which board, and when.
            address: of the client.
        """
        await self._check_stored(query.at)
        return _decode_ranks(await self.pool.answer(query, address))

    async def lines(self, query: FindLines, address: ClientAddress) -> PastLines:
        """Sparklines as they stood at a second: raises what :meth:`market` does.

        Args:
            query: whose, and when.
            address: of the client.
        """
        await self._check_stored(query.at)
        return _decode_lines(await self.pool.answer(query, address))

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
        stored = await self._stored()
        stored.check(at, self._interval)
        return stored.may_lack(at)

    async def _stored(self) -> "_Stored":
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            # Of the tape's entries, the first one is stored.
            pipe.xrange(keys.TAPE, count=2)
            pipe.get(keys.SESSION)
            pipe.exists(keys.RECORDING)
            now, entries, session, is_recorded = await pipe.execute(raise_on_error=False)
        seconds, microseconds = redis_values.checked("", now, "the time")
        waiting = redis_values.checked(keys.TAPE, entries, "a stream")[1:]
        times = [seconds * 1000 + microseconds // 1000, *(int(fields[b"t"]) for _, fields in waiting)]
        is_recorded = bool(redis_values.checked(keys.RECORDING, is_recorded, "a flag"))
        return _Stored(seconds, min(times), redis_values.session(session), is_recorded)


@dataclass(frozen=True)
class _Stored:
    """What is stored now.

    Attributes:
        now: Unix seconds, by the boards' Redis.
        until: what was published before it is, Unix milliseconds.
        session: that the boards show now.
        is_recorded: whether somebody records.
    """

    now: int
    until: int
    session: Session | None
    is_recorded: bool

    def has(self, at: int, interval: float) -> bool:
        """Whether a second is stored."""
        # The tick of the second's slot is published within it.
        return self.until >= round((slot_of(at, interval) + 1) * interval * 1000)

    def check(self, at: int, interval: float) -> None:
        """Check that a second is stored.

        Raises:
            InvalidParameterError: that second has not come yet.
            HTTPException: it is not stored yet; the answer is 503.
        """
        if at // 1000 > self.now:
            raise InvalidParameterError("at", "at: that second has not come yet", 400)
        if not self.has(at, interval):
            raise HTTPException(503, "that second is not stored yet", {"Retry-After": "5"})

    def may_lack(self, at: int) -> bool:
        """Whether some of a second may be missing: its day goes on, and nobody records."""
        is_of_today = self.session is not None and session_of(at).day == self.session.day
        return is_of_today and not self.is_recorded

    def judged(self, second: PastSecond) -> PastSecond:
        """A second of a run, unknown where what was published last may not be of it."""
        is_old = second.market is not None and second.at - second.market.published_at > _QUIET
        return PastSecond(second.at, unknown=_NOBODY) if is_old and self.may_lack(second.at) else second


def _check_recorded(at: int, published_at: int) -> None:
    """Check that what was published last is of a second, where nobody records the day.

    Raises:
        HTTPException: it may not be; the answer is 404.
    """
    if at - published_at > _QUIET:
        raise HTTPException(404, _NOBODY)
