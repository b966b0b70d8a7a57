"""The HTTP API: the boards, quotes and the market's status, read from Redis as they were published."""

from typing import Any, cast

from redis.asyncio import Redis
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leaderboard import keys
from leaderboard.boards import BOARDS, BY_NAME, Board
from leaderboard.event import is_symbol
from watch.gateway import redis_values
from watch.gateway.http.board_filter import BoardFilter
from watch.gateway.http.market_status import MarketStatus, shown_session
from watch.gateway.http.responses import InvalidParameterError, json_response


class Api:
    """The endpoints.

    Args:
        redis: of the boards.
        clock: ``wall`` or ``events``: whose time the boards follow.
    """

    def __init__(self, redis: Redis, clock: str) -> None:
        self._redis = redis
        self._status = MarketStatus(redis, clock)

    async def boards(self, request: Request) -> Response:
        snapshots = cast(list[Any], await self._redis.mget([board.scanner for board in BOARDS]))
        every_row = BoardFilter()
        return json_response(
            {
                "boards": [
                    _description(board) | {"rows": len(every_row.rows(board.scanner, snapshot))}
                    for board, snapshot in zip(BOARDS, snapshots, strict=True)
                ]
            }
        )

    async def board(self, request: Request) -> Response:
        board = BY_NAME.get(name := request.path_params["name"])
        if board is None:
            raise HTTPException(404, f"there is no board {name!r}: there are {', '.join(BY_NAME)}")
        board_filter = BoardFilter.parse(request.query_params)
        # Redis runs what comes in one piece in one go. A transaction it would refuse while its memory is full.
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(board.scanner)
            pipe.get(keys.SESSION)
            pipe.hget(keys.SNAPSHOT, "published_at")
            snapshot, session, published_at = await pipe.execute(raise_on_error=False)
        rows = board_filter.rows(board.scanner, snapshot)
        return json_response({"board": board.name, **shown_session(session, published_at), "rows": rows})

    async def quote(self, request: Request) -> Response:
        symbol = request.path_params["symbol"]
        if not is_symbol(symbol):
            raise InvalidParameterError("symbol", f"{symbol[:64]!r} is no symbol")
        quote = await redis_values.read_json(self._redis, keys.quote(symbol))
        if quote is None:
            raise HTTPException(404, f"there is no quote of {symbol}")
        return Response(quote, media_type="application/json")

    async def status(self, request: Request) -> Response:
        return json_response({**await self._status.read(), "boards": list(BY_NAME)})


def _description(board: Board) -> dict[str, Any]:
    return {
        "name": board.name,
        "title": board.title,
        "caption": board.caption,
        "field": board.field,
        "order": board.order,
        "holds": board.holds,
        "conditions": [],
        "change_since": board.change_since,
    }
