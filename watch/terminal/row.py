"""A row of a published board."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True)
class Row:
    """A symbol's place on a board, and its quote.

    Attributes:
        numbers: by field; one that the publisher did not write is missing.
    """

    rank: int
    symbol: str
    numbers: Mapping[str, float]


class _Place(msgspec.Struct):
    rank: int
    symbol: str


_PLACES = msgspec.json.Decoder(list[_Place])
_FIELDS = msgspec.json.Decoder(list[dict[str, float | str]])


def rows(snapshot: bytes) -> list[Row]:
    """The rows of a snapshot, best first.

    Raises:
        msgspec.DecodeError: it is not a snapshot.
    """
    return [
        Row(place.rank, place.symbol, {name: value for name, value in fields.items() if isinstance(value, float)})
        for place, fields in zip(_PLACES.decode(snapshot), _FIELDS.decode(snapshot), strict=True)
    ]


def newest(ranked: Iterable[Row]) -> int | None:
    """When the newest bar of a board ended, Unix milliseconds; None where the board is empty."""
    return max((int(row.numbers.get("end_timestamp", 0)) for row in ranked), default=None)
