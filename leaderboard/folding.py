"""Folding: of a symbol's bars in a session only the newest is applied, as if those before it had been.

What the others would leave behind is their earliest open price, which the newest brings along. So the boards
are the same as if each had been applied; what there is not is a quote published for each.
"""

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from msgspec.structs import replace

from leaderboard.event import Event
from leaderboard.row import TIE_FIELDS
from leaderboard.sessions import session_of

#: Orders the events of a symbol, the newest last, as ``apply.lua`` does.
newness = attrgetter("end_timestamp", "accumulated_volume", "start_timestamp", *TIE_FIELDS)
# Orders the events of a symbol's session that have an open price, the earliest first, as ``apply.lua`` does.
_earliness = attrgetter("start_timestamp", "end_timestamp", "open")

_END = re.compile(rb'"(?:e|end_timestamp)": ?(\d{1,15})\b')


class Fold(NamedTuple):
    """What an event stands for beside itself.

    Attributes:
        start, end: of the earliest of the events folded into it, or its own, Unix milliseconds.
        others: how many were folded into it.
    """

    start: int
    end: int
    others: int


def fold(events: Sequence[Event]) -> tuple[list[Event], list[Fold | None]]:
    """The newest event of each symbol in each session, with the open of the earliest one.

    Returns:
        The events and, for each, what was folded into it; None where nothing was.
    """
    groups: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        groups.setdefault((event.symbol, session_of(event.start_timestamp).number), []).append(event)
    folded = [_folded(group) for group in groups.values()]
    return [event for event, _ in folded], [what for _, what in folded]


def _folded(group: Sequence[Event]) -> tuple[Event, Fold | None]:
    if len(group) == 1:
        return group[0], None
    newest, earliest = max(group, key=newness), opening(group)
    if newest.open != earliest.open:
        newest = replace(newest, open=earliest.open)
    return newest, Fold(earliest.start_timestamp, earliest.end_timestamp, len(group) - 1)


def opening(group: Sequence[Event]) -> Event:
    """Which of the events of a symbol's session makes its open price: the earliest one that has any."""
    earliest = min(group, key=_earliness)
    if not earliest.open:
        earliest = min((event for event in group if event.open), key=_earliness, default=earliest)
    return earliest


def end_of(text: bytes) -> int | None:
    """When the event of a JSON text ends, Unix milliseconds, at a glance; None where it is not plainly said."""
    found = _END.search(text)
    return int(found[1]) if found else None


def numbered(folds: Sequence[Fold | None]) -> dict[int, Fold]:
    """The folds as ``apply.lua`` takes them, by the number of the event, which starts at 1."""
    return {n: what for n, what in enumerate(folds, 1) if what}
