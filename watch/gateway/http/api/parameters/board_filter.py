"""Which rows of a published board an HTTP request asks for."""

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Raw, Struct
from pydantic import Field

from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway.http.api.parameters.query_model import FieldNames, Moment, QueryModel

Amount = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]


class BoardFilter(QueryModel):
    """The query parameters of ``/api/boards/{name}``. A row must meet all conditions that are given.

    The filter chooses among the published rows; they keep their ranks on the whole board.
    """

    invalid_status: ClassVar[int] = 422

    limit: Annotated[
        int | None, Field(ge=1, description="Rows at most, best first, after the filters and the offset")
    ] = None
    offset: Annotated[int, Field(ge=0, description="Rows to leave out before those, after the filters")] = 0
    fields: FieldNames = None
    at: Annotated[
        Moment | None,
        Field(
            description="The board as it was published at this second of a recorded day",
            json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}]},
        ),
    ] = None
    min_price: Amount = Field(None, description="Least price, dollars")
    max_price: Amount = Field(None, description="Greatest price, dollars")
    max_float: Amount = Field(
        None, description="Greatest free float, shares; symbols of unknown float are left out"
    )
    min_relative_volume: Amount = Field(None, description="Least volume of the day in average volumes")
    min_volume: Amount = Field(None, description="Least volume of the day, shares")

    def rows(self, key: str, reply: Any) -> list[Raw]:
        """The rows that meet the conditions, as they were published.

        Args:
            key: of the published board.
            reply: what Redis answered about it.

        Raises:
            InvalidValueError: the key does not hold a board.
        """
        snapshot = redis_values.json(key, reply) or b"[]"
        try:
            rows = _RAW_ROWS.decode(snapshot)
            filtered = _FILTERED_FIELDS.decode(snapshot)
        except msgspec.DecodeError:
            raise InvalidValueError(key, "a board") from None
        kept = [row for row, fields in zip(rows, filtered, strict=True) if self._keeps(fields)]
        end = None if self.limit is None else self.offset + self.limit
        return kept[self.offset : end]

    def _keeps(self, row: "_FilteredFields") -> bool:
        return (
            (self.min_price is None or row.close >= self.min_price)
            and (self.max_price is None or row.close <= self.max_price)
            and (self.max_float is None or 0 < row.free_float <= self.max_float)
            and (self.min_relative_volume is None or row.relative_volume >= self.min_relative_volume)
            and (self.min_volume is None or row.accumulated_volume >= self.min_volume)
        )


class _FilteredFields(Struct):
    close: float
    free_float: float
    relative_volume: float
    accumulated_volume: float


_FILTERED_FIELDS = msgspec.json.Decoder(list[_FilteredFields])
_RAW_ROWS = msgspec.json.Decoder(list[Raw])
