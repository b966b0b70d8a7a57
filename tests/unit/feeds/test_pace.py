"""Pace and backpressure, with a clock that only moves when somebody sleeps."""

import logging
import math
from collections.abc import Iterable

import pytest

from feeds.backpressure import Backpressure
from feeds.pace import GAP, MarketPace, WallPace
from tests.support.fake_time import Time


def backpressure(time: Time, depths: Iterable[int], bound: int) -> Backpressure:
    return Backpressure(iter(depths).__next__, bound, time.clock, time.sleep)


def test_bars_are_due_at_a_multiple_of_real_time() -> None:
    # Given a pace of ten times real time whose first bar ended at 5 s
    time = Time()
    pace = MarketPace(10, time.clock)
    assert pace.delay(5_000) == 0
    # When the next one ended 20 s of market time later
    # Then it is due 2 s from now, and after 2 s it is due
    assert pace.delay(25_000) == 2.0
    time.now += 1.5
    assert pace.delay(25_000) == 0.5
    time.now += 1.0
    assert pace.delay(25_000) == 0


def test_at_full_speed_everything_is_due() -> None:
    # Given a pace without limit
    pace = MarketPace(math.inf, Time().clock)
    # When minutes of market time pass between bars
    # Then none has to wait
    assert [pace.delay(market) for market in (0, 60_000, 600_000)] == [0, 0, 0]


def test_a_long_gap_is_skipped_and_a_short_one_is_not() -> None:
    # Given a bar at a pace of real time
    pace = MarketPace(1, Time().clock)
    pace.delay(0)
    # When the next comes within the longest gap, and the one after it beyond that
    # Then the first is waited for and the other is due at once
    assert pace.delay(GAP * 1000) == GAP
    assert pace.delay(2 * GAP * 1000 + 1) == 0


def test_a_bar_that_ended_before_the_last_one_is_due() -> None:
    # Given a bar that has been sent
    pace = MarketPace(1, Time().clock)
    pace.delay(60_000)
    # When one comes that ended earlier
    # Then it is due, and the next is due as if it had not come
    assert pace.delay(1_000) == 0
    assert pace.delay(61_000) == 1


def test_market_time_stands_still_while_a_feed_is_held() -> None:
    # Given a bar due in a second
    time = Time()
    pace = MarketPace(1, time.clock)
    pace.delay(0)
    # When the feed is held for ten seconds
    time.now += 10
    pace.hold(10)
    # Then it is still due in a second, and what follows is not sent in one burst
    assert pace.delay(1_000) == 1
    assert pace.delay(2_000) == 2


def test_a_bar_is_late_by_the_time_since_it_was_due() -> None:
    # Given a bar that is due in a second
    time = Time()
    pace = MarketPace(1, time.clock)
    pace.delay(0)
    assert pace.lag(1_000) == 0
    # When three seconds pass, then it is two seconds late
    time.now += 3
    assert pace.lag(1_000) == 2
    # And it is not late any more once market time stood still meanwhile
    pace.hold(3)
    assert pace.lag(1_000) == 0
    # And with bars of the real time, it is late by the clock
    assert WallPace(time.clock).lag(1_000_000) == 3
    # And as fast as possible, never
    assert MarketPace(math.inf, time.clock).lag(0) == 0


def test_real_time_waits_for_nobody() -> None:
    # Given bars that carry the real time
    time = Time(now=1000.0)
    pace = WallPace(time.clock)
    # When the feed was held
    pace.hold(10)
    # Then a bar is due when its time has come
    assert pace.delay(1_000_500) == 0.5
    assert pace.delay(999_000) == 0


def test_a_queue_within_its_bound_holds_nothing_up(caplog: pytest.LogCaptureFixture) -> None:
    # Given a queue at its bound
    time = Time()
    # When it is looked at
    shown: list[int] = []
    depth, waited = backpressure(time, [100], bound=100).wait(shown.append)
    # Then nobody waits and nothing is logged
    assert (depth, waited, time.slept, shown, caplog.records) == (100, 0.0, [], [], [])


def test_a_queue_that_is_too_deep_is_waited_for_until_it_is_well_below_its_bound(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    # Given a queue above its bound of 100, that fills a little more and then empties
    time = Time()
    shown: list[int] = []
    # When it is looked at
    depth, waited = backpressure(time, [101, 130, 90, 80, 79], bound=100).wait(shown.append)
    # Then the feed waits till it is below four fifths of the bound
    assert (depth, waited) == (79, 1.0)
    # And says so all the while, and logs it once
    assert shown == [101, 130, 90, 80]
    assert [record.getMessage() for record in caplog.records] == [
        "waited 1.0 s for the workers: up to 130 bars were queued"
    ]
