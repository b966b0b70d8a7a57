"""The row of a symbol: its fields, and the formulas of those that an event and reference data decide.

Doubles travel as a short text that reads back as the same double, in Redis' hashes and scores as in JSON. Which
open price a session has ``apply.lua`` alone knows: where a row was made with another, it makes it right.
"""

import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from leaderboard import keys
from leaderboard.event import Event
from leaderboard.packing import pack
from leaderboard.reference import NOTHING_KNOWN, Reference

#: The greatest double. Quotients that leave a double's range are held there: JSON has no infinity.
GREATEST = sys.float_info.max

FIELDS = (
    "symbol",
    "volume",
    "free_float",
    "accumulated_volume",
    "relative_volume",
    "official_open_price",
    "vwap",
    "open",
    "close",
    "high",
    "low",
    "aggregate_vwap",
    "average_size",
    "avg_volume",
    "prev_day_close",
    "prev_day_open",
    "prev_day_high",
    "prev_day_low",
    "prev_day_volume",
    "prev_day_vwap",
    "change",
    "pct_change",
    "change_since_open",
    "pct_change_since_open",
    "start_timestamp",
    "end_timestamp",
)

#: Those that hold numbers, as Redis names them.
NUMERIC_FIELDS = frozenset(name.encode() for name in FIELDS if name != "symbol")

#: Characters of :attr:`Frame.digest`.
DIGEST_LENGTH = 16

