"""A feed sends bars when they are due, and a day's figures before its bars."""

import math
from collections import deque
from datetime import date
from pathlib import Path

import pytest

from feeds.display import LINE_INTERVAL, ProgressLines, Status
from feeds.errors import FeedError
from feeds.flatfiles.flat_file import read
from feeds.flatfiles.replay import play
from feeds.flatfiles.trading_day import TradingDay, trading_days
from feeds.reference_refresh import REFRESH_INTERVAL, ReferenceRefresh
from leaderboard.reference import PreviousDay, Reference
from tasks.fastlane.sending.buffer import BATCH_SIZE
from tests.support.fake_time import Time
from tests.support.feeds.flat_files import line, written
from tests.support.feeds.journal import Journal, feed
from tests.support.market import at

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)


def two_days(folder: Path) -> deque[TradingDay]:
    """Friday's file before Thursday's, as a shell may order them."""
    friday = written(folder, line("A", at("09:30:00", FRIDAY)), name="1.csv")
    thursday = written(
        folder, line("A", at("09:30:00", THURSDAY)), line("B", at("09:31:00", THURSDAY)), name="2.csv"
    )
    return deque(trading_days(map(read, (friday, thursday))))


def test_each_day_begins_with_an_empty_queue_and_the_figures_of_the_day_before(tmp_path: Path) -> None:
    # Given two days of bars, and the figures of the day before them
    days, journal, time = two_days(tmp_path), Journal(), Time()
    wednesday = {"A": PreviousDay(close=8.0)}
    # When they are replayed
    run = feed(journal, time)
    play(days, wednesday, run, ReferenceRefresh(journal.learn, time.clock))
    # Then each day's figures come when the queue is empty, and before the day's first bar
    thursdays = Reference(PreviousDay(open=9.5, high=10.5, low=9.25, close=10, volume=100, vwap=29.75 / 3))
    assert journal.happened == [
        "drained",
        (THURSDAY, {"A": Reference(PreviousDay(close=8.0))}),
        ("A", at("09:30:00", THURSDAY)),
        ("B", at("09:31:00", THURSDAY)),
        "drained",
        (FRIDAY, {"A": thursdays, "B": thursdays}),
        ("A", at("09:30:00", FRIDAY)),
        "drained",
    ]
    assert run.sent == 3
    # And the bars are not kept
    assert not days


def test_across_a_missing_day_nothing_is_known(tmp_path: Path) -> None:
    # Given a Wednesday and a Friday
    wednesday = written(tmp_path, line("A", at("09:30:00", date(2026, 11, 18))), name="1.csv")
    friday = written(tmp_path, line("A", at("09:30:00", FRIDAY)), name="2.csv")
    journal, time = Journal(), Time()
    # When they are replayed
    play(
        deque(trading_days(map(read, (wednesday, friday)))),
        {"A": PreviousDay(close=8.0)},
        feed(journal, time),
        ReferenceRefresh(journal.learn, time.clock),
    )
    # Then Friday's bar is not measured by Wednesday's close
    assert journal.happened[-3:] == ["drained", ("A", at("09:30:00", FRIDAY)), "drained"]
    assert [what[0] for what in journal.happened if isinstance(what[1], dict)] == [date(2026, 11, 18)]


def test_nothing_is_put_where_nothing_is_known(tmp_path: Path) -> None:
    # Given a single day, and no file of the day before
    journal, time = Journal(), Time()
    days = deque(trading_days([read(written(tmp_path, line("A", at("09:30:00"))))]))
    # When it is replayed
    play(days, {}, feed(journal, time), ReferenceRefresh(journal.learn, time.clock))
    # Then nothing is learned
    assert journal.happened == ["drained", ("A", at("09:30:00")), "drained"]


def test_a_replay_takes_as_long_as_the_market_did_without_the_nights(tmp_path: Path) -> None:
    # Given a day of a minute, a night, and a day of one bar
    journal, time = Journal(), Time(now=0.0)
    # When it is replayed ten times as fast
    run = feed(journal, time, speed=10)
    play(two_days(tmp_path), {}, run, ReferenceRefresh(journal.learn, time.clock))
    # Then it takes six seconds
    assert math.isclose(time.now, 6.0)
    assert run.summary() == "3 bars in 6.0 s (0 bars/s)"
    # And the display was kept up to date all the while
    assert len(journal.shown) > 20


def test_a_feed_does_not_fill_the_queue_beyond_its_bound() -> None:
    # Given a queue bounded by 10 that workers empty slowly, and a market of a bar a millisecond
    journal, time = Journal(emptied=1), Time()
    run = feed(journal, time, speed=1, bound=10)
    # When bars are sent for a second of market time
    for millisecond in range(1000):
        run.send({"sym": "A", "s": millisecond, "e": millisecond})
        time.now += 0.001
    run.flush()
    # Then the queue was never deeper than its bound and one batch, which is no larger than the bound
    assert 10 < journal.deepest < 10 + 10
    assert max(journal.batches) <= 10
    assert journal.shown[-1].sent <= run.sent == 1000
    # And while it was too deep, the display said so
    assert {status.doing for status in journal.shown} == {"sending", "waiting"}


