"""Where the symbols of a board stood a minute ago, over HTTP."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from watch.gateway.http.api.answers.board_session import Milliseconds
from watch.gateway.http.api.answers.polled_answer import polled
from watch.gateway.http.api.boards import BoardsApi
from watch.gateway.past_ranks import PastRanks
from watch.gateway.responses import json_bytes


class MovesAnswer(Struct):
    """What ``/api/boards/{name}/moves`` answers."""

    board: str
    published_at: Annotated[
        Milliseconds | None, Meta(description="When the board had these ranks; null: it was not published yet")
    ]
    ranks: Annotated[
        dict[str, int], Meta(description="By symbol; a symbol that is not there was not on the board")
    ]


class RankMovesApi:
    """The endpoint of past ranks.

    Args:
        boards: finds boards by name.
        past: remembers the ranks.
    """

    def __init__(self, boards: BoardsApi, past: PastRanks) -> None:
        self._boards = boards
        self._past = past

    async def one(self, request: Request) -> Response:
        """``/api/boards/{name}/moves``."""
        definition = await self._boards.definition(request.path_params["name"])
        ranks = await self._past.a_minute_ago(definition)
        body = json_bytes(
            MovesAnswer(
                definition.name,
                ranks.published_at,
                {symbol: rank for rank, symbol in enumerate(ranks.symbols, 1)},
            )
        )
        return polled(request, body)