# Begins each digest, so that rows of a release that had other fields are made anew.
_LAYOUT = blake2b(",".join(FIELDS).encode(), digest_size=DIGEST_LENGTH // 2)

#: What hangs on the session's open price.
OPEN_FIELDS = ("open", "change_since_open", "pct_change_since_open")

#: What is written into a row's hash with every event, in the apply script's order.
CHANGING_FIELDS = (
    "close",
    "accumulated_volume",
    "volume",
    "high",
    "low",
    "vwap",
    "aggregate_vwap",
    "average_size",
    "relative_volume",
    "change",
    "pct_change",
    "start_timestamp",
    "end_timestamp",
)

#: What every event brings or changes, in the order in which its texts are made; ``open`` is the session's.
EVENT_FIELDS = (
    "volume",
    "accumulated_volume",
    "relative_volume",
    "official_open_price",
    "vwap",
    "close",
    "high",
    "low",
    "aggregate_vwap",
    "average_size",
    "change",
    "pct_change",
    "start_timestamp",
    "end_timestamp",
    "open",
    "change_since_open",
    "pct_change_since_open",
)

#: Tell two events apart that end together with the same accumulated volume and start together, so that the newer
#: one does not hang on the order of arrival. Any fixed order serves.
TIE_FIELDS = (
    "close",
    "high",
    "low",
    "volume",
    "vwap",
    "aggregate_vwap",
    "average_size",
    "official_open_price",
)


def change(value: float, base: float) -> tuple[float, float]:
    """By how much `value` differs from `base`, in its unit and in percent; 0 and 0 where `base` is 0."""
    if base == 0:
        return 0.0, 0.0
    difference = value - base
    return difference, min(difference / base * 100, GREATEST)


def ratio(value: float, base: float) -> float:
    """`value` in multiples of `base`, 0 where `base` is 0."""
    return min(value / base, GREATEST) if base else 0.0


def texts(numbers: Sequence[float]) -> list[str]:
    """For each number a short text that reads back as the same double, in JSON as in Redis.

    They are made all at once, for that costs a third of the time: as one JSON array, which is taken apart again.

    Args:
        numbers: one at least.
    """
    array = msgspec.json.encode(numbers)[1:-1].decode() + ","
    # Minus zero, which JSON readers treat in their own ways, becomes zero; whole numbers need no fraction.
    return array.replace("-0.0,", "0,").replace(".0,", ",").split(",")[:-1]


class Frame:
    """What a symbol's reference data makes of its rows: all that is there before there is an event.

    What reference data does not tell is read as no change since the day before: the previous close, volume and
    vwap are the event's own, the rest 0.

    Attributes:
        row_key: where the symbol's row is kept.
        quote_key: where its quote is.
        digest: of the reference data and of which fields a row has; rows made with the same one hold the same in
            what it alone decides.
        stands_in: ``1`` where an event stands in for the previous close, volume or vwap, ``2`` where nothing is
            known of the symbol; else empty.
        base: the previous close as a number; None where it is the event's.
        average: the average volume as a number; 0 where it is unknown.
        start: the row's JSON up to its first value that an event brings.
        free_float, average_volume, ...: texts, those of what an event stands in for empty.
    """

    __slots__ = (
        "average",
        "average_volume",
        "base",
        "digest",
        "free_float",
        "previous_close",
        "previous_high",
        "previous_low",
        "previous_open",
        "previous_volume",
        "previous_vwap",
        "quote_key",
        "row_key",
        "stands_in",
        "start",
    )

    def __init__(self, symbol: str, reference: Reference) -> None:
        previous, profile = reference.previous, reference.profile
        self.row_key, self.quote_key = keys.row(symbol), keys.quote(symbol)
        self.base, self.average = previous.close, profile.avg_volume or 0.0
        figures = {
            "free_float": profile.free_float or 0.0,
            "avg_volume": self.average,
            "prev_day_open": previous.open or 0.0,
            "prev_day_high": previous.high or 0.0,
            "prev_day_low": previous.low or 0.0,
            "prev_day_close": previous.close,
            "prev_day_volume": previous.volume,
            "prev_day_vwap": previous.vwap,
        }
        known = {field: figure for field, figure in figures.items() if figure is not None}
        decided = dict(zip(known, texts([*known.values()]), strict=True))
        digest = _LAYOUT.copy()
        digest.update(pack(decided))
        self.digest = digest.hexdigest()
        nothing = reference == NOTHING_KNOWN
        self.stands_in = "2" if nothing else "1" if len(known) < len(figures) else ""
        self.start = f'{{"symbol":"{symbol}","volume":'
        self.free_float, self.average_volume = decided["free_float"], decided["avg_volume"]
        self.previous_open = decided["prev_day_open"]
        self.previous_high = decided["prev_day_high"]
        self.previous_low = decided["prev_day_low"]
        self.previous_close = decided.get("prev_day_close", "")
        self.previous_volume = decided.get("prev_day_volume", "")
        self.previous_vwap = decided.get("prev_day_vwap", "")


#: For one event: the texts of the :data:`EVENT_FIELDS` and, last, of the event's own open; the row as JSON.
Row = tuple[tuple[str, ...], str]


def rows(events: Sequence[Event], frames: Sequence[Frame], opens: Sequence[float]) -> Iterator[Row]:
    """The rows of some events, each with the frame of its symbol on its day and its session's open price."""
    numbers: list[float] = []
    for event, frame, session_open in zip(events, frames, opens, strict=True):
        close, volume, base = event.close, event.accumulated_volume, frame.base
        numbers += (
            event.volume,
            volume,
            ratio(volume, frame.average),
            event.official_open_price,
            event.vwap,
            close,
            event.high,
            event.low,
            event.aggregate_vwap,
            event.average_size,
            *change(close, close if base is None else base),
            event.start_timestamp,
            event.end_timestamp,
            session_open,
            *change(close, session_open),
            event.open,
        )
    by_event = zip(*[iter(texts(numbers))] * (len(EVENT_FIELDS) + 1), strict=True)
    for frame, made in zip(frames, by_event, strict=True):
        v, av, relative, op, vw, c, h, l, a, z, difference, percent, s, e, o, since, percent_since, _ = made  # noqa: E741
        previous_close, previous_volume = frame.previous_close or c, frame.previous_volume or v
        previous_vwap = frame.previous_vwap or vw
        yield (
            made,
            f'{frame.start}{v},"free_float":{frame.free_float},"accumulated_volume":{av},'
            f'"relative_volume":{relative},"official_open_price":{op},"vwap":{vw},"open":{o},'
            f'"close":{c},"high":{h},"low":{l},"aggregate_vwap":{a},"average_size":{z},'
            f'"avg_volume":{frame.average_volume},"prev_day_close":{previous_close},'
            f'"prev_day_open":{frame.previous_open},"prev_day_high":{frame.previous_high},'
            f'"prev_day_low":{frame.previous_low},"prev_day_volume":{previous_volume},'
            f'"prev_day_vwap":{previous_vwap},"change":{difference},"pct_change":{percent},'
            f'"change_since_open":{since},"pct_change_since_open":{percent_since},'
            f'"start_timestamp":{s},"end_timestamp":{e}}}',
        )


def event_of(row: Mapping[str, str]) -> Event:
    """The event that a stored row was made of; its open price is the session's.

    A field that it lacks, as a row of an older release may, is 0; the open price is the close then.
    """
    values: dict[str, Any] = {name: _READ.get(name, float)(row.get(name, "0")) for name in _EVENTS_OWN}
    return Event(**values | {"open": float(row.get("open", values["close"]))})


def numbers_of(stored: Mapping[bytes, bytes]) -> dict[str, str]:
    """The numbers of a row's hash, as texts; what is none is somebody else's, and passed over."""
    return {
        name.decode(): text.decode()
        for name, text in stored.items()
        if name in NUMERIC_FIELDS and _is_number(text)
    }


def numbers_of_quote(quote: bytes) -> dict[str, str]:
    """The same texts as a quote tells them; none where it is no JSON object."""
    try:
        fields = _quote(quote)
    except msgspec.DecodeError:
        return {}
    return numbers_of({name.encode(): bytes(text) for name, text in fields.items()})


def _is_number(text: bytes) -> bool:
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


_NUMBER = re.compile(rb"-?\d+(\.\d*)?([eE][-+]?\d+)?")
_quote = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_EVENTS_OWN = [name for name in FIELDS if name in Event.__struct_fields__]
_READ: Mapping[str, Callable[[str], str | float]] = {
    "symbol": str,
    "start_timestamp": lambda text: int(float(text)),
    "end_timestamp": lambda text: int(float(text)),
}
