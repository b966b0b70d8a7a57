"""Where the symbols of a board stood a minute ago, over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.history.market_queries import FindRanks
from watch.gateway.history.recorded_history import NO_HISTORY, RecordedHistory
from watch.gateway.http.api.answers.board_session import Milliseconds
from watch.gateway.http.api.answers.polled_answer import polled
from watch.gateway.http.api.boards import BoardsApi
from watch.gateway.http.api.parameters.query_model import PastMoment, QueryModel
from watch.gateway.past_ranks import SPAN, PastRanks
from watch.gateway.responses import json_bytes


class MovesQuery(QueryModel):
    """The query parameters of ``/api/boards/{name}/moves``."""

    at: PastMoment = None


class MovesAnswer(Struct):
    """What ``/api/boards/{name}/moves`` answers."""

    board: str
    published_at: Annotated[
        Milliseconds | None,
        Meta(description="When the board had these ranks; null: it was not published yet, or it is not known"),
    ]
    ranks: Annotated[
        dict[str, int], Meta(description="By symbol; a symbol that is not there was not on the board")
    ]


class RankMovesApi:
    """The endpoint of past ranks.

    Args:
        boards: finds boards by name.
        past: remembers the ranks of now.
        history: what is recorded; None: nothing is.
        addresses: where requests come from.
    """

    def __init__(
        self, boards: BoardsApi, past: PastRanks, history: RecordedHistory | None, addresses: ClientAddresses
    ) -> None:
        self._boards = boards
        self._past = past
        self._history = history
        self._addresses = addresses

    async def one(self, request: Request) -> Response:
        """``/api/boards/{name}/moves``."""
        name = request.path_params["name"]
        query = MovesQuery.parse(request.query_params, fields=())
        if query.at is None:
            definition = await self._boards.definition(name)
            ranks = await self._past.a_minute_ago(definition)
            return _answer(request, name, ranks.published_at, ranks.symbols)
        if self._history is None:
            raise HTTPException(404, NO_HISTORY)
        # A screen may have been published then, and not be any more.
        wanted = FindRanks(name, query.at, round(SPAN * 1_000))
        found = await self._history.ranks(wanted, self._addresses.of(request.scope))
        return _answer(request, name, found.published_at, found.symbols)


def _answer(request: Request, name: str, published_at: int | None, symbols: Sequence[str]) -> Response:
    ranks = {symbol: rank for rank, symbol in enumerate(symbols, 1)}
    return polled(request, json_bytes(MovesAnswer(name, published_at, ranks)))
