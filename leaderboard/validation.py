"""Validation: which payloads are events, and why each of the others is none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from leaderboard.brief import brief
from leaderboard.event import (
    DECIMAL,
    DECIMALS,
    EARLIEST_TIMESTAMP,
    LATEST_TIMESTAMP,
    SHORT_NAMES,
    Event,
    parse,
    parse_json,
)
from leaderboard.reason_kind import ReasonKind

#: Milliseconds by which an event may be ahead of the clock before it counts as corrupt.
FUTURE_TOLERANCE = 60_000
# Payloads that are parsed together; if one of them is not plain, all of them are parsed one by one. With 500 their
# dicts leave the processor's cache, and each event takes a sixth longer.
_TOGETHER = 50

_TIMESTAMPS = ("start_timestamp", "end_timestamp")
_KINDS = {"symbol": ReasonKind.SYMBOL, **dict.fromkeys(_TIMESTAMPS, ReasonKind.TIMESTAMP)}
# Units that are taken for milliseconds by mistake, and how many of them a second has.
_OTHER_UNITS = {"seconds": 1, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}
# The words under which dead letters have always been kept for this.
_NOT_A_DICT = "Input should be a valid dictionary or instance of _Model"
_IS_DECIMAL = re.compile(DECIMAL)


@dataclass(frozen=True)
class Refused:
    """A payload that is no valid event.

    Attributes:
        payload: what was received.
        reason: which field was wrong, how, and what it held.
        kind: of the reason; where several fields were wrong, that of the first.
        index: its place in the batch that it came with; None: it came with none.
        task: id of the task that brought it; empty: not known.
    """

    payload: Any
    reason: str
    kind: ReasonKind
    index: int | None = None
    task: str = ""


def validate(
    payloads: Sequence[Any], now: int, *, texts: Sequence[bytes] = (), allow_future: bool = False
) -> tuple[list[Event], list[Refused]]:
    """Validate a batch. Each payload is judged by itself: a bad one does not affect its neighbours.

    A dict with short names (``sym``, ``v``, ...) or with those of :class:`Event` is valid. Null fields count as
    absent, unknown ones are ignored, an absent open or one of 0 becomes the close.

    Args:
        payloads: what was received.
        now: the time of receipt, Unix milliseconds; absent timestamps become it.
        texts: the payloads' JSON, if all were received as such. A payload is then asked for only if it has to be
            judged by itself, so `payloads` can make them on demand.
        allow_future: events may be ahead of `now`, as in a replay.

    Returns:
        The events and the refused payloads, each in the order received.
    """
    events: list[Event] = []
    refused: list[Refused] = []
    for start in range(0, len(payloads), _TOGETHER):
        numbers = range(start, min(start + _TOGETHER, len(payloads)))
        together = _parse_together(payloads, texts, numbers)
        if together is not None and (allow_future or _are_timely(together, now)):
            events += together
            continue
        for number in numbers:
            judged = _judge(payloads[number], now, allow_future)
            if isinstance(judged, Event):
                events.append(judged)
            else:
                refused.append(replace(judged, index=number))
    return events, refused


def _parse_together(payloads: Sequence[Any], texts: Sequence[bytes], numbers: range) -> list[Event] | None:
    try:
        if texts:
            return parse_json(texts[numbers.start : numbers.stop])
        return parse([payloads[number] for number in numbers])
    except ValueError:
        return None


def _are_timely(events: Sequence[Event], now: int) -> bool:
    latest = max(max(event.end_timestamp, event.start_timestamp) for event in events)
    return latest <= now + FUTURE_TOLERANCE


def _judge(payload: Any, now: int, allow_future: bool) -> Event | Refused:
    try:
        (event,) = parse([_plain(payload, now)])
    except ValidationError as error:
        return Refused(payload, *_reason(error))
    ahead = max(event.start_timestamp, event.end_timestamp) - now
    if ahead <= FUTURE_TOLERANCE or allow_future:
        return event
    tolerance = FUTURE_TOLERANCE // 1000
    return Refused(
        payload,
        f"{ahead / 1000:.1f} s in the future, against a tolerance of {tolerance} s",
        ReasonKind.FUTURE,
    )


def _plain(payload: Any, now: int) -> Any:
    """The payload as :func:`leaderboard.event.parse` takes it, where it says the same in another way."""
    if not isinstance(payload, dict):
        return payload
    fields = {name: value for name, value in payload.items() if value is not None}
    for decimal, field in DECIMALS.items():
        value = fields.get(decimal)
        if isinstance(value, str) and not _IS_DECIMAL.fullmatch(value):
            # It stays, to be refused.
            continue
        if value is not None:
            fields[field] = float(value) if isinstance(value, str) else value
            del fields[decimal]
    for field in _TIMESTAMPS:
        timestamp = fields.get(field, fields.get(SHORT_NAMES[field], now))
        whole = isinstance(timestamp, float) and timestamp.is_integer()
        fields[field] = int(timestamp) if whole else timestamp
    return fields


def _reason(error: ValidationError) -> tuple[str, ReasonKind]:
    """All that is wrong with a payload, as one line. Where a decimal is, only that. And the kind of the first."""
    problems = {problem["loc"][-1]: problem for problem in error.errors(include_url=False)}
    if not_a_dict := problems.get(0):
        return f"{_NOT_A_DICT}, got {brief(not_a_dict['input'])}", ReasonKind.NO_EVENT
    for decimal in DECIMALS:
        if decimal in problems:
            return f"{decimal}: not a decimal number, got {brief(problems[decimal]['input'])}", ReasonKind.FIELD
    wrong = [field for field in (*SHORT_NAMES, "otc") if field in problems]
    return "; ".join(_line(field, problems[field]) for field in wrong), _KINDS.get(wrong[0], ReasonKind.FIELD)


def _line(field: str, problem: ErrorDetails) -> str:
    if problem["type"] == "missing":
        return f"{field}: {problem['msg']}"
    wrong = _wrong_timestamp(problem["input"]) if field in _TIMESTAMPS else problem["msg"]
    return f"{field}: {wrong}, got {brief(problem['input'])}"


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
