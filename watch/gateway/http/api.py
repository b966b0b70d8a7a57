"""The HTTP endpoints: boards as published, filtered; single quotes; what stands behind them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Raw, Struct
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis.asyncio import Redis
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leaderboard import keys
from leaderboard.boards import BY_NAME
from leaderboard.event import is_symbol
from leaderboard.sessions import NEW_YORK, Session
from watch.gateway import redis_values
from watch.gateway.http.newest import NewestBar
from watch.gateway.redis_values import InvalidValueError

_encode = msgspec.json.Encoder().encode

Amount = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]


class Filters(BaseModel):
    """Which rows of a board are wanted; all of the conditions given hold for each.

    They choose among the rows that are published, and ranks stay those of the whole board.
    """

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int | None, Field(ge=1, description="Rows at most, best first, after the filters")] = None
    min_price: Amount = Field(None, description="Least price, dollars")
    max_price: Amount = Field(None, description="Greatest price, dollars")
    max_float: Amount = Field(
        None, description="Greatest free float, shares; symbols of unknown float are left out"
    )
    min_relative_volume: Amount = Field(None, description="Least volume of the day in average volumes")
    min_volume: Amount = Field(None, description="Least volume of the day, shares")

    def keeps(self, row: "_Figures") -> bool:
        return (
            (self.min_price is None or row.close >= self.min_price)
            and (self.max_price is None or row.close <= self.max_price)
            and (self.max_float is None or 0 < row.free_float <= self.max_float)
            and (self.min_relative_volume is None or row.relative_volume >= self.min_relative_volume)
            and (self.min_volume is None or row.accumulated_volume >= self.min_volume)
        )


class _Figures(Struct):
    close: float
    free_float: float
    relative_volume: float
    accumulated_volume: float


_FIGURES = msgspec.json.Decoder(list[_Figures])
_RAW_ROWS = msgspec.json.Decoder(list[Raw])


class Api:
    """The endpoints.

    Args:
        redis: of the boards.
        clock: ``wall`` or ``events``: whose time the boards follow.
    """

    def __init__(self, redis: Redis, clock: str) -> None:
        self._redis = redis
        self._clock = clock
        self._newest = NewestBar(redis)

    async def board(self, request: Request) -> Response:
        board = BY_NAME.get(name := request.path_params["name"])
        if board is None:
            raise HTTPException(404, f"there is no board {name!r}: there are {', '.join(BY_NAME)}")
        filters = _filters(request)
        # No transaction, which a server whose memory is full would refuse; what comes in one piece runs in one go.
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(board.scanner)
            pipe.get(keys.SESSION)
            pipe.hget(keys.SNAPSHOT, "published_at")
            held, session, published_at = await pipe.execute(raise_on_error=False)
        rows = _chosen(board.scanner, held, filters)
        return _json({"board": board.name, **_state(session, published_at), "rows": rows})

    async def quote(self, request: Request) -> Response:
        symbol = request.path_params["symbol"]
        if not is_symbol(symbol):
            raise _Unprocessable("symbol", f"{symbol[:64]!r} is no symbol")
        held = await redis_values.read_json(self._redis, keys.quote(symbol))
        if held is None:
            raise HTTPException(404, f"there is no quote of {symbol}")
        return Response(held, media_type="application/json")

    async def status(self, request: Request) -> Response:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(keys.SESSION)
            pipe.hget(keys.SNAPSHOT, "published_at")
            pipe.time()
            session, published_at, time = await pipe.execute(raise_on_error=False)
        seconds, microseconds = redis_values.answer("", time, "the time")
        now = seconds * 1000 + microseconds // 1000
        state = _state(session, published_at)
        newest = await self._newest.end(state["published_at"])
        market = now if self._clock == "wall" else newest
        told = {**state, **_hours(redis_values.session(session), market), "now": now, "newest_bar": newest}
        return _json({**told, "clock": self._clock, "boards": list(BY_NAME)})


class _Unprocessable(HTTPException):
    """A parameter is wrong."""

    def __init__(self, parameter: str, sentence: str) -> None:
        super().__init__(422, sentence)
        self.parameter = parameter


def _filters(request: Request) -> Filters:
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise _Unprocessable(name, f"{name:.80}: given more than once")
        given[name] = value
    try:
        return Filters.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        raise _Unprocessable(name, f"{name:.80}: {problem['msg']}, got {problem['input']!r:.80}") from None


def _chosen(key: str, told: Any, filters: Filters) -> list[Raw]:
    snapshot = redis_values.json(key, told) or b"[]"
    try:
        rows = _RAW_ROWS.decode(snapshot)
        figures = _FIGURES.decode(snapshot)
    except msgspec.DecodeError:
        raise InvalidValueError(key, "a board") from None
    return [row for row, each in zip(rows, figures, strict=True) if filters.keeps(each)][: filters.limit]


def _state(number: Any, published_at: Any) -> dict[str, Any]:
    """The session that the boards show, and when they were last published."""
    session = redis_values.session(number)
    return {
        "session": session and {"day": session.day.isoformat(), "phase": session.phase.name.lower()},
        "published_at": redis_values.whole(keys.SNAPSHOT, published_at),
    }


def _hours(session: Session | None, market: int | None) -> dict[str, Any]:
    """The hours that the market is in, and when those of the session's day end, in New York.

    Args:
        session: that the boards show; None before the first.
        market: the market's time, Unix milliseconds; None: nobody knows it.
    """
    if not session:
        return {"hours": None, "close": None, "trading_end": None}
    return {
        "hours": session.hours(market if market is not None else session.start),
        "close": _time_of_day(session.close),
        "trading_end": _time_of_day(session.trading_end),
    }


def _time_of_day(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant / 1000, NEW_YORK):%H:%M}"


def _json(content: Any, status: int = 200) -> Response:
    return Response(_encode(content), status, media_type="application/json")


async def refusal(request: Request, error: Exception) -> Response:
    """What is told where a request cannot be answered: ``error``, and ``parameter`` where one is to blame."""
    assert isinstance(error, HTTPException)
    content = {"error": error.detail}
    if isinstance(error, _Unprocessable):
        content["parameter"] = error.parameter
    response = _json(content, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def unreachable(request: Request, error: Exception) -> Response:
    """What is told where Redis fails."""
    return _json({"error": "the boards cannot be reached at the moment"}, 503)


async def unreadable(request: Request, error: Exception) -> Response:
    """What is told where Redis holds something else."""
    return _json({"error": str(error)}, 503)
