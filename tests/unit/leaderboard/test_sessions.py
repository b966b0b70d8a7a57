"""Which session an instant lies in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings, settings
from leaderboard import sessions
from leaderboard.sessions import (
    Hours,
    Phase,
    Session,
    closing_time,
    hours_at,
    is_open,
    is_trading_day,
    next_trading_day,
    session_of,
    trading_days_before,
)
from tests.support.market import at
from tests.support.oracle import expected

#: A Tuesday that no calendar knows to be anything else.
MOURNING = date(2026, 11, 24)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The exchange is closed on :data:`MOURNING`, as far as this process knows."""

    def forget() -> None:
        settings.cache_clear()
        sessions._session_of_minute.cache_clear()

    monkeypatch.setenv("MARKET_CLOSURES", f"2025-01-09, {MOURNING}")
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize(
    ("day", "clock", "expected_day", "phase"),
    [
        # An ordinary day
        (date(2026, 11, 20), "03:59:59.999", date(2026, 11, 19), Phase.REGULAR),
        (date(2026, 11, 20), "04:00:00", date(2026, 11, 20), Phase.PRE),
        (date(2026, 11, 20), "09:29:59.999", date(2026, 11, 20), Phase.PRE),
        (date(2026, 11, 20), "09:30:00", date(2026, 11, 20), Phase.REGULAR),
        (date(2026, 11, 20), "23:59:59", date(2026, 11, 20), Phase.REGULAR),
        # The weekend belongs to Friday, Monday starts at 04:00
        (date(2026, 11, 21), "05:00:00", date(2026, 11, 20), Phase.REGULAR),
        (date(2026, 11, 22), "10:00:00", date(2026, 11, 20), Phase.REGULAR),
        (date(2026, 11, 23), "03:59:59", date(2026, 11, 20), Phase.REGULAR),
        (date(2026, 11, 23), "04:00:00", date(2026, 11, 23), Phase.PRE),
        # Thanksgiving, and the half day after it
        (date(2026, 11, 26), "10:00:00", date(2026, 11, 25), Phase.REGULAR),
        (date(2026, 11, 27), "03:59:59", date(2026, 11, 25), Phase.REGULAR),
        (date(2026, 11, 27), "04:00:00", date(2026, 11, 27), Phase.PRE),
        (date(2026, 11, 27), "15:00:00", date(2026, 11, 27), Phase.REGULAR),
        # The Mondays after the clock went forward and back: 04:00 is 08:00 and 09:00 UTC
        (date(2026, 3, 9), "03:59:59", date(2026, 3, 6), Phase.REGULAR),
        (date(2026, 3, 9), "04:00:00", date(2026, 3, 9), Phase.PRE),
        (date(2026, 11, 2), "03:59:59", date(2026, 10, 30), Phase.REGULAR),
        (date(2026, 11, 2), "04:00:00", date(2026, 11, 2), Phase.PRE),
    ],
)
def test_sessions_begin_at_four_and_at_half_past_nine(
    day: date, clock: str, expected_day: date, phase: Phase
) -> None:
    assert session_of(at(clock, day)) == Session(expected_day, phase)


def test_both_days_on_which_the_clock_changes_belong_to_friday() -> None:
    # Given the Sundays of daylight saving, around the hour that is skipped or happens twice
    for sunday, friday in ((date(2026, 3, 8), date(2026, 3, 6)), (date(2026, 11, 1), date(2026, 10, 30))):
        midnight = datetime.combine(sunday, datetime.min.time(), UTC)

        # Then every half hour of them is the end of Friday's trading day
        for half_hour in range(10, 60):
            instant = midnight + timedelta(minutes=30 * half_hour)
            assert session_of(int(instant.timestamp() * 1000)) == Session(friday, Phase.REGULAR)