def test_at_full_speed_batches_are_full_and_the_bound_holds_all_the_same() -> None:
    # Given workers that do not look at their queue, until the feed waits for them
    journal, time = Journal(emptied=0), Time()
    run = feed(journal, time, bound=2_250)
    journal.on_wait = 1_000
    # When more bars are sent at once than the queue may hold
    for n in range(4_000):
        run.send({"sym": "A", "s": n, "e": n})
    run.drain()
    # Then they went in few writes
    assert journal.batches == [BATCH_SIZE] * 8
    # And the queue was never deeper than its bound and one batch
    assert journal.deepest < 2_250 + BATCH_SIZE
    # And none is missing
    assert [at for _, at in journal.happened[:-1]] == list(range(4_000))


def test_bars_that_are_due_together_are_sent_together_and_before_the_feed_sleeps() -> None:
    # Given three bars that end with one second, and two that end with the next
    journal, time = Journal(), Time()
    run = feed(journal, time, speed=1)
    began = time.now
    for symbol, end in (("A", 1000), ("B", 1000), ("C", 1000), ("A", 2000), ("B", 2000)):
        run.send({"sym": symbol, "s": 0, "e": end})
        # Then no time passes while one that is due is kept back
        assert run.sent == (3 if end == 2000 else 0)
        assert time.now - began == (end - 1000) / 1000
    run.flush()
    assert journal.batches == [3, 2]


def test_a_bar_that_is_due_waits_for_company_only_for_a_moment() -> None:
    # Given a source that takes four milliseconds to come up with a bar, all of which are due
    journal, time = Journal(), Time()
    run = feed(journal, time)
    for n in range(12):
        run.send({"sym": "A", "s": n, "e": n})
        time.now += 0.004
    # Then they go out in threes and fours
    assert journal.batches == [4, 4, 4]


def test_what_was_sent_is_counted_when_the_queue_fails_and_nothing_else() -> None:
    # Given a queue that fails in the middle of the second batch
    journal, time = Journal(), Time()
    run = feed(journal, time)
    journal.fails_after = BATCH_SIZE + 3
    for n in range(2 * BATCH_SIZE - 1):
        run.send({"sym": "A", "s": n, "e": n})
    # When the bar is sent that fills it
    with pytest.raises(FeedError):
        run.send({"sym": "A", "s": 0, "e": 0})
    # Then it is known how many the queue has
    assert run.sent == len(journal.happened) == BATCH_SIZE + 3


def test_what_is_not_sent_when_the_feed_is_stopped_is_not_counted() -> None:
    # Given a feed with a bar that is due and not sent
    journal, time = Journal(), Time()
    run = feed(journal, time)
    run.send({"sym": "A", "s": 0, "e": 0})
    # When it is stopped there
    # Then its summary leaves that out
    assert run.summary() == "0 bars in 0.0 s (0 bars/s)"
    assert not journal.happened


def test_draining_says_what_it_waits_for() -> None:
    # Given bars in a queue that workers empty one by one
    journal, time = Journal(emptied=1), Time()
    run = feed(journal, time)
    for second in range(3):
        run.send({"sym": "A", "s": second * 1000, "e": second * 1000 + 1000})
    run.flush()
    journal.queued = 6
    # When the feed waits for the queue to drain
    run.drain()
    # Then it says how many are left
    assert [status.queued for status in journal.shown if status.doing == "draining"] == [4, 2, 0]


def test_the_rate_shown_is_that_of_the_last_seconds() -> None:
    # Given a feed that sent nothing for a minute, and then ten bars a second
    journal, time = Journal(), Time()
    run = feed(journal, time, speed=1)
    run.wait_until(0)
    run.wait_until(60_000)
    # When it has done so for ten seconds
    for tenth in range(100):
        run.send({"sym": "A", "s": 60_000, "e": 60_000 + tenth * 100})
    # Then the rate shown is about ten, and not an average since the beginning
    assert 9 <= journal.shown[-1].rate <= 11


def test_figures_are_put_again_before_they_expire() -> None:
    # Given figures that were put
    journal, time = Journal(), Time()
    reference = ReferenceRefresh(journal.learn, time.clock)
    reference.put(FRIDAY, {"A": Reference(PreviousDay(close=8.0))})
    # When time goes by
    reference.refresh()
    time.now += REFRESH_INTERVAL
    reference.refresh()
    reference.refresh()
    # Then they have been put once more
    assert journal.happened == [(FRIDAY, {"A": Reference(PreviousDay(close=8.0))})] * 2


def test_without_a_terminal_a_line_is_written_every_few_seconds() -> None:
    # Given a display of lines for 200 bars
    time = Time()
    lines: list[str] = []
    shown = ProgressLines(200, time.clock, lines.append)
    status = Status("sending", sent=50, rate=1234.5, queued=7, market=at("09:30:00"))
    # When it is shown more often than it may write
    for _ in range(3):
        shown.show(status)
    time.now += LINE_INTERVAL
    shown.show(Status("waiting", sent=51, rate=0, queued=20_134, market=at("09:30:01")))
    # Then it writes the share, the market's time, what was sent, the rate and the queue
    assert lines == [
        "25%, 2026-11-20 09:30:00 ET, 50 bars sent, 1,234 bars/s, 7 queued",
        "26%, 2026-11-20 09:30:01 ET, 51 bars sent, 0 bars/s, waiting: 20,134 bars queued",
    ]
