"""Profiles made of flat files are those of a slow and plain computation."""

import gzip
import math
import os
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path
from struct import unpack
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.database import database
from history.errors import HistoryError
from history.profiles.volume_profiles import MadeProfiles, make_profiles
from leaderboard.flat_file_lines import lines
from leaderboard.sessions import trading_days_before
from tests.support.feeds.flat_files import HEADER, line, written
from tests.support.market import TODAY, at

#: Symbol, start in Unix milliseconds, seconds, shares.
Row = tuple[str, int, int, float]
#: By symbol, the number of sessions and the means of 04:00, 04:05, ... 20:00.
Profiles = dict[str, tuple[int, list[float]]]

#: Around both changes of the clock in 2026, a holiday and an early close; two days of them are weekends.
DAYS = [date(2026, 3, day) for day in (6, 7, 9)] + [
    date(2026, 10, 30),
    *(date(2026, 11, day) for day in (1, 2, 25)),
]
THANKSGIVING, EARLY_CLOSE = date(2026, 11, 26), date(2026, 11, 27)


def made(*paths: Path, bar_seconds: int | None = None) -> MadeProfiles:
    with database() as opened:
        return make_profiles(opened, paths, bar_seconds, lambda _: None)


def profiles(made: MadeProfiles) -> Profiles:
    return {
        symbol: (profile.sessions, list(unpack("<193d", profile.means)))
        for symbol, profile in made.profiles.items()
    }


def plain(rows: Iterable[Row]) -> Profiles:
    """The same, bar by bar."""
    days: dict[str, dict[date, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0] * 193))
    for symbol, start, seconds, volume in set(rows):
        local = datetime.fromtimestamp(start / 1000, ZoneInfo("America/New_York"))
        day, end = local.date(), local.hour * 3600 + local.minute * 60 + local.second + seconds
        if day.weekday() > 4 or day in (THANKSGIVING, EARLY_CLOSE) or local.hour < 4 or end > 20 * 3600:
            continue
        days[symbol][day][math.ceil((end - 4 * 3600) / 300)] += volume
    found = {}
    for symbol, volumes in days.items():
        newest = sorted(volumes, reverse=True)[:30]
        sums = [sum(each) for each in zip(*(accumulate(volumes[day]) for day in newest), strict=True)]
        found[symbol] = len(newest), [total / len(newest) for total in sums]
    return found


def text(row: Row) -> str:
    symbol, start, _, volume = row
    return line(symbol, start, volume)


def same(first: Profiles, second: Profiles) -> None:
    assert first.keys() == second.keys()
    for symbol, (sessions, means) in second.items():
        assert first[symbol][0] == sessions
        assert first[symbol][1] == pytest.approx(means, abs=0.001)


ROWS = st.lists(
    st.tuples(
        st.sampled_from("AB"),
        st.sampled_from([*DAYS, THANKSGIVING, EARLY_CLOSE]),
        # Minutes of the day, but for the first: a file of nothing but midnights is one of day aggregates.
        st.one_of(st.sampled_from([1, 239, 240, 244, 245, 1199, 1200, 1439]), st.integers(1, 1439)),
        st.integers(0, 1000).map(lambda shares: shares / 4),
    ),
    unique_by=lambda row: row[:3],
    min_size=2,
    max_size=60,
)


@settings(max_examples=12)
@given(ROWS, st.integers(1, 3), st.data())
def test_any_bars_in_any_files_give_the_plain_profiles(
    bars: list[tuple[str, date, int, float]], count: int, data: st.DataObject
) -> None:
    # Given minutes of any days, also of days and hours that do not count, in files with some duplicate rows
    rows = [
        (symbol, at(f"{minute // 60:02}:{minute % 60:02}:00", day), 60, volume)
        for symbol, day, minute, volume in bars
    ]
    again = data.draw(st.lists(st.sampled_from(rows), max_size=5))
    order = data.draw(st.permutations(rows + again))
    parts = [part for n in range(count) if (part := order[n::count])]
    expected = plain(rows)
    with TemporaryDirectory() as folder:
        paths = [written(Path(folder), *map(text, part), name=f"{n}.csv") for n, part in enumerate(parts)]
        # When profiles are made of them
        if not expected:
            with pytest.raises(HistoryError, match="no day to make profiles of"):
                made(*paths, bar_seconds=60)
            return
        found = made(*paths, bar_seconds=60)
    # Then they are those of the slow computation
    same(profiles(found), expected)
    assert found.repeated == len(again)


