"""The figures that a trading day leaves to the next."""

import os
from datetime import date
from pathlib import Path

import pytest

from feeds.flatfiles.bar import Bar
from feeds.flatfiles.flat_file import read
from feeds.flatfiles.trading_day import figures, trading_days
from leaderboard.reference import PreviousDay
from tests.support.market import TODAY, at


def bar(clock: str, volume: float, open_: float, high: float, low: float, close: float, day: date = TODAY) -> Bar:
    """A minute of AAPL."""
    return Bar("AAPL", at(clock, day), 60, volume, open_, close, high, low, 0.0)


def test_prices_are_of_the_regular_session_and_volume_of_the_whole_day() -> None:
    # Given a day whose pre-market and post-market saw other prices than its regular session
    bars = [
        bar("09:29:00", 1000, 90, 99, 1, 91),
        bar("09:30:00", 100, 10, 12, 9, 12),
        bar("12:00:00", 300, 12, 15, 12, 15),
        bar("15:59:00", 200, 14, 14, 11, 11),
        bar("16:00:00", 4000, 50, 60, 2, 55),
    ]
    # When its figures are worked out
    # Then vwap is that of 11 x 100, 14 x 300 and 12 x 200 shares
    assert figures(TODAY, bars) == {
        "AAPL": PreviousDay(open=10, high=15, low=9, close=11, volume=5600, vwap=7700 / 600)
    }


def test_on_an_early_close_prices_are_of_the_hours_before_it() -> None:
    # Given the day after Thanksgiving, whose after hours begin at 13:00
    day = date(2026, 11, 27)
    bars = [
        bar("09:30:00", 100, 10, 12, 9, 12, day),
        bar("12:59:00", 300, 12, 15, 12, 15, day),
        bar("13:00:00", 1000, 15, 99, 15, 50, day),
        bar("15:59:00", 1000, 50, 50, 1, 1, day),
    ]
    # When its figures are worked out
    # Then vwap is that of 11 x 100 and 14 x 300 shares, and volume the whole day's
    assert figures(day, bars) == {"AAPL": PreviousDay(open=10, high=15, low=9, close=15, volume=2400, vwap=13.25)}


def test_a_symbol_without_a_regular_session_has_only_its_volume() -> None:
    # Given a symbol that traded before and after the regular session only
    bars = [bar("08:00:00", 100, 10, 10, 10, 10), bar("16:00:00", 50, 11, 11, 11, 11)]
    # When its figures are worked out
    # Then its prices are unknown, and not 0
    assert figures(TODAY, bars) == {"AAPL": PreviousDay(volume=150)}


def test_a_session_without_volume_has_no_vwap() -> None:
    # Given a bar of no shares
    # When its figures are worked out
    # Then there is no division by them
    assert figures(TODAY, [bar("10:00:00", 0, 10, 10, 10, 10)])["AAPL"].vwap is None


def test_a_price_of_zero_is_no_price() -> None:
    # Given a bar without an open and a low, and bars without a close as first and last
    bars = [
        bar("09:30:00", 100, 0, 0, 0, 0),
        bar("09:31:00", 100, 0, 12, 0, 11),
        bar("09:32:00", 100, 10, 13, 9, 12),
        bar("09:33:00", 100, 0, 0, 0, 0),
    ]
    # When the figures are worked out
    # Then its close stands in where one is missing, and volume counts: vwap is that of 34 / 3 and 34 / 3
    aapl = figures(TODAY, bars)["AAPL"]
    assert (aapl.open, aapl.high, aapl.low, aapl.close, aapl.volume) == (11, 13, 9, 12, 400)
    assert aapl.vwap == pytest.approx(34 / 3)


def test_real_minute_bars() -> None:
    if not (folder := os.environ.get("MARKET_DATA")):
        pytest.skip("MARKET_DATA names no folder of market data")
    # Given a day of real minute bars
    (day,) = trading_days([read(Path(folder) / "bars" / "minute-2014-06-06.csv.gz")])
    assert day.day == date(2014, 6, 6)
    # When its figures are worked out
    aapl = figures(day.day, day.bars())["AAPL"]
    # Then they are those that a spreadsheet finds
    assert (aapl.open, aapl.high, aapl.low, aapl.close) == (650, 651.26, 644.47, 645.57)
    assert aapl.volume == 12_518_331
    assert aapl.vwap == pytest.approx(647.6830062694, abs=1e-9)
