"""The whole market over HTTP: screens that a client makes up, and the ranks of a symbol."""

from typing import Annotated

from msgspec import Meta, Raw, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leaderboard.boards import BY_NAME, Order
from leaderboard.event import is_symbol
from leaderboard.fields import SCREEN_NAMES
from leaderboard.market.selection import Selection
from leaderboard.market.table import MarketTable
from leaderboard.sessions import Hours
from watch.gateway.http.api.answers.board_session import ShownSession
from watch.gateway.http.api.answers.polled_answer import PolledAnswer, wants_csv
from watch.gateway.http.api.answers.row_columns import RankedRows, RowColumns
from watch.gateway.http.api.parameters.query_model import QueryModel
from watch.gateway.http.api.parameters.screen_query import ScreenQuery
from watch.gateway.market import Market
from watch.gateway.responses import InvalidParameterError, json_bytes

Revision = Annotated[int, Meta(description="Of the change feed: the answer is of the market as it was then")]


class ScreenAnswer(Struct):
    """What ``/api/screen`` answers."""

    by: str
    order: Order
    where: list[str]
    hours: list[Hours]
    session: ShownSession | None
    revision: Revision
    of: Annotated[int, Meta(description="How many rows of the market satisfy the conditions")]
    rows: RankedRows


class SymbolRank(Struct):
    """A symbol's place on a board."""

    rank: Annotated[int, Meta(ge=1)]
    of: Annotated[int, Meta(description="How many symbols the board ranks, published or not")]
    percentile: Annotated[float, Meta(description="Percent of the others that rank below; 100 where it is alone")]


class RanksAnswer(Struct):
    """What ``/api/ranks/{symbol}`` answers."""

    symbol: str
    session: ShownSession | None
    revision: Revision
    ranks: Annotated[
        dict[str, SymbolRank | None],
        Meta(description="By board; null: the board does not hold the symbol", examples=[dict.fromkeys(BY_NAME)]),
    ]


class WholeMarketApi:
    """The endpoints of the whole market.

    Args:
        market: all symbols that have traded on the day.
    """

    def __init__(self, market: Market) -> None:
        self._market = market

    async def screen(self, request: Request) -> Response:
        """``/api/screen``."""
        query = ScreenQuery.parse(request.query_params, fields=SCREEN_NAMES)
        selection = query.selection()
        table = await self._market.caught_up()
        answer = PolledAnswer(request, b"%d" % self._market.version, is_csv=wants_csv(request))
        if answer.is_known:
            return answer.not_modified()
        columns = RowColumns(query.fields, SCREEN_NAMES)
        rows = [Raw(row) for row in table.ranked(table.select(selection), first=selection.offset + 1)]
        if answer.is_csv:
            return answer.response(columns.csv(rows))
        return answer.response(json_bytes(_screen_answer(table, selection, columns.of(rows))))

    async def ranks(self, request: Request) -> Response:
        """``/api/ranks/{symbol}``."""
        symbol = request.path_params["symbol"]
        if not is_symbol(symbol):
            raise InvalidParameterError("symbol", f"{symbol[:64]!r} is no symbol", 400)
        _NoParameters.parse(request.query_params, fields=())
        table = await self._market.caught_up()
        if table.row(symbol) is None:
            raise HTTPException(404, f"{symbol} has not traded on the day")
        answer = PolledAnswer(request, symbol.encode(), b"%d" % self._market.version)
        if answer.is_known:
            return answer.not_modified()
        ranks = table.ranks(symbol)
        content = RanksAnswer(
            symbol,
            ShownSession.of(table.session),
            table.revision,
            {name: SymbolRank(*ranks[name]) if name in ranks else None for name in BY_NAME},
        )
        return answer.response(json_bytes(content))


class _NoParameters(QueryModel):
    """Of an endpoint that has no query parameters."""


def _screen_answer(table: MarketTable, selection: Selection, rows: list[Raw]) -> ScreenAnswer:
    return ScreenAnswer(
        by=selection.by,
        order=selection.order,
        where=[str(condition) for condition in selection.where],
        hours=list(selection.hours),
        session=ShownSession.of(table.session),
        revision=table.revision,
        of=table.count(selection),
        rows=rows,
    )
