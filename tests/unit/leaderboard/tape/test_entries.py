"""Entries of the tape: what is packed is what is read."""

import struct
from datetime import date
from typing import Any

import pytest
from msgspec.msgpack import encode
from msgspec.structs import asdict

from leaderboard.day_values import DayValues
from leaderboard.event import Event
from leaderboard.tape.bars import DOUBLES, pack
from leaderboard.tape.entries import (
    BAR,
    Anchor,
    Bars,
    Digests,
    Entry,
    Figures,
    InvalidEntryError,
    Learned,
    LearnedSymbol,
    Moved,
    Refresh,
    RestoredDay,
    Rolled,
    ScreensTicked,
    Started,
    Ticked,
    decode,
    unpack,
)
from tests.support.market import at

ABOUT = {b"r": b"7", b"s": b"202611201", b"t": b"1700000000123"}


def event(symbol: str = "A", clock: str = "09:31:00", day: date = date(2026, 11, 20)) -> Event:
    """A bar each of whose numbers is another one that has no short text."""
    start = at(clock, day)
    numbers: Any = {name: 1 / n for n, name in enumerate(DOUBLES, 3)}
    return Event(symbol, start_timestamp=start, end_timestamp=start + 1000, **numbers)


def entry(kind: bytes, **fields: bytes) -> Entry:
    return decode(b"12-0", {b"k": kind, **ABOUT, **{name.encode(): value for name, value in fields.items()}})


def test_bars_are_unpacked_to_the_same_doubles() -> None:
    minute = Event("B", 2.0, 3.0, at("09:30:00"), at("09:31:00"), "AM", otc=True)

    bars = unpack(pack([event(), minute]))

    assert bars.dtype == BAR
    for index, each in enumerate([event(), minute]):
        expected = asdict(each)
        del expected["symbol"]
        assert bars[index]["event"] == index
        assert bars[index]["minute"] == (expected.pop("event_type") == "AM")
        assert {name: bars[index][name].item() for name in expected} == expected


def test_a_bar_takes_less_than_a_hundred_bytes() -> None:
    bars = [event()] * 100

    assert len(pack(bars)) / 100 <= 91
    assert len(pack(bars, range(100))) / 100 <= 93


def test_each_bar_says_which_event_carried_it() -> None:
    bars = unpack(pack([event(), event(), event()], [0, 0, 1]))

    assert bars["event"].tolist() == [0, 0, 1]


@pytest.mark.parametrize("days", [[date(2026, 11, 20), date(2001, 3, 1)], [date(2001, 3, 1), date(2099, 3, 2)]])
def test_times_that_are_far_apart_take_the_wide_form(days: list[date]) -> None:
    events = [event(day=day) for day in days]

    bars = unpack(pack(events))

    assert bars["start_timestamp"].tolist() == [each.start_timestamp for each in events]
    assert bars["end_timestamp"].tolist() == [each.end_timestamp for each in events]


def test_a_batch_is_decoded_with_its_reference_fields() -> None:
    line = '2\t5\t"free_float":5e6\t"avg_volume":0.1,"prev_day_close":2'

    batch = entry(b"bars", e=b"A\nB", o=b"AL", b=pack([event("A"), event("B")]), f=line.encode())

    assert isinstance(batch, Bars)
    assert (batch.position, batch.revision, batch.session, batch.at) == (12, 7, 202611201, 1700000000123)
    assert batch.anchor == Anchor(12, 7, 202611201, 1700000000123)
    assert (batch.symbols, batch.outcomes, batch.days) == (["A", "B"], "AL", {})
    known = {"free_float": 5e6, "avg_volume": 0.1, "prev_day_close": 2}
    assert batch.references == {1: Figures(("prev_day_close", "prev_day_vwap"), known)}


def test_a_restored_batch_is_decoded_with_what_its_rows_say_of_the_day() -> None:
    day = DayValues(12.5, 1000, 9, 0, 0, 0, 0, 0, 10)

    batch = entry(b"bars", e=b"A", o=b"A", b=pack([event()]), d=encode({1: (5, 6, 0, day)}))

    assert isinstance(batch, Bars)
    assert batch.days == {0: RestoredDay(5, 6, day)}


def test_learned_reference_data_is_decoded_by_symbol() -> None:
    volumes = struct.pack("<I", 0) + struct.pack("<I", 3) + b"\n\0\t"
    learned = entry(
        b"learn",
        v=b"x-1",
        day=b"20261120",
        e=b"A\nB",
        previous=b'{"close":5}\n',
        profile=b"null\n",
        volumes=volumes,
    )

    assert isinstance(learned, Learned)
    assert (learned.day, learned.version) == (20261120, "x-1")
    assert learned.symbols == {
        "A": LearnedSymbol('{"close":5}', "null", b""),
        "B": LearnedSymbol("", "", b"\n\0\t"),
    }


def test_the_other_kinds_are_decoded() -> None:
    about = (12, 7, 202611201, 1700000000123)

    assert entry(b"start") == Started(*about)
    assert entry(b"refresh", e=b"A", o=b"A") == Refresh(*about, ["A"], "A", {})
    assert entry(b"roll") == Rolled(*about)
    assert entry(b"move", keeps=b"1") == Moved(*about, keeps=True)
    assert entry(b"tick", slot=b"9", revision=b"6", published_at=b"10") == Ticked(*about, 9, 6, 10)
    assert entry(b"tick", slot=b"9", published_at=b"10") == Ticked(*about, 9, 7, 10)
    assert entry(b"digests", slot=b"9", boards=b"volume ab\ngappers cd") == Digests(
        *about, 9, {"volume": "ab", "gappers": "cd"}
    )
    assert entry(b"screens", slot=b"9", revision=b"6", published_at=b"10", screens=b"losers ab") == ScreensTicked(
        *about, 9, 6, 10, {"losers": "ab"}, None
    )
    anew = entry(b"screens", slot=b"9", revision=b"6", published_at=b"10", screens=b"", alerts_anew=b"1")
    assert anew == ScreensTicked(*about, 9, 6, 10, {}, None, alerts_anew=True)


@pytest.mark.parametrize(
    "fields", [{b"k": b"future"}, {b"k": b"roll", b"s": b"x"}, {b"k": b"bars", b"e": b"A", b"o": b"A", b"b": b"?"}]
)
def test_what_no_release_has_written_is_refused_by_its_id(fields: dict[bytes, bytes]) -> None:
    with pytest.raises(InvalidEntryError, match="entry 12-0"):
        decode(b"12-0", ABOUT | fields)


def test_bars_with_anything_behind_them_are_refused() -> None:
    with pytest.raises(ValueError, match="bytes after the bars"):
        unpack(pack([event()]) + b"\0")
