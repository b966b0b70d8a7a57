"""The event: one bar of one symbol, as producers send it, and its validation."""

import math
import re
import reprlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)

#: Milliseconds by which an event may be ahead of the clock before it counts as corrupt.
FUTURE_TOLERANCE = 60_000
#: The years 2000 and 2100, Unix milliseconds: what lies outside is a timestamp in another unit.
EARLIEST_TIMESTAMP, LATEST_TIMESTAMP = 946_684_800_000, 4_102_444_800_000

# The wire's short spelling, and the long one that the model uses.
_WIRE_NAMES = {
    "ev": "event_type",
    "sym": "symbol",
    "v": "volume",
    "av": "accumulated_volume",
    "o": "open",
    "c": "close",
    "h": "high",
    "l": "low",
    "vw": "vwap",
    "a": "aggregate_vwap",
    "z": "average_size",
    "op": "official_open_price",
    "s": "start_timestamp",
    "e": "end_timestamp",
}
_SHORT = {long: short for short, long in _WIRE_NAMES.items()}
_SYMBOL = r"[A-Za-z0-9][A-Za-z0-9.\-+=^/_]{0,23}"

_TIMESTAMP_FIELDS = ("start_timestamp", "end_timestamp")
# Units that are taken for milliseconds by mistake, and how many of them a second has.
_OTHER_UNITS = {"seconds": 1, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}

# Decimal strings that, where present, say the same volume more exactly.
_DECIMALS = {"dv": "volume", "dav": "accumulated_volume"}
_DECIMAL = re.compile(r"[0-9]{1,300}(\.[0-9]{1,300})?")

_Amount = Annotated[float, Meta(ge=0, le=sys.float_info.max)]
_Price = Annotated[float, Meta(gt=0, le=sys.float_info.max)]
_Milliseconds = Annotated[int, Meta(ge=EARLIEST_TIMESTAMP, lt=LATEST_TIMESTAMP)]
_Symbol = Annotated[str, Meta(pattern=rf"^{_SYMBOL}\Z")]
_Decimal = Annotated[str, Meta(pattern=rf"^{_DECIMAL.pattern}\Z")]


# Neither holds what could hold it in turn: nothing for the collector of garbage to look at.
class Event(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, rename=_SHORT):
    """One aggregate bar of one symbol, per second or per minute.

    Prices are in dollars, volumes in shares (they can be fractional), timestamps in Unix milliseconds. A price of
    0 is no price. What becomes one is said by :func:`validate`.
    """

    symbol: _Symbol
    close: _Amount
    # A text without an open needs a closer look, in which the close takes its place; it is 0 where that is, too.
    open: _Price
    start_timestamp: _Milliseconds
    end_timestamp: _Milliseconds
    event_type: Literal["A", "AM"] = "A"
    high: _Amount = 0.0
    low: _Amount = 0.0
    vwap: _Amount = 0.0
    volume: _Amount = 0.0
    accumulated_volume: _Amount = 0.0
    aggregate_vwap: _Amount = 0.0
    average_size: _Amount = 0.0
    official_open_price: _Amount = 0.0
    otc: bool = False


class _Live(Event, frozen=True, gc=False, forbid_unknown_fields=True, rename=_SHORT):
    """An event as the live feed sends it: its volumes may be said again as decimal strings, which count."""

    dv: _Decimal | msgspec.UnsetType = msgspec.UNSET
    dav: _Decimal | msgspec.UnsetType = msgspec.UNSET

    def event(self) -> Event:
        *values, volume, accumulated_volume = msgspec.structs.astuple(self)
        if volume is not msgspec.UNSET:
            values[_VOLUME] = float(volume)
        if accumulated_volume is not msgspec.UNSET:
            values[_ACCUMULATED_VOLUME] = float(accumulated_volume)
        return Event(*values)


_VOLUME = Event.__struct_fields__.index("volume")
_ACCUMULATED_VOLUME = Event.__struct_fields__.index("accumulated_volume")


def _spelled(long: str, **rest: Any) -> Any:
    return Field(validation_alias=AliasChoices(long, _SHORT[long]), **rest)


def _amount(long: str, **rest: Any) -> Any:
    return _spelled(long, ge=0, allow_inf_nan=False, **rest)


def _milliseconds(long: str) -> Any:
    return _spelled(long, ge=EARLIEST_TIMESTAMP, lt=LATEST_TIMESTAMP)


