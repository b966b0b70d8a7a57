"""Sparklines over HTTP."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leaderboard.sessions import Session
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.history.queries import FindLines
from watch.gateway.history.recorded_history import NO_HISTORY, RecordedHistory
from watch.gateway.http.api.answers.board_session import Milliseconds, ShownSession
from watch.gateway.http.api.answers.polled_answer import polled
from watch.gateway.http.api.parameters.query_model import PastMoment, QueryModel, Symbols
from watch.gateway.responses import json_bytes
from watch.gateway.sparklines.close_grid import FIRST_STEP, POINTS
from watch.gateway.sparklines.sparklines import Sparklines

# NaN becomes null.
_Close = Annotated[float | None, Meta(extra_json_schema={"type": ["number", "null"]})]


class SparklinesQuery(QueryModel):
    """The query parameters of ``/api/sparklines``."""

    symbols: Symbols
    at: PastMoment = None


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
        sparklines: of all symbols, now.
        history: what is recorded; None: nothing is.
        addresses: where requests come from.
    """

    def __init__(
        self, sparklines: Sparklines, history: RecordedHistory | None, addresses: ClientAddresses
    ) -> None:
        self._sparklines = sparklines
        self._history = history
        self._addresses = addresses

    async def some(self, request: Request) -> Response:
        """``/api/sparklines``."""
        query = SparklinesQuery.parse(request.query_params, fields=())
        if query.at is None:
            found = await self._sparklines.lines(query.symbols)
            closes: dict[str, list[float | None]] = {symbol: [*line] for symbol, line in found.closes.items()}
            answer = SparklinesAnswer(ShownSession.of(found.session), found.start, found.step, closes)
        else:
            answer = await self._of_the_past(request, query.symbols, query.at)
        return polled(request, json_bytes(answer))

    async def _of_the_past(self, request: Request, symbols: tuple[str, ...], at: int) -> SparklinesAnswer:
        if self._history is None:
            raise HTTPException(404, NO_HISTORY)
        wanted = FindLines(symbols, at, POINTS, FIRST_STEP)
        found = await self._history.lines(wanted, self._addresses.of(request.scope))
        session = Session.from_number(found.session) if found.session else None
        start = session.start if session else 0
        return SparklinesAnswer(ShownSession.of(session), start, found.step, found.closes)
