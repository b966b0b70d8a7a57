"""Reads the service's frames: JSON arrays of messages, most of which are bars."""

import json
import logging
from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec

from feeds.event_dict import EventDict
from leaderboard.brief import brief
from leaderboard.event import EARLIEST_TIMESTAMP, LATEST_TIMESTAMP

log = logging.getLogger(__name__)

#: The type under which messages without one are counted.
UNKNOWN = "?"
STATUS = "status"

_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)


class _Head(msgspec.Struct, gc=False):
    """What is read of each message. The service may send any JSON type."""

    ev: Any = None
    e: Any = None


class Frame(NamedTuple):
    """The content of one frame.

    Attributes:
        bars: messages of the wanted types, each as JSON, which takes a quarter of a dict's memory.
        end: the latest end of a bar, Unix milliseconds; None if no bar has one.
        statuses: the service's messages about the connection.
    """

    bars: list[msgspec.Raw]
    end: int | None
    statuses: list[dict[str, Any]]


class FrameReader:
    """Reads frames and counts what they hold.

    Args:
        wanted: types of messages to keep. Others are counted and ignored.

    Attributes:
        count: frames read.
        types: messages by type, ignored ones included.
        malformed: frames that are not JSON arrays, and bars that are not JSON.
    """

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted)
        self.count = 0
        self.types: Counter[str] = Counter()
        self.malformed = 0

    def read(self, frame: bytes) -> Frame:
        """The content of a frame. A frame that is not a JSON array is logged and counted, and counts as empty."""
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
            self.decode([event for event, kind in zip(events, kinds, strict=True) if kind == STATUS]),
        )

    def decode(self, bars: Collection[msgspec.Raw]) -> list[EventDict]:
        """Parse bars. Those that are not valid JSON are logged, counted and skipped."""
        try:
            return [_decode(bar) for bar in bars]
        except _UNREADABLE:
            return [event for bar in bars if (event := self._event(bar)) is not None]

    def ignored(self) -> dict[str, int]:
        """Messages that were neither bars nor statuses, by type."""
        return {kind: count for kind, count in self.types.items() if kind not in self._wanted | {STATUS}}

    def _event(self, bar: msgspec.Raw) -> EventDict | None:
        try:
            event: EventDict = _by_python(bar)
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
    """Decode with Python's parser, which also accepts lone surrogates and numbers beyond any double.

    The worker decides whether such a message is a bar.
    """
    return json.loads(bytes(text))


def _events(frame: bytes) -> list[msgspec.Raw]:
    try:
        return _decode_events(frame)
    except msgspec.DecodeError:
        # Save the frame's other messages.
        if not isinstance(events := _by_python(frame), list):
            raise
        return [msgspec.Raw(json.dumps(event).encode()) for event in events]


def _head(event: msgspec.Raw) -> _Head:
    try:
        return _decode_head(event)
    except msgspec.ValidationError:
        # Not an object.
        return _Head()
    except _UNREADABLE:
        read = _by_python(event)
        return _Head(read.get("ev"), read.get("e")) if isinstance(read, dict) else _Head()


def _latest(heads: list[_Head]) -> int | None:
    # If it is not a time in milliseconds, the worker refuses the bar.
    ends = [head.e for head in heads if type(head.e) is int]
    return max((end for end in ends if EARLIEST_TIMESTAMP <= end < LATEST_TIMESTAMP), default=None)
