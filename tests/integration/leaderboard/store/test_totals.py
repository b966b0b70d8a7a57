"""The totals that the scripts keep: every event counted once, however it was split, repeated or refused."""

import time
from itertools import count

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.reason_kind import ReasonKind
from leaderboard.reference import PreviousDay, Reference
from leaderboard.store.totals import LAG_BOUNDS, LAG_BOUNDS_MS
from leaderboard.system import System
from tests.support.boards import totals
from tests.support.market import TODAY, bar
from tests.support.waiting import eventually


def test_every_outcome_is_counted(system: System, redis: Redis) -> None:
    # Given a symbol of today, and a bar that is stale, one that is late, and two that are none
    system.process([bar("A", "09:31:00")])
    system.process(
        [bar("A", "09:30:30"), bar("A", "09:30:30"), bar("A", "12:00:00", TODAY.replace(day=19)), 1, {}]
    )

    # Then each has its place
    counted = totals(redis)
    assert (counted.applied, counted.stale, counted.late, counted.dead) == (2, 1, 1, 2)
    assert counted.processed == 6


def test_an_event_that_the_script_refused_is_counted_when_it_is_applied(
    system: System, replay_settings: Settings, redis: Redis
) -> None:
    # Given a process that knows a symbol, whose reference data another one learns anew
    system.process([bar("A", "09:30:00")])
    System.from_settings(replay_settings).reference.learn(TODAY, {"A": Reference(PreviousDay(close=5.0))})
    before = totals(redis)

    # When the first one sends bars of it, which are refused and made again
    system.process([bar("A", "09:30:01"), bar("B", "09:30:01")])

    # Then they count once, and the row made anew did not count
    assert before.processed == 1
    assert totals(redis).processed == 3


def test_the_lag_of_what_is_applied_is_added_up(redis: Redis, redis_url: str) -> None:
    # Given bars of some seconds ago, of two symbols, and the day's first of them by the wall clock
    system = System.from_settings(Settings(redis_url=redis_url, market_clock="wall"))
    now = int(time.time() * 1000)
    ages = {"A": 7_000, "B": 3_000}

    # When they are applied
    system.process([{"sym": name, "c": 1, "s": now - age - 1000, "e": now - age} for name, age in ages.items()])

    # Then so many seconds were noted for two
    counted = totals(redis)
    assert counted.lags == 2
    assert 10 <= counted.lag < 20
    # And each in the bucket of its seconds
    assert counted.lag_buckets[LAG_BOUNDS.index(2.5)] == 0
    assert counted.lag_buckets[LAG_BOUNDS.index(30)] == 2


_AGES = some.one_of(some.sampled_from(LAG_BOUNDS_MS), some.integers(0, 80_000_000))


@examples(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.lists(_AGES, min_size=1, max_size=20), max_size=4))
def test_buckets_count_what_a_plain_count_does(system: System, redis: Redis, batches: list[list[int]]) -> None:
    """Given bars of any ages in any batches, then each bucket has the lags between its bounds."""
    redis.flushall()
    now, symbols = int(time.time() * 1000), map("S{}".format, count())
    lags: list[int] = []
    for ages in batches:
        before = totals(redis)
        ends = [now - age for age in ages]
        # They start now, and so belong to one day, and each has a symbol to itself, whose newest it is.
        system.process([{"sym": next(symbols), "c": 1, "s": now, "e": end} for end in ends])
        # A batch is applied at one moment, which the sum of its lags tells.
        applied_at = round((totals(redis).lag - before.lag) * 1000 + sum(ends)) // len(ends)
        assert now - 1_000 <= applied_at <= time.time() * 1000 + 1_000
        lags += [applied_at - end for end in ends]

    counted = totals(redis)
    assert counted.lags == len(lags)
    assert round(counted.lag * 1000) == sum(lags)
    for bound, below in zip(LAG_BOUNDS_MS, counted.lag_buckets, strict=False):
        assert below == sum(lag <= bound for lag in lags)


