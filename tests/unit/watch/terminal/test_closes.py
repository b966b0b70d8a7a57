"""The prices of a symbol's day."""

from datetime import date
from pathlib import Path

from tests.support.market import at
from watch.terminal.closes import Closes, recorded_closes

DAY = date(2026, 11, 27)


def test_each_minute_has_its_last_price_whatever_the_order() -> None:
    closes = Closes("AAPL")

    closes.add(at("10:01:30", DAY), 3.0)
    closes.add(at("10:00:59", DAY), 2.0)
    closes.add(at("10:00:01", DAY), 1.0)
    closes.add(at("10:01:01", DAY), 2.5)

    assert closes.prices() == [2.0, 3.0]


def test_a_bar_that_ends_on_the_minute_is_of_the_minute_before() -> None:
    closes = Closes("AAPL")

    closes.add(at("10:00:30", DAY), 1.0)
    closes.add(at("10:01:00", DAY), 2.0)

    assert closes.prices() == [2.0]


def test_a_new_day_begins_anew_and_a_bar_of_the_old_one_changes_nothing() -> None:
    closes = Closes("AAPL")
    closes.add(at("10:00:00", date(2026, 11, 25)), 1.0)

    closes.add(at("04:00:01", DAY), 2.0)
    closes.add(at("19:59:59", date(2026, 11, 25)), 3.0)

    assert closes.prices() == [2.0]


def test_without_a_recorded_day_there_are_no_prices(tmp_path: Path) -> None:
    assert recorded_closes(tmp_path, "AAPL", DAY) == []
