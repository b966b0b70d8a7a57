"""A row of a published board: the fields that a viewer shows."""

from collections.abc import Iterable

import msgspec


class Row(msgspec.Struct, frozen=True):
    """A symbol's place and quote. Prices and changes are in dollars, volumes and the float in shares."""

    rank: int
    symbol: str
    close: float
    change: float
    pct_change: float
    change_since_open: float
    pct_change_since_open: float
    accumulated_volume: float
    avg_volume: float
    relative_volume: float
    free_float: float
    end_timestamp: float = 0


_ROWS = msgspec.json.Decoder(list[Row])


def rows(snapshot: bytes) -> list[Row]:
    """The rows of a snapshot, best first.

    Raises:
        msgspec.DecodeError: it is no snapshot.
    """
    return _ROWS.decode(snapshot)


def newest(ranked: Iterable[Row]) -> int | None:
    """When the newest bar of a board ended, Unix milliseconds; None where the board is empty."""
    return max((int(row.end_timestamp) for row in ranked), default=None)
