"""Which rows of a published board an HTTP request asks for."""

from typing import Annotated, Any

import msgspec
from msgspec import Raw, Struct
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams

from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway.responses import InvalidParameterError

Amount = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]


class BoardFilter(BaseModel):
    """The query parameters of ``/api/boards/{name}``. A row must meet all conditions that are given.

    The filter chooses among the published rows; they keep their ranks on the whole board.
    """

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int | None, Field(ge=1, description="Rows at most, best first, after the filters")] = None
    min_price: Amount = Field(None, description="Least price, dollars")
    max_price: Amount = Field(None, description="Greatest price, dollars")
    max_float: Amount = Field(
        None, description="Greatest free float, shares; symbols of unknown float are left out"
    )
    min_relative_volume: Amount = Field(None, description="Least volume of the day in average volumes")
    min_volume: Amount = Field(None, description="Least volume of the day, shares")

    @classmethod
    def parse(cls, query: QueryParams) -> "BoardFilter":
        """The filter that a query describes.

        Raises:
            InvalidParameterError: a parameter is unknown, given twice, or not a value of its kind.
        """
        values: dict[str, str] = {}
        for name, value in query.multi_items():
            if name in values:
                raise InvalidParameterError(name, f"{name:.80}: given more than once")
            values[name] = value
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0])
            sentence = f"{name:.80}: {problem['msg']}, got {problem['input']!r:.80}"
            raise InvalidParameterError(name, sentence) from None

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
        return [row for row, fields in zip(rows, filtered, strict=True) if self._keeps(fields)][: self.limit]

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
