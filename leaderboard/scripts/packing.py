"""How values travel to scripts: msgpack, which both sides pack and unpack in C."""

from collections.abc import Sequence
from typing import Any

import msgspec

pack = msgspec.msgpack.Encoder().encode


def sequence(values: Sequence[Any]) -> bytes:
    """The values one after the other, without the array around them.

    Lua's ``cmsgpack.unpack`` returns them as so many results, without the cost of a table.
    """
    count = len(values)
    # Of an array of that many, the header's length.
    return pack(values)[1 if count < 16 else 3 if count < 65_536 else 5 :]
