"""Which fields of its rows an answer has, and the rows as CSV."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Raw
from msgspec.structs import astuple

#: Rows with all fields, or with those that were asked for.
RankedRows: TypeAlias = list[Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/RankedQuote"})]]

_FIRST = ("rank", "symbol")
# Sets of columns of which the decoders are kept.
_DECODERS = 64
_NULL = Raw(b"null")
_encode = msgspec.json.Encoder().encode


class RowColumns:
    """Rank and symbol, then other fields. Values stay as they were published, byte for byte.

    Args:
        chosen: the fields that a request names, in its order; None: all.
        known: the fields that a row can have, in the order of its JSON.
    """

    def __init__(self, chosen: Sequence[str] | None, known: Sequence[str]) -> None:
        others = known if chosen is None else chosen
        self._names = (*_FIRST, *(name for name in others if name not in _FIRST))
        self._has_all = chosen is None

    def of(self, rows: list[Raw]) -> RankedRows:
        """The rows with these fields only."""
        if self._has_all:
            return rows
        decode = _decoder(self._names).decode
        return [Raw(_encode(decode(row))) for row in rows]

    def csv(self, rows: list[Raw]) -> bytes:
        """A line of names and a line a row, as RFC 4180 has them; null is an empty cell.

        A symbol is the only text in a row. It begins with a letter or a digit and has neither commas nor quotation
        marks (:func:`leaderboard.event.is_symbol`). So no cell needs quotation marks, and none is a formula to
        spreadsheets, which take a text for one that begins with ``= + - @``.
        """
        lines = [",".join(self._names).encode()]
        decode = _decoder(self._names).decode
        for row in rows:
            rank, symbol, *numbers = astuple(decode(row))
            # Of the bytes of numbers, null only is no number.
            cells = b",".join(numbers).replace(b"null", b"")
            lines.append(b",".join((rank, bytes(symbol).strip(b'"'), *([cells] if numbers else []))))
        return b"\r\n".join([*lines, b""])


@lru_cache(_DECODERS)
def _decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Decodes a row to a struct of these fields. A row that lacks one, of an older release, has null there."""
    return msgspec.json.Decoder(msgspec.defstruct("Row", [(name, Raw, _NULL) for name in names], gc=False))