def test_the_last_thirty_sessions_of_each_symbol_count(tmp_path: Path) -> None:
    # Given 35 days of A, of which B traded on every second one and C on the oldest only
    rows: list[Row] = []
    paths = []
    for n, day in enumerate(trading_days_before(TODAY, 35)):
        start = at("09:30:00", day)
        bars: list[Row] = [("A", start, 60, 100.0 * n), ("A", start + 3_600_000, 60, 7.0)]
        bars += [("B", start, 60, 10.0 * n)] * (n % 2 == 0) + [("C", start, 60, 5.0)] * (n == 0)
        paths.append(written(tmp_path, *map(text, bars), name=f"{n}.csv"))
        rows += bars
    # When profiles are made, whatever the order of the files
    found = profiles(made(*paths[::-2], *paths[-2::-2]))
    # Then A is of its last 30 days, and the others of all of theirs
    assert {symbol: sessions for symbol, (sessions, _) in found.items()} == {"A": 30, "B": 18, "C": 1}
    same(found, plain(rows))


@pytest.mark.parametrize(
    ("clock", "seconds", "first"),
    [("09:30:00", 60, 67), ("09:34:59", 1, 67), ("09:35:00", 1, 68), ("04:00:00", 1, 1), ("09:30:30", 300, 68)],
)
def test_a_bar_counts_from_the_time_at_or_after_its_end(
    tmp_path: Path, clock: str, seconds: int, first: int
) -> None:
    # Given a bar
    path = written(tmp_path, line("A", at(clock), 100))
    # When a profile is made of it
    sessions, means = profiles(made(path, bar_seconds=seconds))["A"]
    # Then the first time that has its volume is the one at or after its end
    assert (sessions, means) == (1, [0.0] * first + [100.0] * (193 - first))


def test_a_day_may_come_from_seconds_and_minutes(tmp_path: Path) -> None:
    # Given minutes of a morning and seconds of the afternoon
    minutes = written(tmp_path, line("A", at("09:30:00"), 10), line("A", at("09:31:00"), 20), name="1.csv")
    seconds = written(tmp_path, line("A", at("13:00:07"), 1), line("B", at("13:00:08"), 2), name="2.csv")
    # When profiles are made of both
    found = profiles(made(seconds, minutes))
    # Then they are of one session
    assert found["A"][0] == 1
    assert [found["A"][1][n] for n in (66, 67, 108, 109, 192)] == [0, 30, 30, 31, 31]


def test_what_is_left_out_has_a_reason(tmp_path: Path) -> None:
    # Given a trading day, an early close, a holiday, a Saturday, a night, and a ticker that no event can have
    starts = [
        at("10:00:00"),
        at("10:00:00", EARLY_CLOSE),
        at("10:00:00", THANKSGIVING),
        at("12:00:00", date(2026, 11, 21)),
        at("21:00:00"),
    ]
    path = written(tmp_path, *(line("A", start) for start in starts), line("BRK A", starts[0]))
    # When profiles are made
    found = made(path)
    # Then the trading day counts, and each other day has its reason
    assert found.days == [TODAY]
    assert found.left_out == {
        EARLY_CLOSE: "closes early, at 13:00",
        THANKSGIVING: "is no trading day",
        date(2026, 11, 21): "is no trading day",
    }
    assert (found.rows, [*found.profiles], found.invalid_symbols) == (6, ["A"], ["BRK A"])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("ticker,volume,open,close,high,low\nA,1,1,1,1,1\n", ", line 1: there is no column 'window_start'."),
        (
            "{header}\nA,1,1,1,1,1,{start},1\nA,x,1,1,1,1,{start},1\n",
            ", line 3: column 'volume' holds 'x', no number",
        ),
        ("{header}\nA,1,1,-1,1,1,{start},1\n", ", line 2: column 'close' holds '-1', no number of 0 or more."),
        ("{header}\nA,1,1,nan,1,1,{start},1\n", ", line 2: column 'close' holds 'nan', no number of 0 or more."),
        ("{header}\nA,1,1,1,1,1,1.38115E+18,1\n", ", line 2: column 'window_start' holds '1.38115E+18', no Unix"),
        ("{header}\nA,1,1,1,1,1,1381150000,1\n", ", line 2: column 'window_start' holds '1381150000', no Unix"),
        ("{header}\n\nA,1,1,1,1,1\n", ", line 3: column 'window_start' is missing."),
        ("{header}\n,1,1,1,1,1,{start},1\n", ", line 2: column 'ticker' is empty."),
        ("{header}\nA,1,1,1,1,1,{start},1,2,3\n", "CSV Error on Line: 2"),
        ('{header}\nA,1,1,1,1,1,{start},"1\n', "Value with unterminated quote found."),
        ("{header}\n", "There are no bars in "),
        ("", ", line 1: there is no column 'ticker'."),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, content: str, problem: str) -> None:
    # Given a file that cannot be read
    header = "ticker,volume,open,close,high,low,window_start,transactions"
    path = tmp_path / "bars.csv"
    path.write_text(content.format(header=header, start=at("10:00:00") * 1_000_000))
    # When profiles are made of it and another file
    with pytest.raises(Exception) as error:  # noqa: PT011 - either of two kinds
        made(written(tmp_path, line("A", at("10:00:00")), name="valid.csv"), path)
    # Then a sentence names the file and the line
    assert problem in str(error.value)
    assert str(path) in str(error.value)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(HistoryError, match="pipe is not a regular file"):
        made(pipe)