def test_a_bar_that_ends_later_than_now_has_no_lag(system: System, redis: Redis) -> None:
    now = int(time.time() * 1000)
    system.process([{"sym": "A", "c": 1, "s": now, "e": now + 30_000}])

    assert totals(redis).lag == 0
    assert totals(redis).lag_buckets == [1] * (len(LAG_BOUNDS) + 1)


def test_an_older_release_counts_beside_this_one(system: System, redis: Redis) -> None:
    # Given totals of a release that had neither buckets nor kinds of reasons
    redis.hset(keys.TOTALS, mapping={"applied": 70, "dead": 7, "lag_ms": 90_000, "lags": 60})

    # When this one counts, and that one goes on
    now = int(time.time() * 1000)
    system.process([{"sym": "A", "c": 1, "s": now - 21_000, "e": now - 20_000}, {"c": 1}])
    for field, number in {"applied": 1, "dead": 1, "lag_ms": 5_000, "lags": 1}.items():
        redis.hincrby(keys.TOTALS, field, number)

    # Then the histogram has the lags of this one, all in buckets, and their sum
    counted = totals(redis)
    assert counted.applied == 72
    assert counted.lags == counted.lag_buckets[-1] == counted.lag_buckets[LAG_BOUNDS.index(30)] == 1
    assert 20 <= counted.lag < 30
    # And all dead letters have a kind
    assert counted.dead_by_kind[ReasonKind.SYMBOL] == 1
    assert counted.dead_by_kind[ReasonKind.UNKNOWN] == 8
    assert sum(counted.dead_by_kind.values()) == counted.dead == 9


def test_a_replay_has_no_lag(system: System, redis: Redis) -> None:
    system.process([bar("A", "12:00:00", TODAY.replace(year=2025))])

    assert totals(redis).applied == 1
    assert totals(redis).lags == 0


def test_snapshots_are_counted_when_they_are_sent(system: System, redis: Redis) -> None:
    # Given a published board
    system.process([bar("A", "09:30:00")])
    eventually(lambda: system.publish().result == "published")

    # When somebody comes to publish it again
    assert int(redis.hget(keys.SNAPSHOT, "attempted_at") or 0) > 1
    redis.hset(keys.SNAPSHOT, "attempted_at", 1)
    eventually(lambda: system.publish().result == "unchanged")

    # Then that is noted, and not counted
    assert int(redis.hget(keys.SNAPSHOT, "attempted_at") or 0) > 1
    assert totals(redis).published == 1


def test_bars_are_applied_though_they_cannot_be_counted(system: System, redis: Redis) -> None:
    # Given a key of another type where the totals belong
    redis.set(keys.TOTALS, "none")

    # Then bars are applied all the same
    assert system.process([bar("A", "09:30:00")]).applied == 1


@examples(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.lists(
        some.lists(
            some.tuples(some.sampled_from(["A", "B", "!"]), some.sampled_from([18, 19, 20]), some.integers(0, 59)),
            max_size=6,
        ),
        max_size=5,
    )
)
def test_what_was_taken_in_is_what_is_counted(
    system: System, redis: Redis, batches: list[list[tuple[str, int, int]]]
) -> None:
    """Given any bars in any batches, then the totals tell of each once, as the core's answers do."""
    redis.flushall()
    done = [
        system.process(
            [bar(symbol, f"09:29:{second:02}", TODAY.replace(day=day)) for symbol, day, second in batch]
        )
        for batch in batches
    ]

    counted = totals(redis)
    assert counted.applied == sum(batch.applied for batch in done)
    assert counted.stale == sum(batch.stale for batch in done)
    assert counted.late == sum(batch.late for batch in done)
    assert counted.dead == sum(batch.dead for batch in done)
    assert counted.dead_by_kind[ReasonKind.SYMBOL] == counted.dead
    assert counted.processed == sum(map(len, batches))
