"""What a day knows of the trading day before it."""

import os
from datetime import date
from pathlib import Path

import pytest

from feeds.flatfiles.flat_file import read
from feeds.flatfiles.previous_day import notes_on_previous_days, notes_on_repeated_rows, previous_figures
from feeds.flatfiles.trading_day import TradingDay, trading_days
from tests.support.feeds.flat_files import line, written
from tests.support.market import at

WEDNESDAY, THURSDAY, FRIDAY = date(2025, 8, 6), date(2025, 8, 7), date(2025, 8, 8)
MONDAY = date(2025, 8, 11)


def day_of(folder: Path, day: date, *prices: float, clock: str = "15:59:00") -> TradingDay:
    """A day on which each of the symbols A, B, ... is traded once."""
    lines = [
        f"{chr(ord('A') + n)},100,{price},{price},{price},{price},{at(clock, day)}000000,3"
        for n, price in enumerate(prices)
    ]
    (made,) = trading_days([read(written(folder, *lines, name=f"{day}.csv"))])
    return made


def test_a_day_knows_the_close_of_the_trading_day_before_it(tmp_path: Path) -> None:
    friday = day_of(tmp_path, FRIDAY, 10)
    assert previous_figures(friday, MONDAY)["A"].close == 10
    assert notes_on_previous_days([friday, day_of(tmp_path, MONDAY, 12)]) == []


def test_of_an_earlier_day_nothing_is_known_and_the_missing_day_is_named(tmp_path: Path) -> None:
    # Given a Wednesday and a Friday
    days = [day_of(tmp_path, WEDNESDAY, 10), day_of(tmp_path, FRIDAY, 20)]
    # Then the move of two days is not the gap of one
    assert previous_figures(days[0], FRIDAY) == {}
    assert notes_on_previous_days(days) == [
        "2025-08-08 has no previous-day figures: 2025-08-07 is missing between it and 2025-08-06, the day before "
        "it in the files. A day on which the exchange was closed belongs in MARKET_CLOSURES."
    ]


def test_the_first_and_the_last_of_several_missing_days_are_named(tmp_path: Path) -> None:
    days = [day_of(tmp_path, WEDNESDAY, 10), day_of(tmp_path, date(2025, 8, 12), 20)]
    (said,) = notes_on_previous_days(days)
    assert "the trading days from 2025-08-07 to 2025-08-11 are missing" in said


def test_a_day_on_which_nothing_trades_is_no_trading_day_before(tmp_path: Path) -> None:
    # Given day aggregates that are dated on a Saturday
    saturday = date(2025, 8, 9)
    (day,) = trading_days([read(written(tmp_path, line("A", at("00:00:00", saturday))))])
    # Then Monday knows nothing of them
    assert previous_figures(day, MONDAY) == {}
    (said,) = notes_on_previous_days([day, day_of(tmp_path, MONDAY, 20)])
    assert "2025-08-09, the day before it in the files, is no trading day." in said


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        ("15:30:00", []),
        (
            "11:01:00",
            [
                "The files of 2025-08-07, which closed at 16:00 ET, end at 11:02:00: the previous close on "
                "2025-08-08 is the price of that time."
            ],
        ),
        (
            "09:00:00",
            [
                "The files hold no bar of the regular hours of 2025-08-07, which closed at 16:00 ET: 2025-08-08 "
                "has no previous close."
            ],
        ),
    ],
)
def test_a_day_whose_files_end_before_the_close_is_named(tmp_path: Path, clock: str, said: list[str]) -> None:
    # Given a day that was written to a file before it was over
    thursday = day_of(tmp_path, THURSDAY, 10, clock=clock)
    # Then it is said what the next day's previous close is
    assert notes_on_previous_days([thursday, day_of(tmp_path, FRIDAY, 12)]) == said


def test_an_early_close_is_no_early_end(tmp_path: Path) -> None:
    days = [day_of(tmp_path, date(2025, 11, 28), 10, clock="12:59:00"), day_of(tmp_path, date(2025, 12, 1), 10)]
    assert notes_on_previous_days(days) == []


def test_day_aggregates_are_of_the_whole_day(tmp_path: Path) -> None:
    daily = trading_days([read(written(tmp_path, line("A", at("00:00:00", THURSDAY))))])
    assert notes_on_previous_days([*daily, day_of(tmp_path, FRIDAY, 10)]) == []


def test_likely_splits_are_named(tmp_path: Path) -> None:
    # Given two days in a row, and symbols of which one was split, one was put together and one rose by a third
    days = [day_of(tmp_path, THURSDAY, 645.57, 0.52, 30), day_of(tmp_path, FRIDAY, 93.7, 4.81, 40)]
    # Then the two are named
    assert notes_on_previous_days(days) == [
        "Likely splits on 2025-08-08, for which previous closes are not adjusted: A 7-for-1 (645.57 to 93.7), "
        "B 1-for-9 (0.52 to 4.81)."
    ]


def test_a_list_of_splits_is_bounded(tmp_path: Path) -> None:
    days = [day_of(tmp_path, THURSDAY, *[100.0] * 23), day_of(tmp_path, FRIDAY, *[50.0] * 23)]
    (said,) = notes_on_previous_days(days)
    assert said.count("2-for-1") == 20
    assert said.endswith("T 2-for-1 (100 to 50) and 3 more.")


def test_across_a_missing_day_no_splits_are_looked_for(tmp_path: Path) -> None:
    (said,) = notes_on_previous_days([day_of(tmp_path, WEDNESDAY, 100), day_of(tmp_path, FRIDAY, 50)])
    assert "split" not in said


def test_rows_that_came_again_are_counted_by_day(tmp_path: Path) -> None:
    row = line("A", at("09:30:00", FRIDAY))
    days = trading_days([read(written(tmp_path, row, row, row))])
    assert notes_on_repeated_rows(days) == ["2025-08-08: rows that came again count once, 2 of them."]
    assert notes_on_repeated_rows([day_of(tmp_path, FRIDAY, 10)]) == []


def test_a_real_split_is_named() -> None:
    if not (folder := os.environ.get("MARKET_DATA")):
        pytest.skip("MARKET_DATA names no folder of market data")
    # Given the day on which one share of AAPL became seven, and the day before
    names = ("minute-2014-06-06", "minute-2014-06-09")
    days = trading_days(read(Path(folder) / "bars" / f"{name}.csv.gz") for name in names)
    # Then it is named, and TWX is not
    (said,) = notes_on_previous_days(days)
    assert said.endswith("not adjusted: AAPL 7-for-1 (645.57 to 93.7).")


def test_real_days_without_a_split_are_not_remarked_on() -> None:
    if not (folder := os.environ.get("MARKET_DATA")):
        pytest.skip("MARKET_DATA names no folder of market data")
    names = ("minute-2013-10-04", "second-2013-10-07", "second-2013-10-08")
    days = trading_days(read(Path(folder) / "bars" / f"{name}.csv.gz") for name in names)
    assert notes_on_previous_days(days) == notes_on_repeated_rows(days) == []
