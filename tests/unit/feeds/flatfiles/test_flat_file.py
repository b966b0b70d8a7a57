"""Flat files become bars, and bars events."""

import gzip
import os
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import FeedError
from feeds.flatfiles.bar import Bar, events
from feeds.flatfiles.flat_file import read
from feeds.flatfiles.trading_day import trading_days
from leaderboard.reference import PreviousDay
from leaderboard.validation import validate
from tests.support.feeds.flat_files import HEADER, events_of, line, written
from tests.support.market import at


def test_a_second_bar_becomes_an_event_in_the_wires_spelling(tmp_path: Path) -> None:
    # Given two second bars of a symbol
    start = at("09:30:00")
    path = written(tmp_path, line("AAPL", start, 100), line("AAPL", start + 1000, 0.5, 10.25))
    # When they are read
    first, second = events_of(path)
    # Then the events are spelled as on the wire, end after a second and sum the volume up
    assert first == {
        "ev": "A",
        "sym": "AAPL",
        "v": 100.0,
        "av": 100.0,
        "o": 9.5,
        "c": 10.0,
        "h": 10.5,
        "l": 9.25,
        "s": start,
        "e": start + 1000,
    }
    assert (second["v"], second["av"], second["c"], second["e"]) == (0.5, 100.5, 10.25, start + 2000)
    # And the leaderboards take them
    assert validate([first, second], now=0, allow_future=True)[1] == []


def test_lines_may_come_in_any_order_and_gzipped(tmp_path: Path) -> None:
    # Given a gzipped file sorted by symbol, as the vendor sorts them
    start = at("09:30:00")
    lines = [line("A", start + 1000), line("A", start), line("B", start), line("B", start + 2000)]
    path = tmp_path / "bars.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEADER, *lines]).encode()))
    # When it is read
    order = [(event["s"] - start, event["sym"]) for event in events_of(path)]
    # Then the bars come by time, and those of the same time by symbol
    assert order == [(0, "A"), (0, "B"), (1000, "A"), (2000, "B")]


def test_columns_are_found_by_name_and_others_ignored(tmp_path: Path) -> None:
    # Given a file with columns of its own in an order of its own, blank lines and a vwap that is not always there
    header = "low,session,window_start,close,vwap,ticker,open,high,volume"
    start = at("09:30:00")
    path = written(
        tmp_path,
        f"9.25,rth,{start}000000,10,9.75,AAPL,9.5,10.5,100",
        "",
        f"9.25,rth,{start + 1000}000000,10,,AAPL,9.5,10.5,100",
        header="\ufeff" + header,
    )
    # When it is read
    first, second = events_of(path)
    # Then each value is where it belongs, and vw only where it is known
    assert (first["l"], first["o"], first["h"], first["vw"]) == (9.25, 9.5, 10.5, 9.75)
    assert "vw" not in second


@pytest.mark.parametrize(
    ("starts", "seconds"),
    [
        (["09:30:00", "09:30:01"], 1),
        (["09:30:00", "09:31:00", "09:35:00"], 60),
        # Seconds without trades have no line: a thin file of second bars.
        (["09:30:00", "09:31:30"], 1),
        (["09:30:00"], 60),
        (["09:30:07"], 1),
    ],
)
def test_the_length_of_bars_follows_from_their_spacing(tmp_path: Path, starts: list[str], seconds: int) -> None:
    # Given bars at these times
    path = written(tmp_path, *(line("AAPL", at(start)) for start in starts))
    # When they are read
    event = events_of(path)[0]
    # Then they are as long as that, and of that type
    assert event["e"] - event["s"] == seconds * 1000
    assert event["ev"] == ("A" if seconds == 1 else "AM")


def test_the_length_of_bars_can_be_given(tmp_path: Path) -> None:
    # Given a file that looks like minute bars
    path = written(tmp_path, line("AAPL", at("09:30:00")))
    # When it is read as second bars
    # Then it has second bars
    assert read(path, bar_seconds=1).seconds == 1


def test_a_night_and_a_weekend_belong_to_the_trading_day_before(tmp_path: Path) -> None:
    # Given bars of a Friday evening, the night after it, and Monday's pre-market
    friday, saturday, monday = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)
    starts = [at("19:59:00", friday), at("03:00:00", saturday), at("04:00:00", monday)]
    path = written(tmp_path, *(line("AAPL", start) for start in starts))
    # When they are read
    days = trading_days([read(path)])
    # Then the night's bar is Friday's and volume starts anew on Monday
    assert [(day.day, len(day)) for day in days] == [(friday, 2), (monday, 1)]
    assert [event["av"] for event in events_of(path)] == [100, 200, 100]


def test_a_file_of_bars_that_all_start_at_midnight_holds_day_aggregates(tmp_path: Path) -> None:
    # Given the aggregates of two days, on either side of a weekend on which the clock changed
    friday, monday = date(2026, 10, 30), date(2026, 11, 2)
    path = written(
        tmp_path,
        line("A", at("00:00:00", friday), close=9),
        line("A", at("00:00:00", monday), close=10),
        line("B", at("00:00:00", monday), close=20),
    )
    # When the file is read, whatever is said of the length of its bars
    for file in (read(path), read(path, bar_seconds=60)):
        # Then each is of its own date
        assert file.is_daily
        assert {day: file.days[day].read for day in file.days} == {friday: 1, monday: 2}
        assert file.summary() == f"{path}: day aggregates, 1 of 2026-10-30 and 2 of 2026-11-02"
        # And its figures are those of the row
        _, last = trading_days([file])
        assert last.figures["A"] == PreviousDay(9.5, 10.5, 9.25, 10, 100, (10.5 + 9.25 + 10) / 3)