@given(st.integers(1_767_600_000_000, 1_798_700_000_000))
def test_every_instant_of_a_year_agrees_with_the_oracle(timestamp: int) -> None:
    session = session_of(timestamp)

    by_the_oracle = expected([{"sym": "A", "c": 1, "s": timestamp, "e": timestamp}]).session
    assert (session.day, session.phase.name.lower()) == by_the_oracle


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(Phase))
def test_numbers_rise_with_the_sessions(day: date, phase: Phase) -> None:
    # Given a session
    session = Session(day, phase)

    # Then its number names it, and the next one's is greater
    assert Session.from_number(session.number) == session
    following = Session(day, Phase.REGULAR) if phase is Phase.PRE else Session(next_trading_day(day), Phase.PRE)
    assert following.number > session.number
    assert following > session


@given(st.dates(date(2005, 1, 1), date(2030, 12, 31)), st.integers(0, 40))
def test_the_trading_days_before_a_day_follow_each_other(day: date, count: int) -> None:
    days = trading_days_before(day, count)

    # Then there are as many, each followed by the next, and by the day itself or what it is a holiday before
    assert len(days) == count
    first_after = day if is_trading_day(day) else next_trading_day(day)
    assert [next_trading_day(each) for each in days] == [*days[1:], first_after][:count]


def test_a_session_starts_where_it_says() -> None:
    session = session_of(at("12:00:00"))

    assert session_of(session.start) == session
    assert session_of(session.start - 1) == Session(session.day, Phase.PRE)


@pytest.mark.parametrize(
    ("day", "close"),
    [
        (date(2026, 11, 20), time(16)),
        # The days after Thanksgiving, before Christmas, before and after Independence Day
        (date(2025, 11, 28), time(13)),
        (date(2026, 11, 27), time(13)),
        (date(2026, 12, 24), time(13)),
        (date(2027, 12, 23), time(16)),
        (date(2013, 7, 3), time(13)),
        (date(2002, 7, 3), time(16)),
        (date(2002, 7, 5), time(13)),
        # The last day of a millennium, and a snowstorm
        (date(1999, 12, 31), time(13)),
        (date(1994, 2, 11), time(14, 30)),
    ],
)
def test_the_regular_hours_end_when_the_exchange_closes(day: date, close: time) -> None:
    assert closing_time(day) == close


@pytest.mark.parametrize(
    ("day", "clock", "hours"),
    [
        (date(2026, 11, 20), "09:29:59.999", Hours.PRE),
        (date(2026, 11, 20), "09:30:00", Hours.REGULAR),
        (date(2026, 11, 20), "15:59:59.999", Hours.REGULAR),
        (date(2026, 11, 20), "16:00:00", Hours.POST),
        (date(2026, 11, 20), "20:00:00", Hours.CLOSED),
        (date(2026, 11, 21), "10:00:00", Hours.CLOSED),
        (date(2026, 11, 27), "12:59:59.999", Hours.REGULAR),
        (date(2026, 11, 27), "13:00:00", Hours.POST),
        (date(2026, 11, 27), "16:59:59.999", Hours.POST),
        (date(2026, 11, 27), "17:00:00", Hours.CLOSED),
    ],
)
def test_after_hours_begin_at_the_close_and_last_four_hours(day: date, clock: str, hours: Hours) -> None:
    instant = at(clock, day)

    assert hours_at(instant) is hours
    assert is_open(instant) is (hours is not Hours.CLOSED)


@pytest.mark.usefixtures("closed")
def test_an_unscheduled_closure_belongs_to_the_day_before() -> None:
    monday, wednesday = date(2026, 11, 23), date(2026, 11, 25)

    assert not is_trading_day(MOURNING)
    assert next_trading_day(monday) == wednesday
    assert trading_days_before(wednesday, 1) == [monday]
    for clock in ("04:00:00", "12:00:00"):
        assert session_of(at(clock, MOURNING)) == Session(monday, Phase.REGULAR)


@pytest.mark.parametrize("listed", ["2025-1-9", "20250109", "2025-02-30", "2025-W02-4", "2025-01-09;2025-01-10"])
def test_what_is_no_date_is_refused_as_a_closure(listed: str) -> None:
    with pytest.raises(ValueError, match="is no date: one is like 2025-01-09"):
        Settings(market_closures=listed)
