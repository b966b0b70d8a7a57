"""The HTTP API: the boards, quotes and the market's status, read from Redis as they were published."""

from typing import Annotated, Any, Literal, cast

from msgspec import Meta, Raw, Struct
from redis.asyncio import Redis
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leaderboard import keys
from leaderboard.boards import BOARDS, BY_NAME, Board, Holds, Order
from leaderboard.connections import redis_values
from leaderboard.event import is_symbol
from watch.gateway.http.board_filter import BoardFilter
from watch.gateway.http.market_status import MarketStatus, Milliseconds, ShownSession
from watch.gateway.responses import InvalidParameterError, json_response


class BoardDescription(Struct):
    """A board as it is declared, and how many rows it has now."""

    name: str
    title: str
    caption: Annotated[str, Meta(description="What ranks it, in words")]
    field: Annotated[str, Meta(description="The field of its rows that ranks it")]
    order: Order
    holds: Annotated[Holds, Meta(description="Which symbols: those that traded on the day, or in the session")]
    conditions: Annotated[list[str], Meta(description="What its rows must satisfy besides")]
    change_since: Annotated[Literal["close", "open"], Meta(description="Which change to show beside its rows")]
    rows: int

    @classmethod
    def of(cls, board: Board, rows: int) -> "BoardDescription":
        return cls(
            name=board.name,
            title=board.title,
            caption=board.caption,
            field=board.field,
            order=board.order,
            holds=board.holds,
            conditions=[],
            change_since=board.change_since,
            rows=rows,
        )


class BoardsAnswer(Struct):
    """What ``/api/boards`` answers."""

    boards: list[BoardDescription]


class BoardAnswer(Struct):
    """What ``/api/boards/{name}`` answers."""

    board: Annotated[str, Meta(extra_json_schema={"enum": list(BY_NAME)})]
    session: ShownSession | None
    published_at: Milliseconds | None
    rows: Annotated[list[Raw], Meta(extra_json_schema={"items": {"$ref": "#/components/schemas/RankedQuote"}})]


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
        boards = [
            BoardDescription.of(board, len(every_row.rows(board.scanner, snapshot)))
            for board, snapshot in zip(BOARDS, snapshots, strict=True)
        ]
        return json_response(BoardsAnswer(boards))

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
        answer = BoardAnswer(
            board=board.name,
            session=ShownSession.of(redis_values.session(session)),
            published_at=redis_values.whole_number(keys.SNAPSHOT, published_at),
            rows=board_filter.rows(board.scanner, snapshot),
        )
        return json_response(answer)

    async def quote(self, request: Request) -> Response:
        symbol = request.path_params["symbol"]
        if not is_symbol(symbol):
            raise InvalidParameterError("symbol", f"{symbol[:64]!r} is no symbol")
        quote = await redis_values.read_json(self._redis, keys.quote(symbol))
        if quote is None:
            raise HTTPException(404, f"there is no quote of {symbol}")
        return Response(quote, media_type="application/json")

    async def status(self, request: Request) -> Response:
        return json_response(await self._status.read())
