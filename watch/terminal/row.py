"""A row of a published board."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True)
class Row:
    """A symbol's place on a board, and its quote.

    Attributes:
        rank: from 1; 0 where it is not read from a board.
        numbers: by field; one that is null, or that the publisher did not write, is missing.
    """

    rank: int
    symbol: str
    numbers: Mapping[str, float]


class _Place(msgspec.Struct):
    rank: int
    symbol: str


_PLACES = msgspec.json.Decoder(list[_Place])
# A window field is null until it is known.
_FIELDS = msgspec.json.Decoder(list[dict[str, float | str | None]])
_QUOTE = msgspec.json.Decoder(dict[str, float | str | None])


def rows(snapshot: bytes) -> list[Row]:
    """The rows of a snapshot, best first.

    Raises:
        msgspec.DecodeError: it is not a snapshot.
    """
    return [
        Row(place.rank, place.symbol, _numbers(fields))
        for place, fields in zip(_PLACES.decode(snapshot), _FIELDS.decode(snapshot), strict=True)
    ]


def quote_row(quote: bytes) -> Row:
    """The row of a quote.

    Raises:
        msgspec.DecodeError: it is not a quote.
    """
    fields = _QUOTE.decode(quote)
    return Row(0, str(fields.get("symbol", "")), _numbers(fields))


def _numbers(fields: Mapping[str, float | str | None]) -> dict[str, float]:
    return {name: value for name, value in fields.items() if isinstance(value, float)}


def newest(ranked: Iterable[Row]) -> int | None:
    """When the newest bar of a board ended, Unix milliseconds; None where the board is empty."""
    return max((int(row.numbers.get("end_timestamp", 0)) for row in ranked), default=None)
