"""Packs arguments of scripts as msgpack, which both Python and Redis read and write in C."""

from collections.abc import Sequence
from typing import Any

import msgspec

#: Packs a value.
pack = msgspec.msgpack.Encoder().encode


def sequence(values: Sequence[Any]) -> bytes:
    """Pack values one after another, without an array around them.

    Lua's ``cmsgpack.unpack`` then returns each as a result of its own, which saves the script a table.
    """
    count = len(values)
    # The array's header is 1, 3 or 5 bytes long.
    return pack(values)[1 if count < 16 else 3 if count < 65_536 else 5 :]
