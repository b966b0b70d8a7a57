"""The candles of a symbol over HTTP."""

from typing import Annotated

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from history.queries.candles import Interval
from leaderboard.event import is_symbol
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.history.recorded_history import NO_HISTORY, RecordedHistory
from watch.gateway.http.api.answers.polled_answer import CSV_SUFFIX, polled, wants_csv
from watch.gateway.http.api.parameters.query_model import Day, Moment, QueryModel
from watch.gateway.responses import InvalidParameterError


class CandlesQuery(QueryModel):
    """The query parameters of ``/api/candles/{symbol}``."""

    interval: Annotated[
        Interval,
        Field(description="What a candle covers", json_schema_extra={"type": "string", "enum": [*Interval]}),
    ] = Interval.ONE_MINUTE
    day: Annotated[
        Day | None,
        Field(description="The trading day; by default that of the boards, up to now"),
    ] = None
    at: Annotated[
        Moment | None,
        Field(
            description="The candles as they stood at this second of a recorded day, instead of a day",
            json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}]},
        ),
    ] = None


class CandlesApi:
    """The endpoint of candles.

    Args:
        history: what is recorded; None: nothing is.
        addresses: where requests come from.
    """

    def __init__(self, history: RecordedHistory | None, addresses: ClientAddresses) -> None:
        self._history = history
        self._addresses = addresses

    async def one(self, request: Request) -> Response:
        """``/api/candles/{symbol}``."""
        symbol = request.path_params["symbol"].removesuffix(CSV_SUFFIX)
        if not is_symbol(symbol):
            raise InvalidParameterError("symbol", f"{symbol[:64]!r} is no symbol", 400)
        query = CandlesQuery.parse(request.query_params, fields=())
        if query.at is not None and query.day is not None:
            raise InvalidParameterError("day", "day: the parameter at says already which day is meant", 400)
        if self._history is None:
            raise HTTPException(404, NO_HISTORY)
        is_csv = wants_csv(request)
        address = self._addresses.of(request.scope)
        if query.at is None:
            body = await self._history.candles(symbol, query.day, query.interval, address, is_csv=is_csv)
        else:
            body = await self._history.candles_at(symbol, query.at, query.interval, address, is_csv=is_csv)
        return polled(request, body, is_csv=is_csv)