def test_volumes_without_measure_are_limited(tmp_path: Path) -> None:
    # Given bars whose sum is no double
    path = written(tmp_path, line("A", at("09:30:00"), 1e308), line("A", at("09:36:00"), 1e308))
    # When a profile is made of them, then it is valid all the same
    assert profiles(made(path))["A"][1][-1] == 1e300


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(
        "\n".join(
            [
                "ticker,volume,open,close,high,low,window_start",
                *(f"A,{n},1,1,1,1,{at('09:30:00') + 1000 * n}000000" for n in range(1000)),
            ]
        ).encode()
    )
    checksum = whole[:-6] + bytes([whole[-6] ^ 255]) + whole[-5:]
    for content, problem in ((whole[:-100], "Compressed file ended"), (checksum, "CRC check failed")):
        path = tmp_path / "bars.csv.gz"
        path.write_bytes(content)
        with pytest.raises(HistoryError, match=problem):
            made(path)


def test_day_aggregates_are_refused(tmp_path: Path) -> None:
    # Given bars that all start at midnight in New York, in winter and in summer
    path = written(tmp_path, line("A", at("00:00:00", DAYS[0])), line("A", at("00:00:00", DAYS[2])))
    # When a profile is made of them
    with pytest.raises(HistoryError, match="holds day aggregates"):
        made(path)
    # Then bars at 01:00, which is midnight in winter, are none
    with pytest.raises(HistoryError, match="all bars are of nights"):
        made(written(tmp_path, line("A", at("01:00:00"))))


def test_bars_that_differ_are_refused_by_their_lines(tmp_path: Path) -> None:
    # Given two rows of one symbol and start in two files, with another price
    start = at("09:30:00")
    first = written(tmp_path, line("B", start), line("A", start, close=10), name="1.csv")
    second = written(tmp_path, line("A", start + 60_000), line("A", start, close=11), name="2.csv")
    # When profiles are made, nobody knows which is right
    with pytest.raises(HistoryError) as error:
        made(first, second)
    # Then both lines are named
    assert str(error.value) == (
        f"{second}, line 3: another bar of A at 2026-11-20 09:30:00 ET, "
        f"which differs from that of {first}, line 3."
    )


def test_files_with_and_without_vwap_agree_on_a_bar(tmp_path: Path) -> None:
    # Given a bar in a file that has no column `vwap`, and in one whose `vwap` is 0
    start = at("09:30:00")
    first = written(tmp_path, line("A", start, 5), line("B", start + 60_000), name="1.csv")
    second = written(
        tmp_path,
        line("A", start, 5).removesuffix("3") + "0",
        header=HEADER.replace("transactions", "vwap"),
        name="2.csv",
    )
    # When profiles are made of both
    assert made(first, second).repeated == 1


def test_seconds_within_a_minute_that_is_there_as_well_are_refused(tmp_path: Path) -> None:
    start = at("09:30:00")
    minutes = written(tmp_path, line("A", start, 1500), line("A", start + 60_000), name="minutes.csv")
    seconds = written(tmp_path, line("A", start + 20_000), line("B", start + 21_000), name="seconds.csv")
    with pytest.raises(HistoryError) as error:
        made(minutes, seconds)
    assert str(error.value) == (
        f"{seconds}, line 2: the 1-second bar of A at 2026-11-20 09:30:20 ET overlaps the "
        f"60-second bar at 2026-11-20 09:30:00 ET of {minutes}, line 2."
    )


def test_files_may_be_named_as_anything(tmp_path: Path) -> None:
    # Given columns in another order, in a file whose name would be a pattern or a quote to DuckDB
    path = tmp_path / "it's [a] *.csv"
    path.write_bytes(
        b"\xef\xbb\xbflow, window_start ,vwap,ticker,close,high,open,volume\r\n"
        + f'1,{at("10:00:00")}000000,,"A",1,1,1,5.5\r\n'.encode()
    )
    # When a profile is made of it
    assert profiles(made(path))["A"] == (1, [0.0] * 73 + [5.5] * 120)


@pytest.mark.skipif("MARKET_DATA" not in os.environ, reason="MARKET_DATA, the folder of real bars, is not set")
def test_profiles_of_real_bars() -> None:
    # Given a real day of minutes and one of seconds
    bars = Path(os.environ["MARKET_DATA"]) / "bars"
    files = {bars / "minute-2013-10-04.csv.gz": 60, bars / "second-2013-10-07.csv.gz": 1}
    # When profiles are made of them
    found = made(*files)
    # Then they are those of the slow computation
    rows = [
        (bar.symbol, bar.start, length, bar.figures[0]) for path, length in files.items() for bar in lines(path)
    ]
    same(profiles(found), plain(rows))
    assert found.rows == len(rows)
