"""The boards and screens over HTTP, read from Redis as they were published."""

import re
from typing import Annotated, Any, Literal, cast

from msgspec import Meta, Struct
from redis.asyncio import Redis
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leaderboard import boards, keys
from leaderboard.boards import Holds, Order
from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.fields import NAMES, SCREEN_NAMES
from leaderboard.screens.definition import BOARDS, BY_NAME, Definition
from leaderboard.sessions import Session
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.history.recorded_history import NO_HISTORY, RecordedHistory
from watch.gateway.http.api.answers.board_session import Milliseconds, ShownSession
from watch.gateway.http.api.answers.polled_answer import CSV_SUFFIX, PolledAnswer, polled, wants_csv
from watch.gateway.http.api.answers.row_columns import RankedRows, RowColumns
from watch.gateway.http.api.parameters.board_filter import BoardFilter
from watch.gateway.responses import json_bytes
from watch.gateway.screens import PublishedScreens

# Bytes at the end of a published board that are certain to have its last row.
_TAIL = 4096
_RANK = re.compile(rb'\{"rank":(\d{1,9}),')


class BoardDescription(Struct):
    """A board or screen as it is declared, and how many rows it has now."""

    name: str
    title: str
    caption: Annotated[str, Meta(description="What ranks it, in words")]
    field: Annotated[str, Meta(description="The field of its rows that ranks it")]
    order: Order
    holds: Annotated[Holds, Meta(description="Which symbols: those that traded on the day, or in the session")]
    conditions: Annotated[list[str], Meta(description="What its rows must satisfy besides")]
    change_since: Annotated[Literal["close", "open"], Meta(description="Which change to show beside its rows")]
    rows: Annotated[int | None, Meta(description="Null: its key in Redis does not hold a board")]
    size: Annotated[int, Meta(description="Rows that it has at most")]
    hours: Annotated[
        list[Literal["pre", "regular", "post"]],
        Meta(description="The newest bar of its rows is of one of these hours; empty: of any"),
    ]
    feed: Annotated[str, Meta(description="Its feed on the WebSocket, and its channel and key in Redis")]


class BoardsAnswer(Struct):
    """What ``/api/boards`` answers."""

    boards: list[BoardDescription]


class BoardAnswer(Struct):
    """What ``/api/boards/{name}`` answers."""

    board: Annotated[str, Meta(description="Its name", examples=list(BY_NAME))]
    session: ShownSession | None
    published_at: Milliseconds | None
    rows: RankedRows


class BoardsApi:
    """The endpoints of boards and screens.

    Args:
        redis: of the boards.
        screens: that are published.
        size: rows of a published board.
        history: what is recorded; None: nothing is.
        addresses: where requests come from.
    """

    def __init__(
        self,
        redis: Redis,
        screens: PublishedScreens,
        size: int,
        history: RecordedHistory | None,
        addresses: ClientAddresses,
    ) -> None:
        self._redis = redis
        self._screens = screens
        self._size = size
        self._history = history
        self._addresses = addresses

    async def every(self, request: Request) -> Response:
        """``/api/boards``."""
        await self._screens.refresh()
        every = (*BOARDS, *self._screens.definitions)
        # Only the ends: all boards together are megabytes.
        async with self._redis.pipeline(transaction=False) as pipe:
            for each in every:
                pipe.getrange(each.scanner, -_TAIL, -1)
            tails = await pipe.execute(raise_on_error=False)
        described = [
            self._describe(each, _row_count(each.scanner, tail)) for each, tail in zip(every, tails, strict=True)
        ]
        body = json_bytes(BoardsAnswer(described))
        return polled(request, body)

    async def one(self, request: Request) -> Response:
        """``/api/boards/{name}``."""
        name = request.path_params["name"].removesuffix(CSV_SUFFIX)
        if "at" in request.query_params:
            return await self._one_of_the_past(request, name)
        definition = await self.definition(name)
        fields, state = (NAMES, keys.SNAPSHOT) if definition.is_board else (SCREEN_NAMES, keys.SCREENS_STATE)
        board_filter = BoardFilter.parse(request.query_params, fields=fields)
        # Redis runs what comes in one piece in one go. A transaction it would refuse while its memory is full.
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(definition.scanner)
            pipe.get(keys.SESSION)
            pipe.hget(state, "published_at")
            snapshot, session, published_at = await pipe.execute(raise_on_error=False)
        columns = RowColumns(board_filter.fields, fields)
        snapshot = redis_values.checked(definition.scanner, snapshot, "JSON")
        if wants_csv(request):
            answer = PolledAnswer(request, snapshot, is_csv=True)
            if answer.is_known:
                return answer.not_modified()
            return answer.response(columns.csv(board_filter.rows(definition.scanner, snapshot)))
        shown = ShownSession.of(redis_values.session(session))
        published = redis_values.whole_number(state, published_at)
        answer = PolledAnswer(request, snapshot, session, published_at)
        if answer.is_known:
            return answer.not_modified()
        rows = columns.of(board_filter.rows(definition.scanner, snapshot))
        return answer.response(json_bytes(BoardAnswer(definition.name, shown, published, rows)))

    async def _one_of_the_past(self, request: Request, name: str) -> Response:
        # A screen may have been published then, and not be any more.
        fields = NAMES if name in BY_NAME else SCREEN_NAMES
        board_filter = BoardFilter.parse(request.query_params, fields=fields)
        if self._history is None:
            raise HTTPException(404, NO_HISTORY)
        assert board_filter.at is not None
        found = await self._history.board(name, board_filter.at, self._addresses.of(request.scope))
        published = bytes(found.rows)
        answer = PolledAnswer(request, published, b"%d" % found.published_at, is_csv=wants_csv(request))
        if answer.is_known:
            return answer.not_modified()
        columns = RowColumns(board_filter.fields, fields)
        rows = board_filter.rows(name, published)
        if answer.is_csv:
            return answer.response(columns.csv(rows))
        shown = ShownSession.of(Session.from_number(found.session) if found.session else None)
        return answer.response(json_bytes(BoardAnswer(name, shown, found.published_at, columns.of(rows))))

    async def definition(self, name: str) -> Definition:
        """The board or screen of a name.

        Raises:
            HTTPException: there is none; the answer is 404.
        """
        definition = BY_NAME.get(name) or await self._screens.find(name)
        if definition is None:
            known = ", ".join(each.name for each in (*BOARDS, *self._screens.definitions))
            raise HTTPException(404, f"there is no board {name!r:.80}: there are {known}")
        return definition

    def _describe(self, definition: Definition, rows: int | None) -> BoardDescription:
        board = boards.BY_NAME.get(definition.name)
        return BoardDescription(
            name=definition.name,
            title=definition.title,
            caption=definition.caption,
            field=definition.field,
            order=definition.order,
            holds=board.holds if board else Holds.DAY,
            conditions=list(definition.conditions),
            change_since=definition.change_since,
            rows=rows,
            size=definition.size or self._size,
            hours=list(definition.hours),
            feed=definition.scanner,
        )


def _row_count(key: str, tail: Any) -> int | None:
    """How many rows a published board has: the rank of its last one. None: the key does not hold a board.

    The other boards are listed all the same. A request for that board is answered with the error.

    Args:
        key: of the board.
        tail: what Redis answered about its end.

    Raises:
        RedisError: Redis refuses.
    """
    try:
        end = cast(bytes, redis_values.checked(key, tail, "a board"))
    except InvalidValueError:
        return None
    if end in (b"", b"[]"):
        return 0
    ranks = _RANK.findall(end)
    return int(ranks[-1]) if ranks and end.endswith(b"}]") else None
