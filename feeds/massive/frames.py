"""Frames of the wire: JSON arrays of events, of which most are bars."""

import json
import logging
from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec

from feeds.bar import WireEvent
from leaderboard.brief import brief
from leaderboard.event import EARLIEST_TIMESTAMP, LATEST_TIMESTAMP

log = logging.getLogger(__name__)

#: What an event without a type counts as.
UNKNOWN = "?"
STATUS = "status"

_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)


class _Head(msgspec.Struct, gc=False):
    """What has to be known of an event before it is handed on; of whatever JSON type, for the wire is not ours."""

    ev: Any = None
    e: Any = None


class Frame(NamedTuple):
    """What came in one frame.

    Attributes:
        bars: events of the wanted types, each in its own JSON, a quarter of the memory of a dict.
        end: the latest end of a bar, Unix milliseconds; None where none tells.
        statuses: what the service says about the connection.
    """

    bars: list[msgspec.Raw]
    end: int | None
    statuses: list[dict[str, Any]]


class Frames:
    """Reads frames.

    Args:
        wanted: types of events to keep.

    Attributes:
        count: frames read.
        types: events by type, those that are passed over as well.
        malformed: frames and bars that are no JSON, or not of that form.
    """

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted)
        self.count = 0
        self.types: Counter[str] = Counter()
        self.malformed = 0

    def read(self, frame: bytes) -> Frame:
        """What is in a frame; of one that is no JSON array nothing, which is logged and counted."""
        self.count += 1
        try:
            events = _events(frame)
        except _UNREADABLE as error:
            self._complain("frame", frame, error)
            return Frame([], None, [])
        try:
            heads = _decode_heads(frame)
        except _UNREADABLE:
            heads = [_head(event) for event in events]
        kinds = [head.ev if isinstance(head.ev, str) else UNKNOWN for head in heads]
        types = Counter(kinds)
        self.types.update(types)
        if types.keys() <= self._wanted:
            return Frame(events, _latest(heads), [])
        return Frame(
            [event for event, kind in zip(events, kinds, strict=True) if kind in self._wanted],
            _latest([head for head, kind in zip(heads, kinds, strict=True) if kind in self._wanted]),
            self.events([event for event, kind in zip(events, kinds, strict=True) if kind == STATUS]),
        )

    def events(self, bars: Collection[msgspec.Raw]) -> list[WireEvent]:
        """As dicts; one that is no JSON to the last letter is logged, counted and left out."""
        try:
            return [_decode(bar) for bar in bars]
        except _UNREADABLE:
            return [event for bar in bars if (event := self._event(bar)) is not None]

    def passed_over(self) -> dict[str, int]:
        """Events that were neither bars nor statuses, by type."""
        return {kind: count for kind, count in self.types.items() if kind not in self._wanted | {STATUS}}

    def _event(self, bar: msgspec.Raw) -> WireEvent | None:
        try:
            event: WireEvent = _by_python(bar)
        except _UNREADABLE as error:
            self._complain("bar", bytes(bar), error)
            return None
        return event

    def _complain(self, what: str, text: bytes, error: Exception) -> None:
        self.malformed += 1
        log.warning("a %s cannot be read (%s): %s", what, error, brief(text))


_decode = msgspec.json.Decoder().decode
_decode_events = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_heads = msgspec.json.Decoder(list[_Head]).decode
_decode_head = msgspec.json.Decoder(_Head).decode


def _by_python(text: bytes | msgspec.Raw) -> Any:
    """What Python makes of it, which reads a little more: half of a surrogate pair, numbers beyond any double.

    Whether such an event is a bar is for the worker to say.
    """
    return json.loads(bytes(text))


def _events(frame: bytes) -> list[msgspec.Raw]:
    try:
        return _decode_events(frame)
    except msgspec.DecodeError:
        # For the sake of the frame's other events.
        if not isinstance(events := _by_python(frame), list):
            raise
        return [msgspec.Raw(json.dumps(event).encode()) for event in events]


def _head(event: msgspec.Raw) -> _Head:
    try:
        return _decode_head(event)
    except msgspec.ValidationError:
        # No object.
        return _Head()
    except _UNREADABLE:
        read = _by_python(event)
        return _Head(read.get("ev"), read.get("e")) if isinstance(read, dict) else _Head()


def _latest(heads: list[_Head]) -> int | None:
    # What is no time, as seconds or nanoseconds, is for the worker to refuse.
    ends = [head.e for head in heads if type(head.e) is int]
    return max((end for end in ends if EARLIEST_TIMESTAMP <= end < LATEST_TIMESTAMP), default=None)
