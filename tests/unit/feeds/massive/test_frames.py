"""What is made of the wire's frames, and of the channels that a user names."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.massive.channels import channels, event_types
from feeds.massive.frames import UNKNOWN, Frame, FrameReader

BAR = {"ev": "A", "sym": "A", "c": 1.5, "s": 1788877043000, "e": 1788877044000}

TYPES = st.sampled_from(["A", "AM", "T", "LULD", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
EVENTS = st.dictionaries(st.sampled_from(["sym", "e", "c", "x"]), JSON) | st.fixed_dictionaries(
    {"ev": TYPES | JSON}, optional={"e": st.integers(2**39, 2**42) | JSON, "sym": JSON}
)


def written(events: Any) -> bytes:
    return json.dumps(events).encode()


@given(st.lists(EVENTS | JSON))
def test_bars_come_out_as_they_came_in_whatever_is_beside_them(events: list[Any]) -> None:
    # Given a frame of anything
    frames = FrameReader({"A"})
    # When it is read
    frame = frames.read(written(events))
    # Then its bars are there, in their order, as if all of it had been read by JSON's own rules
    wanted = [event for event in events if isinstance(event, dict) and event.get("ev") == "A"]
    assert frames.decode(frame.bars) == json.loads(written(wanted))
    # And the newest end of them that is a time
    ends = [event["e"] for event in wanted if type(event.get("e")) is int]
    assert frame.end == max((end for end in ends if 946_684_800_000 <= end < 4_102_444_800_000), default=None)
    # And every event is counted once
    assert (frames.types.total(), frames.malformed) == (len(events), 0)


@pytest.mark.parametrize(
    "text",
    [b"", b"no json", b'{"ev":"A"}', b'[{"ev":"A"}', b"null", b"\xff", b"[" * 5000, b"[" * 5000 + b"]" * 5000],
)
def test_what_is_no_frame_is_counted_and_logged(text: bytes, caplog: pytest.LogCaptureFixture) -> None:
    # Given a reader
    frames = FrameReader({"A"})
    # When something comes that is no JSON array
    assert frames.read(text) == Frame([], None, [])
    # Then it is logged in a line of bounded length, and counted
    (record,) = caplog.records
    assert record.getMessage().startswith("a frame cannot be read (")
    assert len(record.getMessage()) < 400
    assert (frames.malformed, frames.count) == (1, 1)
    # And nothing else is lost
    assert frames.decode(frames.read(written([BAR])).bars) == [BAR]


def test_a_bar_with_a_number_that_no_double_holds_is_for_the_worker_to_refuse() -> None:
    # Given bars with numbers beyond any double
    frames = FrameReader({"A"})
    frame = frames.read(b'[{"ev":"A","c":1e400},{"ev":"A","c":%d},{"ev":"A","c":1}]' % 10**40)
    # When they become events
    events = frames.decode(frame.bars)
    # Then all are there
    assert [event["c"] for event in events] == [float("inf"), 10**40, 1]


def test_a_bar_with_half_a_character_costs_no_other() -> None:
    # Given a frame that is JSON, but not of any text
    frames = FrameReader({"A"})
    frame = frames.read(rb'[{"ev":"A","sym":"B"},{"ev":"A","sym":"\ud800"},{"ev":"T"},{"ev":"A","c":NaN}]')
    # When its bars become events
    events = frames.decode(frame.bars)
    # Then all are there
    assert [event.get("sym") for event in events] == ["B", "\ud800", None]
    assert (frames.types, frames.malformed) == ({"A": 3, "T": 1}, 0)


def test_a_bar_that_is_no_text_is_left_out_alone() -> None:
    # Given a bar whose symbol is no UTF-8, between two others
    frames = FrameReader({"A"})
    frame = frames.read(b'[{"ev":"A","sym":"B"},{"ev":"A","sym":"\xff"},{"ev":"A","sym":"C"}]')
    # When they become events
    events = frames.decode(frame.bars)
    # Then the others are there, and it is counted
    assert [event["sym"] for event in events] == ["B", "C"]
    assert frames.malformed == 1


def test_statuses_are_kept_and_others_ignored() -> None:
    # Given a reader of minutes
    frames = FrameReader({"AM"})
    status = {"ev": "status", "status": "success", "message": "subscribed to: AM.*"}
    # When a frame of everything comes
    minute = BAR | {"ev": "AM", "e": 1788877080000}
    frame = frames.read(
        written([status, BAR | {"e": 1788877090000}, minute, {"ev": "T"}, {"ev": "T"}, {"ev": 7}, 7])
    )
    # Then the minutes are kept
    assert frames.decode(frame.bars) == [minute]
    assert frame.end == 1788877080000
    assert frame.statuses == [status]
    # And the others counted by type
    assert frames.ignored() == {"A": 1, "T": 2, UNKNOWN: 2}


@pytest.mark.parametrize("end", [1788877044, 1788877044000000000, 10**400, -(10**17)])
def test_an_end_in_another_unit_is_no_time(end: int) -> None:
    # Given a bar whose end is in seconds or nanoseconds, or no time at all, and one that is in order
    frames = FrameReader({"A"})
    # When they are read
    frame = frames.read(b'[{"ev":"A","e":%d},{"ev":"A","e":1788877044000}]' % end)
    # Then both are there, for the worker to refuse the one, and the frame's end is that of the other
    assert len(frame.bars) == 2
    assert frame.end == 1788877044000


@pytest.mark.parametrize("text", [b'"\xff"', b"01", b"[" * 5000 + b"]" * 5000])
def test_a_status_that_cannot_be_read_is_counted(text: bytes) -> None:
    # Given a status that is no JSON to the last letter, beside a bar
    frames = FrameReader({"A"})
    # When it comes
    frame = frames.read(b'[{"ev":"A","e":2000},{"ev":"status","status":"success","message":%b}]' % text)
    # Then it is counted, as itself or as its frame
    assert (frame.statuses, frames.malformed) == ([], 1)


@pytest.mark.skipif("MARKET_DATA" not in os.environ, reason="MARKET_DATA names no folder of market data")
def test_captured_frames() -> None:
    # Given frames of the wire
    lines = (Path(os.environ["MARKET_DATA"]) / "massive" / "ws_frames.jsonl").read_bytes().splitlines()
    captured = [json.loads(line)["frame"] for line in lines]
    # When they are read
    frames = FrameReader({"A", "AM"})
    read = [event for frame in captured for event in frames.decode(frames.read(written(frame)).bars)]
    # Then the bars are as they were
    assert read == [event for frame in captured for event in frame if event["ev"] in ("A", "AM")]
    assert frames.types == {"A": 3, "AM": 1, "LULD": 2, "T": 1}


def test_a_buffered_bar_takes_no_more_than_its_text() -> None:
    # Given a frame
    text = written([BAR] * 10)
    # When it is read
    frame = FrameReader({"A"}).read(text)
    # Then its bars are pieces of it
    assert [bytes(bar) for bar in frame.bars] == [json.dumps(BAR).encode()] * 10
    assert all(isinstance(bar, msgspec.Raw) for bar in frame.bars)


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        (["A.*"], ["A.*"]),
        (["A.AAPL, A.BRK.B", "A.AAPL", "AM.*"], ["A.AAPL", "A.BRK.B", "AM.*"]),
    ],
)
def test_channels_are_named_in_lists(texts: list[str], named: list[str]) -> None:
    assert channels(texts) == named
    assert event_types(named) == {name.split(".")[0] for name in named}


@pytest.mark.parametrize("text", ["", "A", "A.", "AAPL", "T.*", "A.*,", "a.*", "A.AA PL", "AM.**", "A.ü"])
def test_what_is_no_channel_of_bars_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"'.*' is no channel of bars, such as A\.\*"):
        channels([text])
