"""What bars say of their day together."""

from datetime import date

from leaderboard.day_values import DayValues
from leaderboard.event import Event
from tests.support.market import at


def event(clock: str, close: float, high: float = 0.0, low: float = 0.0) -> Event:
    start = at(clock)
    return Event("A", close, close, start, start + 1000, high=high, low=low, accumulated_volume=5.0)


def test_the_close_stands_in_for_a_high_or_low_of_zero() -> None:
    bars = [event("09:31:00", 10, high=11), event("09:32:00", 12, low=9)]

    values = DayValues.of_bars(bars)

    assert (values.high, values.high_at, values.low) == (12, at("09:32:01"), 9)
    assert (values.pre_high, values.pre_low) == (0, 0)
    assert values[5:] == (at("09:32:01"), 5, at("09:32:00"), 12)


def test_the_high_is_of_the_earliest_bar_that_reached_it() -> None:
    bars = [event("09:29:03", 10), event("09:29:01", 12), event("09:29:02", 12)]

    assert DayValues.of_bars(bars) == (12, at("09:29:02"), 10, 12, 10, 0, 0, 0, 0)


def test_bars_without_a_price_say_nothing_of_highs_and_lows() -> None:
    assert DayValues.of_bars([event("16:30:00", 0)]) == (0,) * 9


def test_after_an_early_close_no_bar_is_of_the_regular_hours() -> None:
    start = at("13:00:00", date(2026, 11, 27))
    bar = Event("A", 10.0, 10.0, start, start + 1000)

    assert DayValues.of_bars([bar]).regular_end == 0
