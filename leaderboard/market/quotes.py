"""Reads many quotes at once into an array of numbers."""

import struct
from collections.abc import Sequence
from itertools import starmap
from operator import itemgetter
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
_decode = msgspec.json.Decoder(_Numbers).decode
_pack = struct.Struct(f"={len(NUMBERS)}d").pack
_last = itemgetter(-1)


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
    valid = np.arange(len(quotes))
    packed = _packed(heads, quotes)
    if packed is None:
        each = [_packed([head], [quote]) for head, quote in zip(heads, quotes, strict=True)]
        valid = np.array([at for at, row in enumerate(each) if row is not None], dtype=np.intp)
        packed = b"".join(row for row in each if row is not None)
    return valid, np.frombuffer(packed).reshape(len(valid), len(NUMBERS))


def _packed(heads: Sequence[bytes], quotes: Sequence[Any]) -> bytes | None:
    """The numbers of rows as doubles, one row after another; None: not all of the quotes are rows.

    One row is decoded and packed after another, so the same memory holds the numbers of each. To decode all of
    them first takes twice as long.
    """
    # A published row has its rank and the windows beside the braces, so no blank may surround them.
    if not all(quotes) or not all(map(bytes.startswith, quotes, heads)) or not {*map(_last, quotes)} <= {_BRACE}:
        return None
    try:
        return b"".join(starmap(_pack, map(astuple, map(_decode, quotes))))
    except (ValueError, RecursionError):
        return None


_BRACE = ord("}")