@pytest.mark.parametrize("clock", ["23:59:00", "00:01:00", "00:00:01", "01:00:00", "09:30:00"])
def test_a_bar_of_midnight_among_others_is_one_of_the_night(tmp_path: Path, clock: str) -> None:
    # Given a bar that starts at midnight, and one that does not
    thursday, friday = date(2026, 11, 19), date(2026, 11, 20)
    path = written(tmp_path, line("A", at("00:00:00", friday)), line("A", at(clock, thursday)))
    # When they are read
    file = read(path)
    # Then they are bars of the trading days that the night and the other belong to
    assert not file.is_daily
    expected = {thursday} | ({date(2026, 11, 18)} if clock < "04" else set())
    assert {*file.days} == expected
    assert sum(len(day) for day in trading_days([file])) == 2


def test_files_of_one_day_are_merged(tmp_path: Path) -> None:
    # Given a day in two files, the later one named first
    start = at("09:30:00")
    later = written(tmp_path, line("A", start + 1000), line("A", start + 3000), name="later.csv")
    earlier = written(tmp_path, line("A", start), line("B", start + 2000), name="earlier.csv")
    # When both are read
    merged = events_of(later, earlier)
    # Then there is one day in the order of time, with one running volume
    assert [(event["sym"], event["s"] - start, event["av"]) for event in merged] == [
        ("A", 0, 100),
        ("A", 1000, 200),
        ("B", 2000, 100),
        ("A", 3000, 300),
    ]


SOUND = line("AAPL", 1_763_649_000_000)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: there is no column 'ticker'."),
        ("ticker,volume,open,close,high,low\n", "line 1: there is no column 'window_start'."),
        (f"{HEADER}\n{SOUND}\nAAPL,100,x,1,1,1,1\n", "line 3: column 'window_start' holds '1', no Unix time in"),
        (f"{HEADER}\n{line('AAPL', 1_763_649_000)}", "no Unix time in nanoseconds."),
        (f"{HEADER}\n{SOUND}\n{SOUND.replace('9.5', 'x')}", "line 3: column 'open' holds 'x', no number of 0"),
        (f"{HEADER}\n{SOUND.replace('100', '-1')}", "line 2: column 'volume' holds '-1', no number of 0 or more."),
        (f"{HEADER}\n{SOUND.replace('9.25', 'nan')}", "line 2: column 'low' holds 'nan', no number of 0 or more."),
        (f"{HEADER}\n{SOUND.replace('10.5', '')}", "line 2: column 'high' is empty."),
        (f"{HEADER}\n{SOUND.replace('AAPL', '')}", "line 2: column 'ticker' is empty."),
        (f"{HEADER}\nAAPL,1,1,1,1,1\n", "line 2: column 'window_start' is missing."),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, complaint: str) -> None:
    # Given a file with something wrong in it
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    # When it is read
    with pytest.raises(FeedError) as error:
        read(path)
    # Then one sentence names the file, the line and the column
    assert str(error.value).startswith(f"{path}, line ")
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(HEADER.encode(), mtime=0)[:-9], b"\x1f\x8bnonsense", b"\xff\xfe", HEADER.encode() + b"\n\0\n"],
)
def test_a_file_that_is_no_text_is_named(tmp_path: Path, content: bytes) -> None:
    # Given a file that was cut off or never was CSV
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    # When it is read
    # Then the error names it
    with pytest.raises(FeedError, match=r"broken\.csv"):
        read(path)


BARS = st.lists(
    st.builds(
        Bar,
        symbol=st.sampled_from(["A", "B", "C"]),
        start=st.integers(0, 100).map(lambda second: at("09:30:00") + second * 1000),
        seconds=st.just(1),
        volume=st.integers(0, 10**9).map(float),
        open=st.just(1.0),
        close=st.just(1.0),
        high=st.just(1.0),
        low=st.just(1.0),
        vwap=st.just(0.0),
    )
)


@given(BARS)
def test_running_volumes_add_up(bars: list[Bar]) -> None:
    # Given any bars of a day
    # When they become events
    sent = list(events(bars))
    # Then the last running volume of each symbol is its volume of the day, and it never falls on the way
    for symbol in {bar.symbol for bar in bars}:
        running = [event["av"] for event in sent if event["sym"] == symbol]
        assert running[-1] == sum(bar.volume for bar in bars if bar.symbol == symbol)
        assert running == sorted(running)


def test_real_second_bars() -> None:
    if not (folder := os.environ.get("MARKET_DATA")):
        pytest.skip("MARKET_DATA names no folder of market data")
    # Given a day of real second bars of four symbols
    days = trading_days([read(Path(folder) / "bars" / "second-2013-10-07.csv.gz")])
    # When they become events
    sent = list(events(days[0].bars()))
    # Then none is missing, they are in the order of time, and each symbol's volume is the sum of its lines
    assert [day.day for day in days] == [date(2013, 10, 7)]
    assert len(sent) == len(days[0]) == 38_043
    assert all(earlier["e"] <= later["e"] for earlier, later in pairwise(sent))
    assert {event["sym"]: event["av"] for event in sent} == {
        "AIG": 4_996_615,
        "BAC": 61_208_183,
        "IBM": 3_669_739,
        "SPY": 92_720_576,
    }
    assert {event["e"] - event["s"] for event in sent} == {1000}
    assert validate(sent, now=0, allow_future=True)[1] == []
