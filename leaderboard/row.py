"""The row of a symbol: its fields, and the formulas of those that an event and reference data decide.

Doubles travel as a short text that reads back as the same double, in Redis' hashes and scores as in JSON. The
three fields that hang on the session's open price are filled in by ``apply.lua``, which alone knows it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from leaderboard import keys
from leaderboard.event import Event
from leaderboard.packing import sequence
from leaderboard.reference import Reference

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

#: What hangs on the session's open price.
OPEN_FIELDS = ("open", "change_since_open", "pct_change_since_open")

#: What every event brings or changes, in the order in which its texts are made. `open` is the event's own here.
EVENT_FIELDS = (
    "volume",
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
    "change",
    "pct_change",
    "start_timestamp",
    "end_timestamp",
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
    return difference, bounded(difference / base * 100)


def ratio(value: float, base: float) -> float:
    """`value` in multiples of `base`, 0 where `base` is 0."""
    return bounded(value / base) if base else 0.0


def bounded(value: float) -> float:
    """`value`, or the greatest double where it left a double's range: JSON has no infinity."""
    return min(max(value, -sys.float_info.max), sys.float_info.max)


def texts(numbers: Sequence[float]) -> list[str]:
    """For each number a short text that reads back as the same double, in JSON as in Redis.

    They are made all at once, for that costs a fifth of the time: as one JSON array, which is taken apart again.
    """
    array = msgspec.json.encode(numbers)[1:-1].decode() + ","
    # Minus zero, which JSON readers treat in their own ways, becomes zero; whole numbers need no fraction.
    return array.replace("-0.0,", "0,").replace(".0,", ",").split(",")[:-1]


# What an event's close, volume and vwap stand in for.
_STOOD_IN_FOR = ("prev_day_close", "prev_day_volume", "prev_day_vwap")


def _json(fixed: Mapping[str, str]) -> list[str]:
    """A row's JSON in the pieces around the values of :data:`OPEN_FIELDS`: those of the `fixed` fields are in it,
    and a ``%s`` for each of the others.
    """
    gap = "\0"
    values = ((field, gap if field in OPEN_FIELDS else fixed.get(field, "%s")) for field in FIELDS)
    return ("{" + ",".join(f'"{field}":{value}' for field, value in values) + "}").split(gap)


_TAIL = _json({})[-1]


class Frame:
    """What a symbol's reference data makes of its rows: all that can be written before there is an event.

    What reference data does not tell is read as no change since the day before: the previous close, volume and
    vwap are the event's own, the rest 0.

    Attributes:
        row_key: where the symbol's row is kept.
        quote_key: where its quote is.
        digest: of the reference data; rows made with the same one hold the same in the fields of `pairs`.
        pairs: the fields that reference data alone decides and their values, as a
            :func:`leaderboard.packing.sequence`.
        previous_close: None where it is the event's.
        average_volume: 0 where it is unknown.
        previous: texts of the previous close, volume and vwap; empty where they are the event's.
        head: JSON of a row up to the value of ``open``, with a ``%s`` for each of the event's values.
        middle: the same from there up to the value of ``change_since_open``.
    """

    __slots__ = (
        "average_volume",
        "digest",
        "head",
        "middle",
        "pairs",
        "previous",
        "previous_close",
        "quote_key",
        "row_key",
    )

    def __init__(self, symbol: str, reference: Reference) -> None:
        previous, profile = reference.previous, reference.profile
        self.row_key, self.quote_key = keys.row(symbol), keys.quote(symbol)
        self.previous_close, self.average_volume = previous.close, profile.avg_volume or 0.0
        figures = {
            "free_float": profile.free_float or 0.0,
            "avg_volume": self.average_volume,
            "prev_day_open": previous.open or 0.0,
            "prev_day_high": previous.high or 0.0,
            "prev_day_low": previous.low or 0.0,
        }
        stood_in_for = (previous.close, previous.volume, previous.vwap)
        figures |= {
            field: figure for field, figure in zip(_STOOD_IN_FOR, stood_in_for, strict=True) if figure is not None
        }
        decided = dict(zip(figures, texts([*figures.values()]), strict=True)) | {"symbol": symbol}
        self.pairs = sequence([text for pair in decided.items() for text in pair])
        self.digest = blake2b(self.pairs, digest_size=8).hexdigest()
        self.previous = tuple(decided.get(field, "") for field in _STOOD_IN_FOR)
        # What an event may stand in for is filled in with each event, known or not.
        fixed = {field: text for field, text in decided.items() if field not in _STOOD_IN_FOR}
        self.head, self.middle, *_ = _json(fixed | {"symbol": f'"{symbol}"'})


class Row(NamedTuple):
    """A row, but for what hangs on the session's open price.

    Attributes:
        texts: of the :data:`EVENT_FIELDS`.
        head: its JSON up to the value of ``open``.
        middle: from there up to the value of ``change_since_open``.
        tail: from the end of the value of ``pct_change_since_open``.
        pairs: the fields that are not in its frame's pairs and their values, as a
            :func:`leaderboard.packing.sequence`.
    """

    texts: Sequence[str]
    head: str
    middle: str
    tail: str
    pairs: bytes


def rows(events: Sequence[Event], frames: Sequence[Frame]) -> Iterator[Row]:
    """The rows of some events, each with the frame of its symbol on its day."""
    numbers: list[float] = []
    for event, frame in zip(events, frames, strict=True):
        close, volume, base = event.close, event.accumulated_volume, frame.previous_close
        numbers += (
            event.volume,
            volume,
            ratio(volume, frame.average_volume),
            event.official_open_price,
            event.vwap,
            event.open,
            close,
            event.high,
            event.low,
            event.aggregate_vwap,
            event.average_size,
            *change(close, close if base is None else base),
            event.start_timestamp,
            event.end_timestamp,
        )
    by_event = zip(*[iter(texts(numbers))] * len(EVENT_FIELDS), strict=True)
    for frame, made in zip(frames, by_event, strict=True):
        v, av, relative, op, vw, _, c, h, l, a, z, difference, percent, s, e = made  # noqa: E741 - as on the wire
        close_before, volume_before, vwap_before = frame.previous
        # In an order that keeps what every event changes at the front of the hash, where it is found sooner.
        pairs = [
            *("close", c, "accumulated_volume", av, "volume", v, "high", h, "low", l, "vwap", vw),
            *("aggregate_vwap", a, "average_size", z, "relative_volume", relative),
            *("change", difference, "pct_change", percent, "start_timestamp", s, "end_timestamp", e),
            *("official_open_price", op),
        ]
        if not close_before:
            pairs += "prev_day_close", c
        if not volume_before:
            pairs += "prev_day_volume", v
        if not vwap_before:
            pairs += "prev_day_vwap", vw
        yield Row(
            made,
            frame.head % (v, av, relative, op, vw),
            frame.middle
            % (c, h, l, a, z, close_before or c, volume_before or v, vwap_before or vw, difference, percent),
            _TAIL % (s, e),
            sequence(pairs),
        )


def event_of(row: Mapping[str, str]) -> Event:
    """The event that a stored row was made of; its open price is the session's."""
    return Event.model_validate(
        {name: row[name] if name == "symbol" else float(row[name]) for name in _EVENT_FIELDS}
    )


_EVENT_FIELDS = [name for name in FIELDS if name in Event.model_fields]