class _Model(BaseModel):
    """What a payload has to be to become an event; it says what is wrong with one that is not."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    event_type: Literal["A", "AM"] = _spelled("event_type", default="A")
    # What the symbol may hold keeps it harmless inside a key's name.
    symbol: str = _spelled("symbol", pattern=f"^{_SYMBOL}$")
    close: float = _amount("close")
    open: float = _amount("open", default=0.0)
    high: float = _amount("high", default=0.0)
    low: float = _amount("low", default=0.0)
    vwap: float = _amount("vwap", default=0.0)
    volume: float = _amount("volume", default=0.0)
    accumulated_volume: float = _amount("accumulated_volume", default=0.0)
    aggregate_vwap: float = _amount("aggregate_vwap", default=0.0)
    average_size: float = _amount("average_size", default=0.0)
    official_open_price: float = _amount("official_open_price", default=0.0)
    start_timestamp: int = _milliseconds("start_timestamp")
    end_timestamp: int = _milliseconds("end_timestamp")
    otc: bool = False


class _DecimalModel(_Model):
    """The same where volumes may be said again as decimal strings."""

    decimal_volume: str | None = Field(None, validation_alias="dv", pattern=f"^{_DECIMAL.pattern}$")
    decimal_accumulated_volume: str | None = Field(None, validation_alias="dav", pattern=f"^{_DECIMAL.pattern}$")

    def model_post_init(self, context: Any) -> None:
        values = self.__dict__
        for field in ("volume", "accumulated_volume"):
            if (decimal := values.pop(f"decimal_{field}")) is not None:
                values[field] = float(decimal)


def _event(model: _Model) -> Event:
    event = Event(**model.__dict__)
    return event if event.open else replace(event, open=event.close)


def _in_long_spelling(payload: Any, info: ValidationInfo) -> Any:
    if not isinstance(payload, dict):
        return payload
    present = {name: value for name, value in payload.items() if value is not None}
    # Where both spellings are there, the long one counts.
    fields = {_WIRE_NAMES[name]: value for name, value in present.items() if name in _WIRE_NAMES} | present
    for name, field in _DECIMALS.items():
        if name in fields:
            fields[field] = _from_decimal(name, fields[name])
    now = info.context["now"] if info.context else None
    for name in _TIMESTAMP_FIELDS:
        timestamp = fields.setdefault(name, now)
        if isinstance(timestamp, float) and timestamp.is_integer():
            fields[name] = int(timestamp)
    return fields


@dataclass(frozen=True)
class Refused:
    """A payload that is no valid event.

    Attributes:
        payload: what was received.
        reason: which field was wrong, how, and what it held.
        ahead: whether it was its time alone.
    """

    payload: Any
    reason: str
    ahead: bool = False


def is_symbol(text: str) -> bool:
    """Whether an event may have it for its symbol; no other ever becomes part of a key's name."""
    return _IS_SYMBOL.fullmatch(text) is not None


_IS_SYMBOL = re.compile(_SYMBOL)
# Most events are in the wire's spelling and say everything once.
_WIRE = msgspec.json.Decoder(list[Event])
_LIVE = msgspec.json.Decoder(list[_Live])
# Most others at least hold no null, and the model takes them as they are. For the rest a function writes out what
# they mean, which takes longer than the model.
_PLAIN = TypeAdapter(list[_Model])
_PLAIN_DECIMAL = TypeAdapter(list[_DecimalModel])
_EVENTS = TypeAdapter(list[Annotated[_Model, BeforeValidator(_in_long_spelling)]])


