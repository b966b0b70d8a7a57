"""The row of a symbol: its fields, and the formulas of those that an event and reference data decide.

Doubles travel as the shortest text that reads back as the same double, in Redis' hashes and scores as in JSON.
The three fields that hang on the session's open price are filled in by ``apply.lua``, which alone knows it.
"""

import sys
from collections.abc import Mapping

from leaderboard.event import Event
from leaderboard.reference import NOTHING_KNOWN, Reference

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

#: Left empty by :func:`texts`, for the apply script.
OPEN_FIELDS = ("open", "change_since_open", "pct_change_since_open")

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


def text(number: float) -> str:
    """The shortest text that reads back as the same double."""
    # Adding zero turns minus zero, which JSON readers treat in their own ways, into zero.
    return repr(number + 0.0).removesuffix(".0")


def texts(event: Event, reference: Reference = NOTHING_KNOWN) -> list[str]:
    """The row's fields as texts, in the order of :data:`FIELDS`; :data:`OPEN_FIELDS` are empty.

    What reference data does not tell is read as no change since the day before: the previous close, volume and
    vwap are the event's own, the rest 0.
    """
    previous, profile = reference.previous, reference.profile
    previous_close = event.close if previous.close is None else previous.close
    previous_volume = event.volume if previous.volume is None else previous.volume
    previous_vwap = event.vwap if previous.vwap is None else previous.vwap
    average_volume = profile.avg_volume or 0.0
    difference, percent = change(event.close, previous_close)
    return [
        event.symbol,
        text(event.volume),
        text(profile.free_float or 0.0),
        text(event.accumulated_volume),
        text(ratio(event.accumulated_volume, average_volume)),
        text(event.official_open_price),
        text(event.vwap),
        "",
        text(event.close),
        text(event.high),
        text(event.low),
        text(event.aggregate_vwap),
        text(event.average_size),
        text(average_volume),
        text(previous_close),
        text(previous.open or 0.0),
        text(previous.high or 0.0),
        text(previous.low or 0.0),
        text(previous_volume),
        text(previous_vwap),
        text(difference),
        text(percent),
        "",
        "",
        str(event.start_timestamp),
        str(event.end_timestamp),
    ]


def event_of(row: Mapping[str, str]) -> Event:
    """The event that a stored row was made of; its open price is the session's."""
    return Event.model_validate(
        {name: row[name] if name == "symbol" else float(row[name]) for name in _EVENT_FIELDS}
    )


_EVENT_FIELDS = [name for name in FIELDS if name in Event.model_fields]
