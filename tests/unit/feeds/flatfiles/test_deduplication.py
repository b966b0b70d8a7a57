"""Rows that files hold more than once."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import FeedError
from feeds.flatfiles.bar import events
from feeds.flatfiles.bar_table import BarTable
from feeds.flatfiles.deduplication import deduplicate
from feeds.flatfiles.flat_file import read
from feeds.flatfiles.trading_day import TradingDay, trading_days
from tests.support.feeds.flat_files import events_of, line, written
from tests.support.market import TODAY, at

OPEN = at("09:30:00")
FIRST, SECOND = line("A", OPEN, 1000), line("A", OPEN + 1000, 500)


@pytest.mark.parametrize(
    "parts",
    [
        # The same file twice, parts that overlap, a row that is repeated, all of it at once
        [[FIRST, SECOND], [FIRST, SECOND]],
        [[FIRST, SECOND], [SECOND, line("B", OPEN)]],
        [[FIRST, FIRST, SECOND]],
        [[SECOND, FIRST, SECOND], [line("B", OPEN), FIRST], [FIRST, SECOND, SECOND]],
    ],
)
def test_a_row_that_comes_again_counts_once(tmp_path: Path, parts: list[list[str]]) -> None:
    # Given files of one day that hold rows more than once
    files = [written(tmp_path, *lines, name=f"{n}.csv") for n, lines in enumerate(parts)]
    # When they are read
    sent = [event for event in events_of(*files) if event["sym"] == "A"]
    # Then each bar is sent once, and no share is counted twice
    assert [(event["s"] - OPEN, event["v"], event["av"]) for event in sent] == [(0, 1000, 1000), (1000, 500, 1500)]


def test_how_many_rows_came_again_is_known(tmp_path: Path) -> None:
    # Given a file that is named twice and has a repeated row
    path = written(tmp_path, FIRST, SECOND, SECOND)
    # When both are read
    (day,) = trading_days([read(path), read(path)])
    # Then four of its six rows came again, and the progress counts the two others
    assert (day.repeated, len(day)) == (4, 2)


def test_figures_count_a_row_once(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST, SECOND, FIRST)
    (day,) = trading_days([read(path)])
    assert day.figures["A"].volume == 1500


def test_two_rows_that_differ_are_refused_by_their_lines(tmp_path: Path) -> None:
    # Given a file with two rows of one symbol and start, and the price of one of them corrected
    path = written(tmp_path, FIRST, SECOND, line("A", OPEN, 1000, close=10.1))
    # When it is read
    # Then nobody knows which is right, and both lines are named
    with pytest.raises(FeedError) as error:
        trading_days([read(path)])
    assert str(error.value) == (
        f"{path}, line 4: another bar of A at 2026-11-20 09:30:00 ET, which differs from that of {path}, line 2."
    )


def test_rows_of_two_files_that_differ_are_refused(tmp_path: Path) -> None:
    first = written(tmp_path, FIRST, SECOND, name="1.csv")
    second = written(tmp_path, line("A", OPEN + 1000, 501), line("A", OPEN + 2000), name="2.csv")
    with pytest.raises(FeedError) as error:
        trading_days([read(first), read(second)])
    assert f"{second}, line 2: another bar of A at 2026-11-20 09:30:01 ET" in str(error.value)
    assert str(error.value).endswith(f" {first}, line 3.")


def test_seconds_within_a_minute_that_is_there_as_well_are_refused(tmp_path: Path) -> None:
    # Given a day's minutes, and some of its seconds, which would be counted again
    minutes = written(tmp_path, line("A", OPEN, 1500), line("A", OPEN + 60_000), name="minutes.csv")
    seconds = written(tmp_path, line("A", OPEN + 20_000), line("B", OPEN + 21_000), name="seconds.csv")
    with pytest.raises(FeedError) as error:
        trading_days([read(minutes), read(seconds)])
    assert str(error.value) == (
        f"{seconds}, line 2: the 1-second bar of A at 2026-11-20 09:30:20 ET overlaps the "
        f"60-second bar at 2026-11-20 09:30:00 ET of {minutes}, line 2."
    )


def test_seconds_of_one_part_of_a_day_and_minutes_of_another_are_no_conflict(tmp_path: Path) -> None:
    minutes = written(tmp_path, line("A", OPEN + 60_000), line("A", OPEN + 120_000), name="minutes.csv")
    seconds = written(tmp_path, line("A", OPEN), line("A", OPEN + 59_000), name="seconds.csv")
    assert [event["av"] for event in events_of(minutes, seconds)] == [100, 200, 300, 400]


def test_a_part_of_one_row_is_no_minute_of_its_own(tmp_path: Path) -> None:
    # Given seconds, and a part with a single one of them, which by itself looks like a minute
    whole = written(tmp_path, FIRST, SECOND, name="whole.csv")
    part = written(tmp_path, FIRST, name="part.csv")
    for files in ((whole, part), (part, whole)):
        # Then it is the second that is there already
        assert [event["e"] - event["s"] for event in events_of(*files)] == [1000, 1000]


Rows = list[tuple[str, int, float]]

ROWS: st.SearchStrategy[Rows] = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 30), st.integers(0, 1000).map(float)),
    unique_by=lambda row: row[:2],
)


def day_of(parts: Sequence[Rows]) -> TradingDay:
    made = []
    for n, rows in enumerate(parts):
        bars = BarTable(Path(f"{n}.csv"))
        bars.seconds = 1
        for number, (symbol, second, volume) in enumerate(rows, 2):
            bars.add(symbol, OPEN + second * 1000, (volume, 1, 2, 3, 1, 0), number)
        made.append(bars)
    return TradingDay(TODAY, made, deduplicate(made))


@given(ROWS, st.data())
def test_any_repetition_and_any_partition_give_the_same_events(rows: Rows, data: st.DataObject) -> None:
    # Given any bars of a day, and files in which each is at least once, in any order
    again = data.draw(st.lists(st.sampled_from(rows))) if rows else []
    shuffled = data.draw(st.permutations(rows + again))
    cut = data.draw(st.integers(0, len(shuffled)))
    day = day_of([shuffled[:cut], shuffled[cut:]])
    # When they become events
    # Then those are the events of each bar once
    assert list(events(day.bars())) == list(events(day_of([rows]).bars()))
    assert day.repeated == len(again)
