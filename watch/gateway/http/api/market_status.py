"""Where the market is: the session that the boards show, its hours, and the newest bar."""

from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Struct
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response

from leaderboard import keys
from leaderboard.boards import BOARDS, BY_NAME
from leaderboard.connections import redis_values
from leaderboard.sessions import NEW_YORK, Hours, Session
from watch.gateway.http.api.answers.board_session import Milliseconds, ShownSession
from watch.gateway.responses import json_response

# Unix milliseconds. Nothing later is a bar's end.
_LATEST = 253_402_300_799_000


class StatusAnswer(Struct):
    """What ``/api/status`` answers."""

    session: ShownSession | None
    published_at: Milliseconds | None
    hours: Annotated[Hours | None, Meta(description="The hours that the market is in, by its clock")]
    close: Annotated[str | None, Meta(description="HH:MM in New York at which the regular hours of the day end")]
    trading_end: Annotated[
        str | None, Meta(description="HH:MM in New York at which the after hours of the day end")
    ]
    now: Milliseconds
    newest_bar: Annotated[
        int | None, Meta(description="When the newest bar on any board ended, Unix milliseconds")
    ]
    windows_since: Annotated[
        int | None,
        Meta(description="Since when rows are recorded for fields like pct_change_5m, Unix milliseconds"),
    ]
    clock: Annotated[str, Meta(extra_json_schema={"enum": ["wall", "events"]})]
    boards: list[str]


class MarketStatus:
    """Reads the status from Redis.

    Args:
        redis: of the boards.
        clock: ``wall`` or ``events``: whose time the boards follow.
    """

    def __init__(self, redis: Redis, clock: str) -> None:
        self._redis = redis
        self._clock = clock
        self._newest_bar: int | None = None
        # When the snapshot was published of which the newest bar was read.
        self._newest_bar_of: int | None = None

    async def endpoint(self, request: Request) -> Response:
        """``/api/status``."""
        return json_response(await self.read())

    async def read(self) -> StatusAnswer:
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
            pipe.hget(keys.SCREENS_STATE, "windows_since")
            replies = await pipe.execute(raise_on_error=False)
        seconds, microseconds = redis_values.checked("", replies[2], "the time")
        now = seconds * 1000 + microseconds // 1000
        session = redis_values.session(replies[0])
        published_at = redis_values.whole_number(keys.SNAPSHOT, replies[1])
        newest = await self._read_newest_bar(published_at)
        return StatusAnswer(
            session=ShownSession.of(session),
            published_at=published_at,
            hours=_hours(session, now if self._clock == "wall" else newest),
            close=_time_of_day(session.close) if session else None,
            trading_end=_time_of_day(session.trading_end) if session else None,
            now=now,
            newest_bar=newest,
            windows_since=redis_values.whole_number(keys.SCREENS_STATE, replies[3]),
            clock=self._clock,
            boards=list(BY_NAME),
        )

    async def _read_newest_bar(self, published_at: int | None) -> int | None:
        """When the newest bar on any board ended, Unix milliseconds; None if the boards are empty.

        It is read once for each snapshot. A single board may hold symbols that trade seldom; all boards together
        follow the market.
        """
        if published_at != self._newest_bar_of:
            boards = cast(list[Any], await self._redis.mget([board.scanner for board in BOARDS]))
            ends = [end for board in boards if board for end in _ends(board)]
            self._newest_bar_of, self._newest_bar = published_at, max(ends, default=None)
        return self._newest_bar


def _hours(session: Session | None, market_time: int | None) -> Hours | None:
    if session is None:
        return None
    return session.hours(market_time if market_time is not None else session.start)


def _time_of_day(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant / 1000, NEW_YORK):%H:%M}"


class _Bar(Struct):
    end_timestamp: float


_BARS = msgspec.json.Decoder(list[_Bar])


def _ends(board: bytes) -> list[int]:
    try:
        bars = _BARS.decode(board)
    except (msgspec.DecodeError, RecursionError):
        # A request for that board fails and says so; here the other boards are enough.
        return []
    return [int(bar.end_timestamp) for bar in bars if 0 < bar.end_timestamp <= _LATEST]
