"""Conflation: of a symbol's bars in a session, only the newest is applied.

The boards end up as if every bar had been applied: all that an older bar would leave behind is the session's
earliest open price, which the newest bar takes over, and its part in the day's highs, lows and regular close,
which is sent with the newest bar. What is missing is the quote published for each older bar.
"""

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from msgspec.structs import replace

from leaderboard.day_values import DayValues
from leaderboard.event import Event
from leaderboard.fields import TIE_BREAKS
from leaderboard.sessions import session_of

#: Orders the events of a symbol, the newest last, as ``apply.lua`` does.
newness = attrgetter("end_timestamp", "accumulated_volume", "start_timestamp", *TIE_BREAKS)
# Orders the events of a symbol's session that have an open price, the earliest first, as ``apply.lua`` does.
_earliness = attrgetter("start_timestamp", "end_timestamp", "open")

_END = re.compile(rb'"(?:e|end_timestamp)": ?(\d{1,15})\b')


class Conflated(NamedTuple):
    """The events that were left out in favour of a newer one.

    Attributes:
        start, end: of the event whose open price the newer one took over (its own, perhaps), Unix milliseconds.
        others: how many events were left out.
        day: what they and the newer one say of the day together.
        bars: they and the newer one as they came, for the tape; empty where they are not known.
    """

    start: int
    end: int
    others: int
    day: DayValues
    bars: Sequence[Event] = ()


def conflate(events: Sequence[Event]) -> tuple[list[Event], list[Conflated | None]]:
    """The newest event of each symbol in each session, with the open price of the earliest one.

    Returns:
        The events and, for each, what was left out in its favour; None where nothing was.
    """
    groups: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        groups.setdefault((event.symbol, session_of(event.start_timestamp).number), []).append(event)
    newest = [_newest(group) for group in groups.values()]
    return [event for event, _ in newest], [conflated for _, conflated in newest]


def _newest(group: Sequence[Event]) -> tuple[Event, Conflated | None]:
    if len(group) == 1:
        return group[0], None
    newest, earliest = max(group, key=newness), opening(group)
    if newest.open != earliest.open:
        newest = replace(newest, open=earliest.open)
    day = DayValues.of_bars(group)
    return newest, Conflated(earliest.start_timestamp, earliest.end_timestamp, len(group) - 1, day, group)


def opening(group: Sequence[Event]) -> Event:
    """The event that gives a symbol's session its open price: the earliest one that has any."""
    earliest = min(group, key=_earliness)
    if not earliest.open:
        earliest = min((event for event in group if event.open), key=_earliness, default=earliest)
    return earliest


def end_of(text: bytes) -> int | None:
    """When the event of a JSON text ends, Unix milliseconds, found without parsing; None where it is not found."""
    found = _END.search(text)
    return int(found[1]) if found else None


def numbered(conflated: Sequence[Conflated | None]) -> dict[int, tuple[int, int, int, DayValues]]:
    """As ``apply.lua`` takes them: by the number of the event that replaces them, which starts at 1; no bars."""
    return {n: each[:4] for n, each in enumerate(conflated, 1) if each}
