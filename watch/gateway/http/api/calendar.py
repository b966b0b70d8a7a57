"""The exchange's trading days over HTTP: clients know neither its holidays nor its early closes."""

import time
from datetime import date, timedelta
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from history.queries.candles import DayHours
from leaderboard.sessions import CLOSE, closing_time, is_trading_day, session_of, trading_days_from
from watch.gateway.http.api.parameters.query_model import Day, QueryModel
from watch.gateway.limits import CALENDAR_DAYS
from watch.gateway.responses import json_response

# Days of an answer where a request does not say how many: over the longest weekend.
_USUAL_DAYS = 5


class TradingDay(Struct):
    """A trading day. It lasts until the next one starts."""

    day: date
    hours: DayHours
    is_early_close: Annotated[bool, Meta(description="Whether the regular hours end before 16:00 in New York")]

    @classmethod
    def of(cls, day: date) -> "TradingDay":
        return cls(day, DayHours.of(day), closing_time(day) < CLOSE)


class CalendarAnswer(Struct):
    """What ``/api/calendar`` answers."""

    days: Annotated[list[TradingDay], Meta(description="The oldest first")]


class CalendarQuery(QueryModel):
    """The query parameters of ``/api/calendar``."""

    first: Annotated[
        Day | None,
        Field(
            description="The first day, or if it is none the trading day before it; by default the present one",
            json_schema_extra={"anyOf": [{"type": "string", "format": "date"}]},
        ),
    ] = None
    limit: Annotated[int, Field(description="Days at most", ge=1, le=CALENDAR_DAYS)] = _USUAL_DAYS


async def calendar(request: Request) -> Response:
    """``/api/calendar``."""
    query = CalendarQuery.parse(request.query_params, fields=())
    first = query.first or session_of(time.time_ns() // 1_000_000).day
    while not is_trading_day(first):
        first -= timedelta(days=1)
    return json_response(CalendarAnswer([*map(TradingDay.of, islice(trading_days_from(first), query.limit))]))
