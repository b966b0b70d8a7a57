"""Where the market is: the session that the boards show, its hours, and the newest bar."""

from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.sessions import NEW_YORK, Session
from watch.gateway import redis_values

# Unix milliseconds. Nothing later is a bar's end.
_LATEST = 253_402_300_799_000


class MarketStatus:
    """What ``/api/status`` answers.

    Args:
        redis: of the boards.
        clock: ``wall`` or ``events``: whose time the boards follow.
    """

    def __init__(self, redis: Redis, clock: str) -> None:
        self._redis = redis
        self._clock = clock
        self._newest_bar = NewestBar(redis)

    async def read(self) -> dict[str, Any]:
        """The status now, by the clock of Redis.

        Raises:
            InvalidValueError: a key holds something else.
            RedisError: Redis refuses, or does not answer.
        """
        # No transaction: a server whose memory is full would refuse it.
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(keys.SESSION)
            pipe.hget(keys.SNAPSHOT, "published_at")
            pipe.time()
            session, published_at, time = await pipe.execute(raise_on_error=False)
        seconds, microseconds = redis_values.answer("", time, "the time")
        now = seconds * 1000 + microseconds // 1000
        shown = shown_session(session, published_at)
        newest = await self._newest_bar.end(shown["published_at"])
        market_time = now if self._clock == "wall" else newest
        hours = _hours(redis_values.session(session), market_time)
        return {**shown, **hours, "now": now, "newest_bar": newest, "clock": self._clock}


def shown_session(number: Any, published_at: Any) -> dict[str, Any]:
    """The session that the boards show, and when they were last published, from Redis's replies."""
    session = redis_values.session(number)
    return {
        "session": session and {"day": session.day.isoformat(), "phase": session.phase.name.lower()},
        "published_at": redis_values.whole(keys.SNAPSHOT, published_at),
    }


def _hours(session: Session | None, market_time: int | None) -> dict[str, Any]:
    """The hours that the market is in, and when those of the session's day end, in New York.

    Args:
        session: that the boards show; None before the first.
        market_time: Unix milliseconds; None if unknown.
    """
    if not session:
        return {"hours": None, "close": None, "trading_end": None}
    return {
        "hours": session.hours(market_time if market_time is not None else session.start),
        "close": _time_of_day(session.close),
        "trading_end": _time_of_day(session.trading_end),
    }


def _time_of_day(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant / 1000, NEW_YORK):%H:%M}"


class _Bar(Struct):
    end_timestamp: float


_BARS = msgspec.json.Decoder(list[_Bar])


class NewestBar:
    """When the newest bar on any board ended, read once for each snapshot.

    A single board may hold symbols that trade seldom; all boards together follow the market.

    Args:
        redis: of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._published_at: int | None = None
        self._end: int | None = None

    async def end(self, published_at: int | None) -> int | None:
        """Unix milliseconds; None if the boards are empty.

        Args:
            published_at: when the boards were last published, by Redis.
        """
        if published_at != self._published_at:
            boards = cast(list[bytes | None], await self._redis.mget([board.scanner for board in BOARDS]))
            ends = [end for board in boards if board for end in _ends(board)]
            self._published_at, self._end = published_at, max(ends, default=None)
        return self._end


def _ends(board: bytes) -> list[int]:
    try:
        bars = _BARS.decode(board)
    except (msgspec.DecodeError, RecursionError):
        # Whoever asks for that board is told. The other boards give the time.
        return []
    return [int(bar.end_timestamp) for bar in bars if 0 < bar.end_timestamp <= _LATEST]
