"""Reads many quotes at once into an array of numbers."""

from collections.abc import Sequence
from itertools import chain
from operator import methodcaller
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from leaderboard.fields import FIELDS, Source

#: Names of the numeric fields of a row, in its order.
NUMBERS = tuple(field.name for field in FIELDS if field.is_number)

# A row of an older release lacks computed fields, which are then 0. No row lacks what its event brought.
_Numbers: Any = msgspec.defstruct(
    "_Numbers",
    [
        (field.name, float) if field.source is Source.EVENT else (field.name, float, 0.0)
        for field in FIELDS
        if field.is_number
    ],
    kw_only=True,
    # There are no cycles in it, and tracking thousands of them takes time.
    gc=False,
)
_one = msgspec.json.Decoder(_Numbers)
_many: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[_Numbers])


def numbers_of_quotes(symbols: Sequence[str], quotes: Sequence[bytes | None]) -> tuple[NDArray[np.intp], Any]:
    """The numbers of those quotes that are rows.

    Args:
        symbols: for each quote, the symbol that its row has to have.
        quotes: any bytes, since other programs can write them.

    Returns:
        The indices of the quotes that are rows, and an array of shape (rows, numeric fields) of their numbers, in
        the units of :data:`leaderboard.fields.FIELDS` and in the order of :data:`NUMBERS`.
    """
    heads = [b'{"symbol":"%b",' % symbol.encode() for symbol in symbols]
    rows = _all(heads, quotes) if quotes else []
    valid = np.arange(len(quotes))
    if rows is None:
        each = [_row(head, quote) for head, quote in zip(heads, quotes, strict=True)]
        valid = np.array([at for at, row in enumerate(each) if row is not None], dtype=np.intp)
        rows = [row for row in each if row is not None]
    numbers = chain.from_iterable(map(astuple, rows))
    return valid, np.fromiter(numbers, np.float64, len(rows) * len(NUMBERS)).reshape(len(rows), len(NUMBERS))


def _all(heads: Sequence[bytes], quotes: Sequence[Any]) -> list[Any] | None:
    """The rows, decoded as one JSON array, which takes half the time; None: not all of the quotes are rows."""
    if None in quotes or not all(map(bytes.startswith, quotes, heads)) or not all(map(_ends, quotes)):
        return None
    try:
        rows = _many.decode(b"[%b]" % b",".join(quotes))
    except ValueError:
        return None
    return rows if len(rows) == len(quotes) else None


def _row(head: bytes, quote: bytes | None) -> Any:
    if not quote or not quote.startswith(head) or not _ends(quote):
        return None
    try:
        return _one.decode(quote)
    except (ValueError, RecursionError):
        return None


# A published row has its rank and the windows beside the braces, so no blank may surround them.
_ends = methodcaller("endswith", b"}")
