"""Which rows of the whole market an HTTP request asks for."""

from typing import Annotated, ClassVar

from pydantic import Field

from leaderboard.boards import Order
from leaderboard.fields import SELECTABLE
from leaderboard.market.selection import HOURS, Bounds, Selection, SelectionError
from watch.gateway.http.api.parameters.query_model import FieldNames, QueryModel
from watch.gateway.limits import CONDITIONS, SCREEN_OFFSET, SCREEN_ROWS
from watch.gateway.responses import InvalidParameterError

# Rows of an answer where a request does not say how many.
_USUAL_ROWS = 100
_BOUNDS = Bounds(limit=SCREEN_ROWS, offset=SCREEN_OFFSET, conditions=CONDITIONS)


class ScreenQuery(QueryModel):
    """The query parameters of ``/api/screen``."""

    repeatable: ClassVar[frozenset[str]] = frozenset({"where", "hours"})

    by: Annotated[
        str, Field(description="The field that ranks the rows", json_schema_extra={"enum": [*SELECTABLE]})
    ]
    order: Annotated[str, Field(description="Which value ranks first", json_schema_extra={"enum": [*Order]})] = (
        Order.DESCENDING
    )
    where: Annotated[
        tuple[str, ...],
        Field(
            description="A condition that the rows satisfy: FIELD OP NUMBER, FIELD OP FIELD or FIELD OP NUMBER * "
            "FIELD, where OP is one of < <= > >= == !=. May be repeated: all must hold",
            examples=[["close>=2", "close >= 0.99 * day_high"]],
            json_schema_extra={"maxItems": CONDITIONS},
        ),
    ] = ()
    hours: Annotated[
        tuple[str, ...],
        Field(
            description="Only rows whose newest bar is of these hours. May be repeated",
            json_schema_extra={"items": {"type": "string", "enum": [*HOURS]}},
        ),
    ] = ()
    limit: Annotated[int, Field(description="Rows at most", ge=1, le=SCREEN_ROWS)] = _USUAL_ROWS
    offset: Annotated[int, Field(description="Rows to leave out before those", ge=0, le=SCREEN_OFFSET)] = 0
    fields: FieldNames = None

    def selection(self) -> Selection:
        """What it asks for.

        Raises:
            InvalidParameterError: a parameter is no condition, field or order.
        """
        try:
            return Selection.parse(self.by, self.order, self.where, self.hours, self.limit, self.offset, _BOUNDS)
        except SelectionError as error:
            sentence = f"{error.parameter}: {error}"
            raise InvalidParameterError(error.parameter, sentence, self.invalid_status) from None
