"""The past over HTTP: which days are recorded, and the market as it stood at seconds of them."""

from typing import Annotated, Self, TypeAlias

from msgspec import Meta, Raw, Struct
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from history.queries.viewable_day import ViewableDay
from leaderboard.fields import SCREEN_NAMES
from leaderboard.sessions import Session
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.history.market_queries import FindMarket, FindRun, PastMarket
from watch.gateway.history.recorded_history import NO_HISTORY, RecordedHistory
from watch.gateway.http.api.answers.board_session import Milliseconds, ShownSession
from watch.gateway.http.api.answers.polled_answer import polled
from watch.gateway.http.api.answers.row_columns import RankedRows
from watch.gateway.http.api.parameters.query_model import FieldNames, Moment, QueryModel, Symbols, Texts
from watch.gateway.limits import PAST_BOARDS, RUN_BOARDS, RUN_SECONDS
from watch.gateway.responses import InvalidParameterError, json_bytes

Quotes: TypeAlias = dict[str, Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/Quote"})]]


class DaysAnswer(Struct):
    """What ``/api/days`` answers."""

    days: Annotated[list[ViewableDay], Meta(description="The oldest first")]


class PastAnswer(Struct):
    """What ``/api/past`` answers."""

    published_at: Annotated[Milliseconds, Meta(description="When the boards were published that stood then")]
    session: ShownSession | None
    newest_bar: Annotated[
        int | None, Meta(description="When the market's newest bar until then ended, Unix milliseconds")
    ]
    boards: Annotated[dict[str, RankedRows], Meta(description="By name, the rows, best first")]
    unknown: Annotated[dict[str, str], Meta(description="By the name of one without rows, why it has none")]
    quotes: Annotated[Quotes, Meta(description="By symbol; without those that had not traded on the day")]

    @classmethod
    def of(cls, market: PastMarket) -> Self:
        """The answer about a second."""
        shown = ShownSession.of(Session.from_number(market.session) if market.session else None)
        return cls(market.published_at, shown, market.newest_bar, market.boards, market.unknown, market.quotes)


class PastRunSecond(Struct):
    """A second of a run."""

    at: Milliseconds
    market: Annotated[PastAnswer | None, Meta(description="As it stood then; null: it is not known")]
    unknown: Annotated[str, Meta(description="Why it is not known; empty: it is")]


class PastRunAnswer(Struct):
    """What ``/api/past/run`` answers."""

    seconds: Annotated[list[PastRunSecond], Meta(description="In their order; without those not stored yet")]


class PastQuery(QueryModel):
    """The query parameters of ``/api/past``."""

    at: Annotated[
        Moment,
        Field(
            description="A second of a recorded day", json_schema_extra={"type": "string", "format": "date-time"}
        ),
    ]
    boards: Annotated[
        Texts,
        Field(
            description="Names of boards and screens, separated by commas",
            max_length=PAST_BOARDS,
            json_schema_extra={"type": "string", "examples": ["gainers,losers"]},
        ),
    ] = ()
    symbols: Symbols = ()
    limit: Annotated[int | None, Field(ge=1, description="Rows of each board at most, best first")] = None
    fields: FieldNames = None


class PastRunQuery(PastQuery):
    """The query parameters of ``/api/past/run``."""

    step: Annotated[int, Field(ge=1, le=3_600, description="Seconds from one to the next")] = 1
    count: Annotated[int, Field(ge=1, le=RUN_SECONDS, description="How many seconds, with the first")] = (
        RUN_SECONDS
    )

    def check_size(self) -> None:
        """Check that the seconds together do not have too many boards.

        Raises:
            InvalidParameterError: they do.
        """
        if self.count * len(self.boards) > RUN_BOARDS:
            sentence = f"count: {RUN_BOARDS} boards and screens at most, of all seconds together"
            raise InvalidParameterError("count", sentence, self.invalid_status)


class PastApi:
    """The endpoints of the past.

    Args:
        history: what is recorded; None: nothing is.
        addresses: where requests come from.
    """

    def __init__(self, history: RecordedHistory | None, addresses: ClientAddresses) -> None:
        self._history = history
        self._addresses = addresses

    async def days(self, request: Request) -> Response:
        """``/api/days``."""
        if self._history is None:
            raise HTTPException(404, NO_HISTORY)
        body = await self._history.days(self._addresses.of(request.scope))
        return polled(request, body)

    async def market(self, request: Request) -> Response:
        """``/api/past``."""
        query = PastQuery.parse(request.query_params, fields=SCREEN_NAMES)
        if self._history is None:
            raise HTTPException(404, NO_HISTORY)
        wanted = FindMarket(query.at, query.boards, query.symbols, query.limit, query.fields)
        found = await self._history.market(wanted, self._addresses.of(request.scope))
        return polled(request, json_bytes(PastAnswer.of(found)))

    async def run(self, request: Request) -> Response:
        """``/api/past/run``."""
        query = PastRunQuery.parse(request.query_params, fields=SCREEN_NAMES)
        query.check_size()
        if self._history is None:
            raise HTTPException(404, NO_HISTORY)
        seconds = tuple(query.at + n * query.step * 1_000 for n in range(query.count))
        wanted = FindRun(seconds, query.boards, query.symbols, query.limit, query.fields)
        found = await self._history.run_of_seconds(wanted, self._addresses.of(request.scope))
        answered = [
            PastRunSecond(each.at, PastAnswer.of(each.market) if each.market else None, each.unknown)
            for each in found
        ]
        return polled(request, json_bytes(PastRunAnswer(answered)))
