"""Sparklines over HTTP."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from watch.gateway.http.api.answers.board_session import Milliseconds, ShownSession
from watch.gateway.http.api.answers.polled_answer import polled
from watch.gateway.http.api.parameters.query_model import QueryModel, Symbols
from watch.gateway.responses import json_bytes
from watch.gateway.sparklines.close_grid import POINTS
from watch.gateway.sparklines.sparklines import Sparklines

_Close = Annotated[float, Meta(extra_json_schema={"type": ["number", "null"]})]


class SparklinesQuery(QueryModel):
    """The query parameters of ``/api/sparklines``."""

    symbols: Symbols


class SparklinesAnswer(Struct):
    """What ``/api/sparklines`` answers."""

    session: Annotated[ShownSession | None, Meta(description="That they show; null: nothing has traded yet")]
    start: Annotated[Milliseconds, Meta(description="Of the session")]
    step: Annotated[int, Meta(description="Milliseconds between two points; it grows with the session")]
    closes: Annotated[
        dict[str, list[_Close]],
        Meta(
            description=f"By symbol that has traded on the day, {POINTS} at most: the close at the end of each "
            "step, and at last the newest; null: not known, or not traded in the session yet"
        ),
    ]


class SparklinesApi:
    """The endpoint of sparklines.

    Args:
        sparklines: of all symbols.
    """

    def __init__(self, sparklines: Sparklines) -> None:
        self._sparklines = sparklines

    async def some(self, request: Request) -> Response:
        """``/api/sparklines``."""
        query = SparklinesQuery.parse(request.query_params, fields=())
        found = await self._sparklines.lines(query.symbols)
        body = json_bytes(
            # NaN becomes null.
            SparklinesAnswer(ShownSession.of(found.session), found.start, found.step, found.closes)
        )
        return polled(request, body)