class _Brief(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:
            # Python does not write out integers of thousands of digits.
            return f"<an integer of {x.bit_length()} bits>"


_shortener = _Brief()
_shortener.maxstring = _shortener.maxother = 80


def brief(value: Any) -> str:
    """What stands for `value` in messages: its repr, cut short, whatever it is."""
    return _shortener.repr(value)


def validate(
    payloads: Sequence[Any], now: int, *, allow_future: bool = False
) -> tuple[list[Event], list[Refused]]:
    """Validate a batch; what is refused does not touch its neighbours.

    A dict in the wire's spelling (``sym``, ``v``, ...) or in that of :class:`Event` validates; fields that are
    null count as absent, and those that nobody knows are passed over. An open that is absent or 0 is the close.

    Args:
        payloads: what was received, in order.
        now: the time of receipt, Unix milliseconds; stands in for absent timestamps.
        allow_future: events may be ahead of `now`, as in a replay.

    Returns:
        The valid events and the refused payloads, each in the order received.
    """
    sound, events, refused = _validated(payloads, now)
    if allow_future or _are_timely(events, now):
        return events, refused
    timely: list[Event] = []
    for payload, event in zip(sound, events, strict=True):
        ahead = max(event.start_timestamp, event.end_timestamp) - now
        if ahead <= FUTURE_TOLERANCE:
            timely.append(event)
        else:
            refused.append(
                Refused(
                    payload,
                    f"{ahead / 1000:.1f} s in the future, against a tolerance of {FUTURE_TOLERANCE // 1000} s",
                    ahead=True,
                )
            )
    return timely, refused


def parse_plain(texts: Sequence[bytes], now: int, *, allow_future: bool = False) -> Sequence[Event] | None:
    """The events of a batch of JSON texts, where each is the text of an event that needs no second look.

    Args:
        texts, now, allow_future: as of :func:`validate`, but for the payloads being JSON.

    Returns:
        None where any text is no valid event, or one that :func:`validate` has to make sense of.
    """
    array = b"[" + b",".join(texts) + b"]"
    # A name can be written with escapes as well.
    decimal = b"\\" in array or any(b'"%b"' % name.encode() in array for name in _DECIMALS)
    try:
        events = _of_wire(array, decimal)
    except (msgspec.MsgspecError, ValueError):
        try:
            events = [*map(_event, (_PLAIN_DECIMAL if decimal else _PLAIN).validate_json(array))]
        except ValidationError:
            return None
    # More or fewer: a text held a comma between two events, or nothing.
    if len(events) != len(texts):
        return None
    return events if allow_future or _are_timely(events, now) else None


def _of_wire(array: bytes, decimal: bool) -> list[Event]:
    return [each.event() for each in _LIVE.decode(array)] if decimal else _WIRE.decode(array)


def _are_timely(events: Sequence[Event], now: int) -> bool:
    latest = now + FUTURE_TOLERANCE
    return all(max(map(timestamp, events), default=0) <= latest for timestamp in _TIMESTAMPS)


_TIMESTAMPS = (attrgetter("end_timestamp"), attrgetter("start_timestamp"))


def _validated(payloads: Sequence[Any], now: int) -> tuple[list[Any], list[Event], list[Refused]]:
    """The payloads that are events, the events, and the payloads that are none."""
    sound = list(payloads)
    decimal = any("dv" in each or "dav" in each for each in sound if isinstance(each, dict))
    try:
        return sound, [*map(_event, (_PLAIN_DECIMAL if decimal else _PLAIN).validate_python(sound))], []
    except ValidationError:
        pass
    refused: list[Refused] = []
    try:
        models = _EVENTS.validate_python(sound, context={"now": now})
    except ValidationError as error:
        reasons = _reasons(error)
        refused = [Refused(sound[index], reason) for index, reason in reasons.items()]
        sound = [payload for index, payload in enumerate(sound) if index not in reasons]
        models = _EVENTS.validate_python(sound, context={"now": now})
    return sound, [*map(_event, models)], refused


def _from_decimal(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _DECIMAL.fullmatch(value) or not math.isfinite(number := float(value)):
        raise ValueError(f"{name}: not a decimal number, got {brief(value)}")
    return number


def _reasons(error: ValidationError) -> dict[int, str]:
    """By the payload's index: all that was wrong with it, as one line."""
    problems: dict[int, list[str]] = {}
    for problem in error.errors(include_url=False):
        index, *fields = problem["loc"]
        assert isinstance(index, int)
        where = "".join(f"{field}: " for field in fields)
        got = "" if problem["type"] in ("missing", "value_error") else f", got {brief(problem['input'])}"
        wrong = problem["msg"].removeprefix("Value error, ")
        if fields and fields[0] in _TIMESTAMP_FIELDS:
            wrong = _wrong_timestamp(problem["input"])
        problems.setdefault(index, []).append(f"{where}{wrong}{got}")
    return {index: "; ".join(lines) for index, lines in problems.items()}


def _wrong_timestamp(value: Any) -> str:
    """What is wrong with a value that is no time in Unix milliseconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        wrong = "not a number"
    elif unit := next((name for name, a_second in _OTHER_UNITS.items() if _is_time(value, a_second)), None):
        wrong = f"looks like {unit}"
    elif _is_time(value, 1_000):
        wrong = "not a whole number"
    else:
        wrong = "not between the years 2000 and 2100"
    return f"{wrong}, Unix milliseconds are expected"


def _is_time(value: float, a_second: int) -> bool:
    """Whether `value` is a time between 2000 and 2100 in the unit of which so many are a second."""
    # Multiplied, not divided: an integer can be greater than any double.
    return EARLIEST_TIMESTAMP * a_second <= value * 1_000 < LATEST_TIMESTAMP * a_second
