"""Packs bars for the tape, without numpy, which workers do not import.

The packed bars are columns of little-endian numbers, one after another, which numpy reads as they stand. A bar
takes 90 bytes, 92 in a batch with conflated bars. Times are offsets from the first bar's start, in milliseconds;
where one does not fit into 32 bits, all of them take 64.
"""

import struct
from collections.abc import Sequence

from msgspec.structs import astuple

from leaderboard.event import Event

#: In front of the columns: the form, how many bars there are, the start that times are offsets from.
HEADER = struct.Struct("<BIq")
#: Bits of the form: times take 64 bits; each bar has the index of its event. Without it, bar n is of event n.
WIDE, INDEXED = 1, 2
#: The columns of doubles, in their order: fields of :class:`leaderboard.event.Event`.
DOUBLES = (
    "close",
    "open",
    "high",
    "low",
    "vwap",
    "volume",
    "accumulated_volume",
    "aggregate_vwap",
    "average_size",
    "official_open_price",
)

_is_minute = "AM".__eq__


def pack(bars: Sequence[Event], events: Sequence[int] = ()) -> bytes:
    """Pack the bars of a batch.

    Args:
        bars: at least one.
        events: for each bar the index, below 65,536, of the event that carries it in the batch. Empty: bar n is
            event n.
    """
    (_, close, price, starts, ends, types, high, low, vwap, *volumes, otc) = zip(*map(astuple, bars), strict=True)
    count, base = len(bars), starts[0]
    form = INDEXED if events else 0
    offsets = [time - base for times in (starts, ends) for time in times]
    try:
        times = struct.pack(f"<{2 * count}i", *offsets)
    except struct.error:
        form |= WIDE
        times = struct.pack(f"<{2 * count}q", *offsets)
    index = struct.pack(f"<{count}H", *events) if events else b""
    # A column at a time: to put all numbers into one list first takes half as long again.
    doubles = struct.Struct(f"<{count}d").pack
    columns = [doubles(*column) for column in (close, price, high, low, vwap, *volumes)]
    head = HEADER.pack(form, count, base)
    return b"".join((head, times, index, bytes(map(_is_minute, types)), bytes(otc), *columns))
