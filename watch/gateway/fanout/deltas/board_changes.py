"""What changes from one publication of a board or screen to the next, as a message for clients that follow deltas.

docs/reference/websocket.md says how a client applies these messages.
"""

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from leaderboard.connections.redis_values import InvalidValueError

Row = dict[str, float | int | str | None]
#: The rows of a board by symbol, best first, each without its rank.
Rows = dict[str, Row]

_decode = msgspec.json.Decoder(list[Row]).decode
_encode = msgspec.json.Encoder().encode


class _Whole(Struct):
    """A whole board: `rows` as they were published."""

    feed: str
    seq: int
    rows: Raw


class _Delta(Struct, kw_only=True):
    """The changes since the board of number `base`.

    Attributes:
        order: all symbols, best first; unset if neither they nor their order has changed.
        rows: of each row that has changed, the symbol and the changed fields; new rows with all fields. No ranks:
            they follow from the order.
        gone: symbols that have left, and those whose row has other fields than before; those come back in `rows`.
    """

    feed: str
    seq: int
    base: int
    order: list[str] | UnsetType = UNSET
    rows: list[Row]
    gone: list[str]


def parse_rows(scanner: str, published: bytes) -> Rows:
    """The rows of a published board.

    Args:
        scanner: where it was published, for the error.
        published: JSON.

    Raises:
        InvalidValueError: it is no board: an array of objects with numbers and texts, ranked from 1, each with a
            symbol of its own.
    """
    try:
        decoded = _decode(published)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidValueError(scanner, "a board") from None
    rows: Rows = {}
    for rank, row in enumerate(decoded, 1):
        symbol = row.get("symbol")
        if not isinstance(symbol, str) or symbol in rows or row.pop("rank", None) != rank:
            raise InvalidValueError(scanner, "a board")
        rows[symbol] = row
    return rows


def encode_rows(rows: Rows) -> bytes:
    """Rows as a board is published: an array, each with its rank first."""
    return _encode([{"rank": rank, **row} for rank, row in enumerate(rows.values(), 1)])


def whole_message(feed: str, seq: int, published: bytes) -> bytes:
    """The message that brings a whole board."""
    return _encode(_Whole(feed, seq, Raw(published)))


def delta_message(feed: str, seq: int, before: Rows, after: Rows) -> bytes:
    """The message that makes the board of number `seq` of the one before it."""
    gone = [symbol for symbol in before if symbol not in after]
    changed: list[Row] = []
    for symbol, row in after.items():
        old = before.get(symbol)
        if old is None:
            changed.append(row)
        elif row != old:
            if row.keys() != old.keys():
                # A merge could not take a field away.
                gone.append(symbol)
                changed.append(row)
            else:
                changed.append({"symbol": symbol, **{name: row[name] for name in row if row[name] != old[name]}})
    delta = _Delta(feed=feed, seq=seq, base=seq - 1, rows=changed, gone=gone)
    symbols = list(after)
    if gone or symbols != list(before):
        delta.order = symbols
    return _encode(delta)
